//! The shop's mailboxes: a real Dovecot, into whose Maildir folders mail is put as a mail server does that writes them
//! itself. A file that is renamed into `new` costs microseconds, so thousands of mails are no work.

use std::{
    fmt::Write as _,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use serde_json::json;

use crate::{
    load::{Face, Load, Mail, Posted},
    support::dovecot::{Dovecot, PASSWORD},
    truth::{Truth, now_ns},
};

/// The accounts of every case: three, so that one process has three sends under way and three processes one each.
pub(crate) const ACCOUNTS: [&str; 3] = ["north", "south", "west"];

/// A mail server and the mailboxes in it.
pub(crate) struct Mailroom {
    /// The server.
    pub(crate) dovecot: Dovecot,
    truth: Truth,
    files: AtomicU64,
}

impl Mailroom {
    /// Starts the server and makes the mailboxes.
    pub(crate) fn start(truth: Truth) -> Self {
        let mailroom = Self { dovecot: Dovecot::start(), truth, files: AtomicU64::new(0) };
        for account in ACCOUNTS {
            let address = address(account);
            for folder in ["INBOX", "Sent"] {
                mailroom.dovecot.doveadm(&["mailbox", "status", "-u", &address, "messages", folder]);
            }
        }
        mailroom
    }

    /// Puts a mail into its mailbox and remembers it.
    pub(crate) fn put(&self, load: &Load, mail: Mail) {
        let started = now_ns();
        let Mail { posted, raw } = mail;
        self.file(&self.maildir(&posted.account), &raw);
        self.saw(started, &posted);
        load.delivered(posted);
    }

    /// Puts what a person of the shop answers into the folder of sent mail, as a mail program does; returns its
    /// Message-ID, without brackets.
    pub(crate) fn answer_by_hand(&self, load: &Load, first: &Posted) -> String {
        let (id, raw) = load.write_by_hand(first, &address(&first.account));
        self.file(&self.maildir(&first.account).join(".Sent"), &raw);
        id
    }

    fn file(&self, maildir: &Path, raw: &str) {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let name = format!("{}.M{:06}P{}Q{number:08}.sink", since.as_secs(), since.subsec_micros(), process::id());
        let (written, new) = (maildir.join("tmp").join(&name), maildir.join("new").join(&name));
        fs::write(&written, raw).expect("the mailbox is writable");
        // Dovecot runs as another user and only reads it.
        fs::set_permissions(&written, Permissions::from_mode(0o644)).expect("the file is ours");
        fs::rename(&written, &new).expect("the mailbox is writable");
    }

    fn saw(&self, started: u64, posted: &Posted) {
        let expect = match posted.face {
            Face::Answer | Face::Ask | Face::Again => "help",
            Face::Person => "person",
            Face::Machine | Face::Bounce => "silence",
        };
        let answer_to = (expect != "silence").then(|| posted.from.to_lowercase());
        self.truth.since(
            started,
            "mailbox",
            "delivered",
            json!({
                "nonce": posted.nonce, "account": posted.account, "folder": "INBOX", "from": posted.from.to_lowercase(),
                "reply_to": answer_to, "conversation": posted.conversation, "expect": expect,
            }),
        );
    }

    fn maildir(&self, account: &str) -> PathBuf {
        self.dovecot.folder().join("mail").join(address(account))
    }
}

/// Returns the entries of the configuration's list of accounts; IMAP is spoken at that port, SMTP at the other.
pub(crate) fn accounts(imap: u16, smtp: u16) -> String {
    ACCOUNTS.iter().fold(String::new(), |mut text, name| {
        let address = address(name);
        writeln!(
            text,
            "  - name: {name}\n    email:\n      address: {address}\n      imap: {{host: 127.0.0.1, port: {imap}, tls: none, \
             user: {address}, password: {PASSWORD}}}\n      smtp: {{host: 127.0.0.1, port: {smtp}, tls: none}}"
        )
        .expect("writing to a String never fails");
        text
    })
}

/// Returns the address of an account.
pub(crate) fn address(account: &str) -> String {
    format!("{account}@example.com")
}
