//! Everything that must survive a restart: received messages, threads, decisions, tickets, the outbox.
//!
//! A message's life is a chain of transactions here: *receive* (raw bytes and folder mark, before anything is
//! acknowledged), *commit* (the whole decision or nothing), *claim*, *phase* and *settle* (one attempt to send), and
//! every human act. Nothing is acknowledged before it is on the disk. The store decides nothing by itself beyond the
//! promises written at its methods; it knows no channel, no rule and no clock: `now` is always passed in.
//!
//! SQLite and PostgreSQL hold the same promises, proved by one contract suite. Writers take turns on both: SQLite has
//! one writer anyway, and on PostgreSQL each writing transaction first locks the one row of `switches` (`database.rs`
//! says why). Each statement is written once; `dialect.rs` holds the few differences.

pub mod activity;
pub mod alarm;
pub mod answered;
pub mod audit;
pub mod backup;
pub mod buyers;
pub mod card;
pub mod changes;
pub mod conversation;
pub mod drafts;
pub mod error;
pub mod evidence;
pub mod figures;
pub mod inbound;
pub mod indexing;
pub mod invitations;
pub mod labels;
pub mod lease;
pub mod listed_message;
pub mod machine_mail;
pub mod merge;
pub mod notice_answers;
pub mod notices;
pub mod open;
pub mod open_ticket;
pub mod orders;
pub mod outbox;
pub mod people;
pub mod person;
pub mod quarantine;
pub mod queue;
pub mod reach;
pub mod rejections;
pub mod restore;
pub mod rule_counts;
pub mod satisfaction;
pub mod search;
pub mod sent;
pub mod sessions;
pub mod status;
pub mod sweep;
pub mod ticket;
pub mod timeline;
pub mod tokens;
pub mod undo;
pub mod unrecognized;
pub mod webhook;

mod burst;
mod buyer;
mod change;
mod commit;
mod context;
mod counters;
mod database;
mod delivery;
mod dialect;
mod migration;
pub mod named;
mod next;
mod once;
mod order_merge;
mod receive;
mod recognized;
mod reloads;
mod rest;
mod situations;
mod switches;
mod thread;

use std::{path::Path, sync::Arc};

use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};

use crate::store::{counters::Usual, database::Db};

/// Where the data lies.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite:///path/to/file.db`, or `postgres://user:password@host/database`.
    pub url: SecretString,
}

impl Settings {
    /// Returns whether there may be a store already: a file is there, or a server keeps it.
    pub fn may_exist(&self) -> bool {
        self.url.expose_secret().strip_prefix("sqlite://").is_none_or(|path| Path::new(path).exists())
    }
}

impl Store {
    /// Returns where the data lies: the file, or host, port and database; never a password.
    pub fn place(&self) -> &str {
        &self.db.place
    }
}

/// The open store. Clones share the same connections.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    /// The SQLite file; none for PostgreSQL.
    file: Option<Arc<Path>>,
    usual: Arc<Usual>,
    /// How old records of orders may be that decisions look at; none if the shop keeps none.
    orders: Option<SignedDuration>,
}
