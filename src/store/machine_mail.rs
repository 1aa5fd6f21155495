//! Machine mail: messages that ended in silence. Nothing is thrown away: they are listed, found, and become a ticket when a
//! person says so (`open_ticket.rs`).

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        ids::{AccountName, InboundId},
        language::Language,
        satisfaction,
    },
    store::{Store, database::Row, error::StoreError, queue::named, thread::language_of},
};

/// A message that ended in silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineMail {
    /// The message.
    pub id: InboundId,
    /// Where it came in.
    pub account: AccountName,
    /// When.
    pub received_at: Timestamp,
    /// Who wrote it: name, else address; empty when nobody can be named.
    pub sender: String,
    /// Its subject.
    pub subject: String,
    /// The beginning of its text.
    pub preview: String,
    /// Why nothing was said.
    pub reason: String,
    /// The language it is in, if that was seen.
    pub language: Option<Language>,
}

impl Store {
    /// Returns machine mail, the newest first, older than a message if one is named. The shop's own mail in the Sent
    /// folder is none.
    pub async fn machine_mail(
        &self,
        accounts: Option<&[AccountName]>,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<MachineMail>, StoreError> {
        let before = before.map_or(i64::MAX, |before| before.0);
        let accounts = named(accounts);
        let rows = self
            .db
            .ask(
                "listing machine mail",
                "SELECT id, account, received_at, COALESCE(sender_name, sender_key, '') AS sender,
                        COALESCE(subject, '') AS subject, SUBSTR(COALESCE(text, ''), 1, 250) AS preview,
                        COALESCE(outcome_reason, '') AS reason, language
                 FROM inbound WHERE outcome = 'suppressed' AND in_sent = 0 AND id < $1
                   AND ($2 IS NULL OR REPLACE($2, '\n' || account || '\n', '') <> $2)
                 ORDER BY id DESC LIMIT $3",
                &[before.into(), accounts.as_deref().into(), limit.into()],
            )
            .await?;
        rows.iter().map(machine_mail_of).collect()
    }
}

fn machine_mail_of(row: &Row) -> Result<MachineMail, StoreError> {
    Ok(MachineMail {
        id: InboundId(row.get("id")?),
        account: AccountName::new(row.get::<String>("account")?),
        received_at: row.moment("received_at")?,
        sender: row.get("sender")?,
        subject: row.get("subject")?,
        preview: satisfaction::preview(row.get("preview")?),
        reason: row.get("reason")?,
        language: language_of(row, "language")?,
    })
}
