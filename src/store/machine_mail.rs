//! Machine mail: messages that ended in silence. Nothing is thrown away: they are listed, found, and become a ticket when a
//! person says so.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    failpoint,
    model::{
        ids::{AccountName, AgentName, InboundId, ThreadId, TicketId},
        language::Language,
        ticket::Urgency,
    },
    store::{
        Store,
        database::{Row, Tx, resumed},
        error::StoreError,
        inbound::channel_of,
        once::Call,
        queue::named,
        thread::{self, NewThread, language_of},
        ticket::{self, Stored},
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
                        COALESCE(subject, '') AS subject, SUBSTR(COALESCE(text, ''), 1, 200) AS preview,
                        COALESCE(outcome_reason, '') AS reason, language
                 FROM inbound WHERE outcome = 'suppressed' AND in_sent = 0 AND id < $1
                   AND ($2 IS NULL OR REPLACE($2, '\n' || account || '\n', '') <> $2)
                 ORDER BY id DESC LIMIT $3",
                &[before.into(), accounts.as_deref().into(), limit.into()],
            )
            .await?;
        rows.iter().map(machine_mail_of).collect()
    }

    /// Makes a ticket of a message that ended in silence: its outcome is escalated from now on. None if there is no such
    /// message among those accounts, or if it ended otherwise.
    pub async fn open_machine_mail(
        &self,
        id: InboundId,
        by: &AgentName,
        accounts: Option<&[AccountName]>,
        now: Timestamp,
    ) -> Result<Option<TicketId>, StoreError> {
        let call = &Call::new()?;
        let accounts = &named(accounts);
        resumed(async |doubt| {
            let mut tx = self.db.write("opening machine mail as a ticket").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return ticket::of_inbound(&mut tx, id).await;
            }
            let row = tx
                .first(
                    "SELECT channel, account, thread, sender_key FROM inbound
                     WHERE id = $1 AND outcome = 'suppressed' AND in_sent = 0
                       AND ($2 IS NULL OR REPLACE($2, '\n' || account || '\n', '') <> $2)",
                    &[id.0.into(), accounts.as_deref().into()],
                )
                .await?;
            let Some(row) = row else { return Ok(None) };
            let thread = conversation(&mut tx, &row, now).await?;
            let reason = format!("opened from machine mail by {by}");
            tx.execute(
                "UPDATE inbound SET outcome = 'escalated', outcome_reason = $2, thread = $3 WHERE id = $1",
                &[id.0.into(), (&reason).into(), thread.0.into()],
            )
            .await?;
            let stored = Stored { thread, inbound: id, urgency: Urgency::Normal, reason: &reason, now };
            let ticket = ticket::raise_untold(&mut tx, &stored).await?;
            failpoint::reach("store.machine_mail.before");
            tx.commit().await?;
            failpoint::reach("store.machine_mail.after");
            Ok(Some(ticket))
        })
        .await
    }
}

/// Returns the conversation of a message, or begins one with its sender.
async fn conversation(tx: &mut Tx, row: &Row, now: Timestamp) -> Result<ThreadId, StoreError> {
    if let Some(thread) = row.get::<Option<i64>>("thread")? {
        return Ok(ThreadId(thread));
    }
    let new = NewThread {
        channel: row.word("channel", channel_of)?,
        account: &row.get::<String>("account")?,
        participant: &row.get::<Option<String>>("sender_key")?.unwrap_or_default(),
        chat_key: None,
        language: None,
        pending: None,
    };
    thread::create(tx, &new, now).await
}

fn machine_mail_of(row: &Row) -> Result<MachineMail, StoreError> {
    Ok(MachineMail {
        id: InboundId(row.get("id")?),
        account: AccountName::new(row.get::<String>("account")?),
        received_at: row.moment("received_at")?,
        sender: row.get("sender")?,
        subject: row.get("subject")?,
        preview: row.get("preview")?,
        reason: row.get("reason")?,
        language: language_of(row, "language")?,
    })
}
