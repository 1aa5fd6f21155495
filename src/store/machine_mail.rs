//! Machine mail: messages that ended in silence. Nothing is thrown away: they are listed, found, and become a ticket when a
//! person says so (`open_ticket.rs`).

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        ids::{AccountName, InboundId},
        language::Language,
        satisfaction,
    },
    store::{
        Store,
        database::{Row, Value},
        error::StoreError,
        queue::each,
        thread::language_of,
    },
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

/// The list of these accounts.
macro_rules! machine_mail {
    ($of_accounts:literal) => {
        concat!(
            "SELECT id, account, received_at, COALESCE(sender_name, sender_key, '') AS sender,
                    COALESCE(subject, '') AS subject, SUBSTR(COALESCE(text, ''), 1, 250) AS preview,
                    COALESCE(outcome_reason, '') AS reason, language
             FROM inbound WHERE in_sent = 0 AND id < $1 AND ",
            $of_accounts,
            " ORDER BY id DESC LIMIT $3"
        )
    };
}

/// The statement of the whole list, for whoever looks at its plan: before which message, nothing, how many.
pub const LISTING: &str = machine_mail!("outcome = 'suppressed' AND $2 IS NULL");

/// The same for one account. The outcome is written so that SQLite does not take the index of outcomes.
pub const LISTING_OF_ACCOUNT: &str = machine_mail!("COALESCE(outcome, '') = 'suppressed' AND account = $2");

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
        let mut found = Vec::new();
        for account in each(accounts) {
            let statement = if account.is_some() { LISTING_OF_ACCOUNT } else { LISTING };
            let values: [Value<'_>; 3] = [before.into(), account.into(), limit.into()];
            found.extend(self.db.ask("listing machine mail", statement, &values).await?);
        }
        let mut found: Vec<MachineMail> = found.iter().map(machine_mail_of).collect::<Result<_, _>>()?;
        found.sort_by_key(|mail| Reverse(mail.id));
        found.truncate(limit.try_into().unwrap_or(usize::MAX));
        Ok(found)
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
