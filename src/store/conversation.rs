//! A conversation as people read it, whether or not it has a ticket: what was said each way, why the machine said it, and
//! with whom. What needs no person has no ticket; it is read here.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::{
        ids::{AccountName, InboundId, ThreadId, TicketId},
        inbound::ChannelKind,
        order::Order,
        ticket::TicketState,
        verdict::Verdict,
    },
    store::{
        Store, burst,
        card::{self, BuyerCard},
        database::{Row, Tx},
        error::StoreError,
        inbound::channel_of,
        queue::named,
        thread::index_key,
        ticket::{self, Recipient, subject_of},
        timeline::{self, Happened, Moment, Waiting},
    },
};

/// The most conversations of one buyer that are listed, the newest ones.
const MOST: u32 = 100;

/// Of so many of the newest messages people are told why the machine did with them what it did.
const EXPLAINED: usize = 20;

/// A conversation with everything that people look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its row.
    pub id: ThreadId,
    /// With whom, and through what.
    pub recipient: Recipient,
    /// What it began with: the subject, or the first words of a chat.
    pub subject: String,
    /// The ticket that is not closed, its own or the one that it goes on in.
    pub open: Option<TicketId>,
    /// Its tickets, the newest first; those of conversations that go on elsewhere are not among them.
    pub tickets: Vec<(TicketId, TicketState)>,
    /// Everything that was said, oldest first.
    pub timeline: Vec<Moment>,
    /// What the machine is about to say, if anything.
    pub pending: Option<Waiting>,
    /// What is known of the buyer.
    pub card: BuyerCard,
    /// The orders under the buyer's address by all records that are kept, old ones too; newest first.
    pub orders: Vec<Order>,
    /// The buyer's newest message, machine mail aside: what a ticket begins with. None where nobody wrote.
    pub newest: Option<InboundId>,
}

/// Why the machine did with a message what it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The message.
    pub message: InboundId,
    /// The text that was decided on.
    pub text: String,
    /// The decision.
    pub verdict: Verdict,
}

/// A conversation of a buyer in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConversationOfBuyer {
    /// Its row.
    pub id: ThreadId,
    /// What it began with: the subject, or the first words of a chat.
    pub subject: String,
    /// The mailbox or bot.
    pub account: AccountName,
    /// The kind of channel.
    pub channel: ChannelKind,
    /// When the buyer wrote last; none where only we did.
    pub last_at: Option<Timestamp>,
    /// How many messages came in it.
    pub messages: u32,
    /// Its newest ticket, or the one that it goes on in.
    pub ticket: Option<TicketId>,
    /// Where that one stands.
    pub state: Option<TicketState>,
}

impl Store {
    /// Returns one conversation; none if there is no such row.
    pub async fn conversation(&self, id: ThreadId) -> Result<Option<Conversation>, StoreError> {
        let mut tx = self.db.read("reading a conversation").await?;
        if tx.first("SELECT id FROM thread WHERE id = $1", &[id.0.into()]).await?.is_none() {
            return Ok(None);
        }
        let recipient = ticket::recipient(&mut tx, id).await?;
        let mut conversation = Conversation {
            id,
            subject: subject(&mut tx, id).await?,
            open: ticket::open_of(&mut tx, id).await?,
            tickets: tickets(&mut tx, id).await?,
            timeline: timeline::said(&mut tx, &[id]).await?,
            pending: timeline::pending(&mut tx, id, TicketId(0)).await?,
            card: card::card(&mut tx, &recipient.key, TicketId(0)).await?,
            orders: Vec::new(),
            newest: newest(&mut tx, id).await?,
            recipient,
        };
        // Whoever asks for a second connection while holding one waits for ever once all do.
        drop(tx);
        conversation.orders = Box::pin(self.orders_of(&conversation.recipient.key, Timestamp::MIN)).await?;
        Ok(Some(conversation))
    }

    /// Returns why the machine did with the newest twenty messages of a conversation what it did, the newest first; what the
    /// shop itself wrote with another program is not among them.
    pub async fn explained(&self, timeline: &[Moment]) -> Result<Vec<Decision>, StoreError> {
        let came = timeline.iter().rev().filter_map(|moment| match &moment.what {
            Happened::Came(came) if !came.in_sent => Some(came.id),
            _ => None,
        });
        let messages: Vec<InboundId> = came.take(EXPLAINED).collect();
        self.decisions(&messages).await
    }

    /// Returns why the machine did with these messages what it did, in their order; those that were never decided on, and
    /// those that were decided with a later one, are left out.
    pub async fn decisions(&self, messages: &[InboundId]) -> Result<Vec<Decision>, StoreError> {
        let mut tx = self.db.read("reading decisions").await?;
        let mut decisions = Vec::with_capacity(messages.len());
        for message in messages {
            let row = tx.first("SELECT record FROM verdict WHERE inbound = $1", &[message.0.into()]).await?;
            let Some(row) = row else { continue };
            let text = burst::text(&mut tx, *message).await?;
            decisions.push(Decision { message: *message, text, verdict: row.json("record")? });
        }
        Ok(decisions)
    }

    /// Returns the conversations of a buyer that belong to those accounts, the newest first.
    pub async fn conversations_of_buyer(
        &self,
        key: &str,
        accounts: Option<&[AccountName]>,
    ) -> Result<Vec<ConversationOfBuyer>, StoreError> {
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.read("listing the conversations of a buyer").await?;
        let accounts = named(accounts);
        let rows = tx.all(OF_BUYER, &[index_key(key).as_ref().into(), accounts.as_deref().into(), MOST.into()]).await?;
        rows.iter().map(of_buyer).collect()
    }
}

/// The statement of [`Store::conversations_of_buyer`], for whoever looks at its plan.
pub const OF_BUYER: &str = "SELECT p.id, p.account, p.channel, f.subject, f.text, k.id AS ticket, k.state,
            (SELECT MAX(l.received_at) FROM inbound l WHERE l.thread = p.id AND l.in_sent = 0) AS last_at,
            (SELECT COUNT(*) FROM inbound c WHERE c.thread = p.id AND c.in_sent = 0) AS messages
     FROM (SELECT t.id, t.account, t.channel, t.merged_into FROM thread t
           WHERE t.participant = $1 AND ($2 IS NULL OR REPLACE($2, '\n' || t.account || '\n', '') <> $2)
           ORDER BY t.id DESC LIMIT $3) p
     LEFT JOIN inbound f ON f.id = (SELECT MIN(i.id) FROM inbound i WHERE i.thread = p.id)
     LEFT JOIN ticket k ON k.id = COALESCE(p.merged_into, (SELECT MAX(n.id) FROM ticket n WHERE n.thread = p.id))
     ORDER BY p.id DESC";

async fn subject(tx: &mut Tx, id: ThreadId) -> Result<String, StoreError> {
    let row = tx
        .first("SELECT subject, text FROM inbound WHERE thread = $1 ORDER BY in_sent, id LIMIT 1", &[id.0.into()])
        .await?;
    row.as_ref().map_or_else(|| Ok(String::new()), begun_with)
}

fn begun_with(row: &Row) -> Result<String, StoreError> {
    let word = |column| row.get::<Option<&str>>(column).map(Option::unwrap_or_default);
    Ok(subject_of(word("subject")?, word("text")?))
}

async fn tickets(tx: &mut Tx, id: ThreadId) -> Result<Vec<(TicketId, TicketState)>, StoreError> {
    let rows = tx
        .all("SELECT id, state FROM ticket WHERE thread = $1 ORDER BY id DESC LIMIT $2", &[id.0.into(), MOST.into()])
        .await?;
    rows.iter().map(|row| Ok((TicketId(row.get("id")?), row.word("state", TicketState::from_word)?))).collect()
}

async fn newest(tx: &mut Tx, id: ThreadId) -> Result<Option<InboundId>, StoreError> {
    let row = tx
        .first(
            "SELECT id FROM inbound WHERE thread = $1 AND in_sent = 0
             ORDER BY CASE WHEN outcome = 'suppressed' THEN 1 ELSE 0 END, id DESC LIMIT 1",
            &[id.0.into()],
        )
        .await?;
    row.map(|row| row.get("id").map(InboundId)).transpose()
}

fn of_buyer(row: &Row) -> Result<ConversationOfBuyer, StoreError> {
    let ticket = row.get::<Option<i64>>("ticket")?.map(TicketId);
    Ok(ConversationOfBuyer {
        id: ThreadId(row.get("id")?),
        subject: begun_with(row)?,
        account: AccountName::new(row.get::<String>("account")?),
        channel: row.word("channel", channel_of)?,
        last_at: row.maybe_moment("last_at")?,
        messages: row.count("messages")?,
        state: match ticket {
            Some(_) => Some(row.word("state", TicketState::from_word)?),
            None => None,
        },
        ticket,
    })
}
