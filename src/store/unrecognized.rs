//! Messages in which no rule recognized anything: what the next rule is written for, and what is tried out for it.

use crate::{
    model::{
        figures::Days,
        ids::{AccountName, InboundId},
        inbound::ChannelKind,
    },
    store::{
        Store, burst,
        database::{Tx, Value},
        error::StoreError,
        inbound::channel_of,
        listed_message::{ListedMessage, listed_of},
        queue::named,
    },
};

/// The most messages one page holds, whatever is asked for.
pub const MOST_UNRECOGNIZED: u32 = 200;

/// What somebody wrote, to be tried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where it came in.
    pub account: AccountName,
    /// How.
    pub channel: ChannelKind,
    /// Its subject.
    pub subject: String,
    /// Its new text, without quote and signature; of messages that were decided together, what all of them say.
    pub text: String,
}

/// One statement over the messages in scope of some days in which nothing was recognized. What was decided before an upgrade
/// that brought the rows of what is recognized is nobody's gap.
macro_rules! unrecognized {
    ($wanted:literal, $from:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $wanted,
            " FROM inbound i
             WHERE i.in_sent = 0 AND i.state = 'decided' AND i.received_at >= $1 AND i.received_at < $2
               AND ($3 IS NULL OR REPLACE($3, '\n' || i.account || '\n', '') <> $3)
               AND i.outcome <> 'suppressed'",
            $from,
            " AND i.received_at >= COALESCE((SELECT MIN(n.received_at) FROM recognized n), $1)
              AND NOT EXISTS (SELECT r.inbound FROM recognized r WHERE r.inbound = i.id AND r.place = 0)
              AND i.joined IS NULL",
            $rest
        )
    };
}

/// Counts them. Its values are the first moment, the one after the last, and the accounts.
pub const COUNTED: &str = unrecognized!("COUNT(*) AS messages", "", "");

/// Lists them, the newest first. Its values are those of [`COUNTED`], the message before which the page begins, and how
/// many it holds.
pub const LISTED: &str = unrecognized!(
    "i.id, i.thread, i.account, i.channel, i.received_at, COALESCE(i.sender_name, i.sender_key, '') AS sender,
     COALESCE(i.subject, '') AS subject, SUBSTR(COALESCE(i.text, ''), 1, 250) AS preview, i.language,
     (SELECT MAX(k.id) FROM ticket k WHERE k.thread = i.thread) AS ticket",
    " AND i.received_at <= COALESCE((SELECT b.received_at FROM inbound b WHERE b.id = $4), $2)
      AND (i.received_at < COALESCE((SELECT b.received_at FROM inbound b WHERE b.id = $4), $2) OR i.id < $4)",
    " ORDER BY i.received_at DESC, i.id DESC LIMIT $5"
);

impl Store {
    /// Returns the messages of some days in which no rule recognized anything, each with the newest ticket of its
    /// conversation, the newest first, older than a message if one is named: of these accounts, or of all; at most
    /// [`MOST_UNRECOGNIZED`], whatever `limit` says.
    pub async fn unrecognized(
        &self,
        days: &Days,
        accounts: Option<&[AccountName]>,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<ListedMessage>, StoreError> {
        let accounts = named(accounts);
        let values: [Value<'_>; 5] = [
            days.from().into(),
            days.to().into(),
            accounts.as_deref().into(),
            before.map_or(i64::MAX, |before| before.0).into(),
            limit.clamp(1, MOST_UNRECOGNIZED).into(),
        ];
        let rows = self.db.ask("listing what no rule knew", LISTED, &values).await?;
        rows.iter().map(listed_of).collect()
    }

    /// Returns what somebody wrote, as a decision reads it; none of other accounts than these, if some are named.
    pub async fn words_of(
        &self,
        message: InboundId,
        accounts: Option<&[AccountName]>,
    ) -> Result<Option<Written>, StoreError> {
        let accounts = named(accounts);
        let mut tx = self.db.read("reading what somebody wrote").await?;
        let row = tx
            .first(
                "SELECT account, channel, COALESCE(subject, '') AS subject FROM inbound
                 WHERE id = $1 AND ($2 IS NULL OR REPLACE($2, '\n' || account || '\n', '') <> $2)",
                &[message.0.into(), accounts.as_deref().into()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Written {
            account: AccountName::new(row.get::<String>("account")?),
            channel: row.word("channel", channel_of)?,
            subject: row.get("subject")?,
            text: burst::text(&mut tx, message).await?,
        }))
    }
}

/// Counts the messages of some days in which nothing was recognized; `named` are the accounts, as a statement looks for
/// each of them.
pub(super) async fn count(tx: &mut Tx, days: &Days, named: Option<&str>) -> Result<u64, StoreError> {
    let row = tx.one(COUNTED, &[days.from().into(), days.to().into(), named.into()]).await?;
    Ok(row.count("messages")?.into())
}
