//! From stored bytes to a message, by the shop's settings: whose relays it knows, and whose word counts.

use crate::{
    channel::{email, telegram},
    engine::settings::Settings,
    model::{
        inbound::{ChannelKind, Inbound},
        receive::Received,
    },
};

/// What a stored row turned out to be.
pub(super) enum Parsed {
    /// A message.
    Message(Box<Inbound>),
    /// No message (a Telegram update of another kind), with what it is.
    Nothing(String),
}

/// Reads a stored row.
pub(super) fn parse(received: &Received, settings: &Settings) -> Parsed {
    let Settings { profiles, trusted_authserv_ids: trusted, .. } = settings;
    match received.channel {
        ChannelKind::Email => Parsed::Message(Box::new(email::parse::parse_by(received, profiles, trusted))),
        ChannelKind::Telegram => match telegram::parse::parse(received) {
            Ok(inbound) => Parsed::Message(Box::new(inbound)),
            Err(ignored) => Parsed::Nothing(ignored.to_string()),
        },
    }
}
