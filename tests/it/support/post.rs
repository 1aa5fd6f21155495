//! A buyer's and a shop's mail: real Dovecot for both, a real SMTP server between them, and an account over it.

use super::{
    dovecot::{Dovecot, HOST, PASSWORD},
    shop::{Shop, until_in},
    smtp_relay::{Relayed, SmtpRelay},
};

/// The shop's address.
pub(crate) const SHOP: &str = "shop@example.com";

/// Both servers.
pub(crate) struct Post {
    /// IMAP and LMTP.
    pub(crate) dovecot: Dovecot,
    /// SMTP.
    pub(crate) relay: SmtpRelay,
}

impl Post {
    /// Starts both.
    pub(crate) fn start() -> Self {
        let dovecot = Dovecot::start();
        let relay = SmtpRelay::start(&dovecot);
        Self { dovecot, relay }
    }

    /// Returns the shop's account over them, as YAML.
    pub(crate) fn account(&self) -> String {
        account(&self.dovecot, "support", self.relay.port())
    }

    /// Opens a shop over them and starts the program.
    pub(crate) fn shop(&self) -> Shop {
        let mut shop = Shop::open(&self.account(), RETRY_SOON);
        shop.start();
        shop
    }

    /// Puts a mail into the shop's mailbox; its envelope sender is the address in `From`.
    pub(crate) fn deliver(&self, from: &str, raw: &str) {
        self.dovecot.deliver(SHOP, from, raw.as_bytes());
    }

    /// Waits until no program is logged in to that mailbox.
    pub(crate) fn until_nobody_reads(&self, user: &str) {
        until_in(&format!("nobody to read {user}"), || (!self.dovecot.doveadm(&["who"]).contains(user)).then_some(()));
    }

    /// Waits until the relay was given that many mails and returns them all.
    pub(crate) fn until_relayed(&self, count: usize) -> Vec<Relayed> {
        until_in(&format!("{count} mails at the SMTP relay"), || {
            Some(self.relay.mails()).filter(|mails| mails.len() >= count)
        })
    }

    /// Returns the mails that went to that buyer.
    pub(crate) fn sent_to(&self, buyer: &str) -> Vec<Relayed> {
        self.relay.mails().into_iter().filter(|mail| mail.to.iter().any(|to| to == buyer)).collect()
    }
}

/// A failed send is tried again after a second instead of a minute, one in doubt is looked for as long, and no buyer is
/// waited for.
pub(crate) const RETRY_SOON: &str =
    "delivery:\n  retry_after: 1s\n  longest_pause: 2s\n  verify_for: 1s\n  burst_window: 0s";

/// Returns an account of the shop's mailbox as YAML, sending to that port with STARTTLS and a login.
pub(crate) fn account(dovecot: &Dovecot, name: &str, smtp: u16) -> String {
    let ca = dovecot.ca_file().display().to_string();
    let smtp =
        format!("{{host: {HOST}, port: {smtp}, tls: starttls, user: {SHOP}, password: {PASSWORD}, ca_file: {ca:?}}}");
    mailbox(dovecot, name, SHOP, PASSWORD, &smtp)
}

/// Returns an account of the shop's mailbox as YAML, sending to that port without TLS and login.
pub(crate) fn plain_account(dovecot: &Dovecot, smtp: u16) -> String {
    mailbox(dovecot, "support", SHOP, PASSWORD, &format!("{{host: {HOST}, port: {smtp}, tls: none}}"))
}

/// Returns an account as YAML. `smtp` is the mapping of that key.
pub(crate) fn mailbox(dovecot: &Dovecot, name: &str, address: &str, password: &str, smtp: &str) -> String {
    let (imaps, ca) = (dovecot.ports().imaps, dovecot.ca_file().display().to_string());
    format!(
        "  - name: {name}
    email:
      address: {address}
      imap: {{host: {HOST}, port: {imaps}, user: {address}, password: {password}, ca_file: {ca:?}}}
      smtp: {smtp}
"
    )
}
