//! What tests share: servers, folders, fixtures.

pub(crate) mod authenticator;
pub(crate) mod bot_api;
pub(crate) mod cutter;
pub(crate) mod dovecot;
pub(crate) mod dump;
pub(crate) mod gate;
pub(crate) mod guarded;
pub(crate) mod imap_mailbox;
pub(crate) mod imap_script;
pub(crate) mod ledger;
pub(crate) mod letter;
pub(crate) mod lmtp;
pub(crate) mod needs;
pub(crate) mod ports;
pub(crate) mod post;
pub(crate) mod postgres;
pub(crate) mod shop;
pub(crate) mod smtp_relay;
pub(crate) mod smtp_sink;
pub(crate) mod tls_front;
pub(crate) mod token_endpoint;
pub(crate) mod truth;
pub(crate) mod until;
pub(crate) mod witness;
pub(crate) mod wrong;
