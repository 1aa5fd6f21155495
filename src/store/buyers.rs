//! Buyers as people look them up: lists, and everything about one of them.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        ids::{AccountName, BuyerId, TicketId},
        inbound::ChannelKind,
        language::Language,
        ticket::TicketState,
    },
    store::{
        Store,
        database::{Row, Value},
        error::StoreError,
        inbound::channel_of,
        queue::named,
        thread::{index_key, language_of},
    },
};

/// The most tickets and conversations of one buyer that are listed, the newest ones.
const MOST: u32 = 100;

/// A buyer in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedBuyer {
    /// Row number.
    pub id: BuyerId,
    /// The lower-cased address or chat key.
    pub key: String,
    /// The name as last seen.
    pub name: Option<String>,
    /// The language of the last message we were sure of, or what a person set.
    pub language: Option<Language>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The grade the shop gave.
    pub grade: Option<String>,
    /// Answers to this address are switched off.
    pub suppressed: bool,
    /// When anything of the buyer changed last.
    pub changed_at: Timestamp,
}

/// A ticket of a buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketOfBuyer {
    /// Its number.
    pub id: TicketId,
    /// Where it stands.
    pub state: TicketState,
    /// What it is about.
    pub subject: String,
    /// The mailbox or bot.
    pub account: AccountName,
    /// The kind of channel.
    pub channel: ChannelKind,
    /// When it was opened.
    pub opened_at: Timestamp,
}

impl Store {
    /// Returns the row number of the buyer with that key; none if nobody of that key is known.
    pub async fn buyer_of_key(&self, key: &str) -> Result<Option<BuyerId>, StoreError> {
        let mut tx = self.db.read("looking for a buyer").await?;
        let row = tx.first("SELECT id FROM buyer WHERE key = $1", &[index_key(key).as_ref().into()]).await?;
        row.map(|row| row.get("id").map(BuyerId)).transpose()
    }

    /// Returns one buyer; none if there is no such row, or if nothing of the buyer belongs to those accounts.
    pub async fn buyer(
        &self,
        id: BuyerId,
        accounts: Option<&[AccountName]>,
    ) -> Result<Option<ListedBuyer>, StoreError> {
        let mut tx = self.db.read("reading a buyer").await?;
        let accounts = named(accounts);
        let row = tx
            .first(
                "SELECT b.id, b.key, b.name, b.language, b.country, b.grade, b.suppressed, b.changed_at FROM buyer b
                 WHERE b.id = $1 AND ($2 IS NULL OR EXISTS (
                   SELECT t.id FROM thread t
                   WHERE t.participant = b.key AND REPLACE($2, '\n' || t.account || '\n', '') <> $2))",
                &[id.0.into(), accounts.as_deref().into()],
            )
            .await?;
        row.as_ref().map(buyer_of).transpose()
    }

    /// Returns buyers, the newest one first, from behind a row on; only those with a conversation in one of the
    /// accounts, and, if something is looked for, those whose address or a word of whose name begins so. `@shop.example`
    /// finds the addresses there.
    pub async fn buyers(
        &self,
        accounts: Option<&[AccountName]>,
        wanted: &str,
        before: Option<BuyerId>,
        limit: u32,
    ) -> Result<Vec<ListedBuyer>, StoreError> {
        let mut tx = self.db.read("listing buyers").await?;
        let accounts = named(accounts);
        let (address, name) = patterns(&wanted.to_lowercase()).unzip();
        // SQLite knows the small letters of ASCII only.
        let typed = patterns(wanted).map(|(_, name)| name);
        let values: [Value<'_>; 6] = [
            before.map_or(i64::MAX, |before| before.0).into(),
            accounts.as_deref().into(),
            limit.into(),
            address.as_deref().into(),
            name.as_deref().into(),
            typed.as_deref().into(),
        ];
        let rows = tx
            .all(
                "SELECT b.id, b.key, b.name, b.language, b.country, b.grade, b.suppressed, b.changed_at FROM buyer b
                 WHERE b.id < $1 AND ($2 IS NULL OR EXISTS (
                   SELECT t.id FROM thread t
                   WHERE t.participant = b.key AND REPLACE($2, '\n' || t.account || '\n', '') <> $2))
                   AND ($4 IS NULL OR b.key LIKE $4 ESCAPE '!' OR LOWER(' ' || b.name) LIKE $5 ESCAPE '!'
                        OR ' ' || b.name LIKE $6 ESCAPE '!')
                 ORDER BY b.id DESC LIMIT $3",
                &values,
            )
            .await?;
        rows.iter().map(buyer_of).collect()
    }

    /// Returns the tickets of a buyer that belong to those accounts, the newest first.
    pub async fn tickets_of_buyer(
        &self,
        key: &str,
        accounts: Option<&[AccountName]>,
    ) -> Result<Vec<TicketOfBuyer>, StoreError> {
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.read("listing the tickets of a buyer").await?;
        let accounts = named(accounts);
        let rows = tx
            .all(
                "SELECT k.id, k.state, k.subject, t.account, t.channel, k.opened_at
                 FROM thread t JOIN ticket k ON k.thread = t.id
                 WHERE t.participant = $1 AND ($2 IS NULL OR REPLACE($2, '\n' || t.account || '\n', '') <> $2)
                 ORDER BY k.id DESC LIMIT $3",
                &[index_key(key).as_ref().into(), accounts.as_deref().into(), MOST.into()],
            )
            .await?;
        rows.iter().map(ticket_of).collect()
    }
}

/// Returns what an address and a name must look like; none where nothing is looked for.
fn patterns(wanted: &str) -> Option<(String, String)> {
    let wanted = wanted.trim();
    if wanted.is_empty() {
        return None;
    }
    let plain: String =
        wanted.chars().flat_map(|sign| "!%_".contains(sign).then_some('!').into_iter().chain([sign])).collect();
    let address = if plain.starts_with('@') { format!("%{plain}%") } else { format!("{plain}%") };
    Some((address, format!("% {plain}%")))
}

pub(super) fn buyer_of(row: &Row) -> Result<ListedBuyer, StoreError> {
    Ok(ListedBuyer {
        id: BuyerId(row.get("id")?),
        key: row.get("key")?,
        name: row.get("name")?,
        language: language_of(row, "language")?,
        country: row.get("country")?,
        grade: row.get("grade")?,
        suppressed: row.flag("suppressed")?,
        changed_at: row.moment("changed_at")?,
    })
}

fn ticket_of(row: &Row) -> Result<TicketOfBuyer, StoreError> {
    Ok(TicketOfBuyer {
        id: TicketId(row.get("id")?),
        state: row.word("state", TicketState::from_word)?,
        subject: row.get("subject")?,
        account: AccountName::new(row.get::<String>("account")?),
        channel: row.word("channel", channel_of)?,
        opened_at: row.moment("opened_at")?,
    })
}
