//! What the machine answered, for whoever wants to read in the morning what was said in the shop's name.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        delivery::DeliveryState,
        ids::{AccountName, InboundId, IntentId},
        outbound::Payload,
    },
    store::{
        Store,
        database::{Row, Value},
        error::StoreError,
        listed_message::{ListedMessage, listed_of},
        queue::each,
    },
};

/// So many characters of an answer are shown in the list.
const PREVIEW: usize = 200;

/// The most messages one page holds, whatever is asked for.
pub const MOST_ANSWERED: u32 = 200;

/// A message that the machine answered, or asked back about. Messages that were decided together are one, the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The message, with the ticket of its conversation that is not closed.
    #[serde(flatten)]
    pub message: ListedMessage,
    /// The machine asked back for something that was missing.
    pub asked: bool,
    /// The beginning of what was answered.
    pub answer: String,
    /// The rules that answered, the most important first.
    pub rules: Vec<IntentId>,
    /// Where the answer stands; none where there is none in this conversation any more.
    pub state: Option<DeliveryState>,
    /// When the answer left, or was written if it has not.
    pub answered_at: Option<Timestamp>,
}

/// The list of these accounts.
macro_rules! answered {
    ($of_accounts:literal) => {
        concat!(
            "SELECT p.id, p.thread, p.account, p.channel, p.received_at, p.sender, p.subject, p.preview, p.language, p.outcome,
            o.payload, o.intents, o.state, COALESCE(o.settled_at, o.created_at) AS answered_at,
            (SELECT MAX(k.id) FROM ticket k WHERE k.thread = p.thread AND k.state <> 'closed') AS ticket
     FROM (SELECT id, thread, account, channel, received_at, COALESCE(sender_name, sender_key, '') AS sender,
                  COALESCE(subject, '') AS subject, SUBSTR(COALESCE(text, ''), 1, 250) AS preview, language, outcome
           FROM inbound
           WHERE COALESCE(outcome, '') IN ('answered', 'asked') AND joined IS NULL AND id < $1 AND ",
            $of_accounts,
            " ORDER BY id DESC LIMIT $3) p
     LEFT JOIN outbox o ON o.id = (
       SELECT MAX(x.id) FROM outbox x
       WHERE x.thread = p.thread AND x.inbound = p.id AND x.human = 0 AND x.kind IN ('answer', 'ask'))
     ORDER BY p.id DESC"
        )
    };
}

/// The statement of the whole list, for whoever looks at its plan: before which message, nothing, how many.
pub const LISTING: &str = answered!("$2 IS NULL");

/// The same for one account.
pub const LISTING_OF_ACCOUNT: &str = answered!("account = $2");

impl Store {
    /// Returns what the machine answered, the newest message first, older than a message if one is named; at most
    /// [`MOST_ANSWERED`], whatever `limit` says.
    pub async fn answered(
        &self,
        accounts: Option<&[AccountName]>,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<Answered>, StoreError> {
        let before = before.map_or(i64::MAX, |before| before.0);
        let limit = limit.clamp(1, MOST_ANSWERED);
        let mut found = Vec::new();
        for account in each(accounts) {
            let statement = if account.is_some() { LISTING_OF_ACCOUNT } else { LISTING };
            let values: [Value<'_>; 3] = [before.into(), account.into(), limit.into()];
            found.extend(self.db.ask("listing what the machine answered", statement, &values).await?);
        }
        let mut found: Vec<Answered> = found.iter().map(answered_of).collect::<Result<_, _>>()?;
        found.sort_by_key(|answered| Reverse(answered.message.id));
        found.truncate(limit.try_into().unwrap_or(usize::MAX));
        Ok(found)
    }
}

fn answered_of(row: &Row) -> Result<Answered, StoreError> {
    let is_there = row.get::<Option<&str>>("payload")?.is_some();
    let payload: Option<Payload> = if is_there { Some(row.json("payload")?) } else { None };
    Ok(Answered {
        message: listed_of(row)?,
        asked: row.get::<&str>("outcome")? == "asked",
        answer: payload.map(|payload| payload.text().chars().take(PREVIEW).collect()).unwrap_or_default(),
        rules: if is_there { row.json("intents")? } else { Vec::new() },
        state: if is_there { Some(row.word("state", DeliveryState::from_word)?) } else { None },
        answered_at: row.maybe_moment("answered_at")?,
    })
}
