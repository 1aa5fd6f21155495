//! One person behind several addresses, because people say so: what came by mail and by chat is read together. The machine
//! makes nothing of it: orders, language and answers stay with the address that they belong to.

use jiff::Timestamp;

use crate::{
    model::{
        audit::Deed,
        ids::{AccountName, AgentName, BuyerId},
        order::Order,
    },
    store::{
        Store,
        audit::{self, Actor},
        buyers::{self, ListedBuyer, TicketOfBuyer},
        card::BuyerNote,
        conversation::ConversationOfBuyer,
        database::{Tx, resumed},
        error::StoreError,
        once::Call,
        queue::named,
        thread::index_key,
    },
};

/// The most addresses of one person. Who has more is a company or a mistake.
pub const MOST_ADDRESSES: u32 = 20;

/// The most notes, tickets and conversations of a person that are told, the newest ones.
const MOST: usize = 100;

/// Everything that is known of a person, under all addresses that belong to the accounts of whoever asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The other addresses, those known longest first.
    pub others: Vec<ListedBuyer>,
    /// What people noted, newest first.
    pub notes: Vec<BuyerNote>,
    /// Tickets, newest first.
    pub tickets: Vec<TicketOfBuyer>,
    /// Conversations, newest first.
    pub conversations: Vec<ConversationOfBuyer>,
    /// Orders under the addresses, address by address, old ones too.
    pub orders: Vec<Order>,
    /// How many messages came from the addresses.
    pub messages: u32,
}

/// What became of it when somebody said that two addresses are one person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// They are one person now.
    Joined,
    /// They were before.
    Already,
    /// It was the same address twice.
    Itself,
    /// There would be more than [`MOST_ADDRESSES`].
    TooMany,
    /// One of them is not known.
    Gone,
}

impl Joining {
    /// Returns whether they are one person afterwards.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Joined | Self::Already)
    }

    /// Returns the sentence for whoever asked.
    pub fn told(self) -> String {
        match self {
            Self::Joined => "They are one person now.".to_owned(),
            Self::Already => "They are one person already.".to_owned(),
            Self::Itself => "That is the same address twice.".to_owned(),
            Self::TooMany => format!("A person has at most {MOST_ADDRESSES} addresses here."),
            Self::Gone => "Nobody of that address is known.".to_owned(),
        }
    }
}

impl Store {
    /// Reads what is known of the person with that key. Of addresses that do not belong to those accounts nothing is told;
    /// of the key itself the notes, orders and the number of messages are told in any case.
    pub async fn person(&self, key: &str, accounts: Option<&[AccountName]>) -> Result<Person, StoreError> {
        let own = self.buyer_card(key).await?;
        let mut person = Person {
            others: self.other_addresses(key, accounts).await?,
            notes: own.notes,
            tickets: self.tickets_of_buyer(key, accounts).await?,
            conversations: self.conversations_of_buyer(key, accounts).await?,
            orders: self.orders_of(key, Timestamp::MIN).await?,
            messages: own.messages,
        };
        for other in &person.others {
            let card = self.buyer_card(&other.key).await?;
            person.messages = person.messages.saturating_add(card.messages);
            person.notes.extend(card.notes);
            person.tickets.extend(self.tickets_of_buyer(&other.key, accounts).await?);
            person.conversations.extend(self.conversations_of_buyer(&other.key, accounts).await?);
            person.orders.extend(self.orders_of(&other.key, Timestamp::MIN).await?);
        }
        person.notes.sort_by_key(|note| std::cmp::Reverse(note.at));
        person.tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.id));
        person.conversations.sort_by_key(|conversation| std::cmp::Reverse(conversation.id));
        person.notes.truncate(MOST);
        person.tickets.truncate(MOST);
        person.conversations.truncate(MOST);
        Ok(person)
    }

    /// Returns the other addresses of the person with that key that belong to those accounts, those known longest first.
    pub async fn other_addresses(
        &self,
        key: &str,
        accounts: Option<&[AccountName]>,
    ) -> Result<Vec<ListedBuyer>, StoreError> {
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.read("reading the addresses of a person").await?;
        let accounts = named(accounts);
        let rows = tx
            .all(
                "SELECT b.id, b.key, b.name, b.language, b.country, b.grade, b.suppressed, b.changed_at
                 FROM buyer a JOIN buyer b ON b.person = a.person AND b.id <> a.id
                 WHERE a.key = $1 AND ($2 IS NULL OR EXISTS (
                   SELECT t.id FROM thread t
                   WHERE t.participant = b.key AND REPLACE($2, '\n' || t.account || '\n', '') <> $2))
                 ORDER BY b.id LIMIT $3",
                &[index_key(key).as_ref().into(), accounts.as_deref().into(), MOST_ADDRESSES.into()],
            )
            .await?;
        rows.iter().map(buyers::buyer_of).collect()
    }

    /// Writes that two addresses are one person's, with everybody whom they were joined with before, and who said so. An
    /// address without a grade takes the highest of the others.
    pub async fn join_buyers(
        &self,
        one: BuyerId,
        other: BuyerId,
        by: &AgentName,
        now: Timestamp,
    ) -> Result<Joining, StoreError> {
        if one == other {
            return Ok(Joining::Itself);
        }
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("joining two buyers").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(Joining::Joined);
            }
            // Always in the same order, so that two who join the same ones do not wait for each other for ever.
            let (lower, higher) = (one.min(other), one.max(other));
            let Some(first) = person_of(&mut tx, lower).await? else { return Ok(Joining::Gone) };
            let Some(second) = person_of(&mut tx, higher).await? else { return Ok(Joining::Gone) };
            if first == second {
                return Ok(Joining::Already);
            }
            let head = first.min(second);
            let addresses = tx
                .execute(
                    "UPDATE buyer SET person = $1 WHERE person IN ($2, $3)",
                    &[head.into(), first.into(), second.into()],
                )
                .await?;
            if addresses > u64::from(MOST_ADDRESSES) {
                return Ok(Joining::TooMany);
            }
            share_grade(&mut tx, head, now).await?;
            let text = format!("buyer {one} and buyer {other}");
            audit::note(&mut tx, &Actor::here(by.as_str()), Deed::BuyersJoined, &text, now).await?;
            crate::failpoint::reach("store.join.before");
            tx.commit().await?;
            Ok(Joining::Joined)
        })
        .await
    }

    /// Writes that an address is a person of its own, and who said so; the others stay together. Returns false if it was
    /// one before. Grades stay where they are.
    pub async fn part_buyer(&self, id: BuyerId, by: &AgentName, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("parting a buyer").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let row = tx.first("SELECT person FROM buyer WHERE id = $1 AND person IS NOT NULL", &[id.0.into()]).await?;
            let Some(row) = row else { return Ok(false) };
            let person: i64 = row.get("person")?;
            tx.execute("UPDATE buyer SET person = NULL WHERE id = $1", &[id.0.into()]).await?;
            let left = tx.all("SELECT id FROM buyer WHERE person = $1 ORDER BY id", &[person.into()]).await?;
            // A person is named by its first address, so that no two persons ever get one number.
            let head: Option<i64> = match left.as_slice() {
                [] | [_] => None,
                [first, ..] => Some(first.get("id")?),
            };
            tx.execute("UPDATE buyer SET person = $2 WHERE person = $1", &[person.into(), head.into()]).await?;
            audit::note(&mut tx, &Actor::here(by.as_str()), Deed::BuyerParted, &format!("buyer {id}"), now).await?;
            crate::failpoint::reach("store.parting.before");
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}

/// Returns the number of the person whom an address belongs to, and holds the row until the end; none if there is no such
/// address.
async fn person_of(tx: &mut Tx, id: BuyerId) -> Result<Option<i64>, StoreError> {
    let row = tx
        .first("UPDATE buyer SET person = COALESCE(person, id) WHERE id = $1 RETURNING person", &[id.0.into()])
        .await?;
    row.map(|row| row.get("person")).transpose()
}

/// Gives the addresses of a person that have no grade the highest of the others, and their tickets the place it means.
async fn share_grade(tx: &mut Tx, person: i64, now: Timestamp) -> Result<(), StoreError> {
    let highest = tx
        .first(
            "SELECT grade, grade_rank FROM buyer WHERE person = $1 AND grade IS NOT NULL
             ORDER BY grade_rank DESC, id LIMIT 1",
            &[person.into()],
        )
        .await?;
    let Some(highest) = highest else { return Ok(()) };
    let (grade, rank): (String, i64) = (highest.get("grade")?, highest.get("grade_rank")?);
    tx.execute(
        "UPDATE ticket SET grade_rank = $2 WHERE state <> 'closed' AND thread IN (
           SELECT t.id FROM buyer b JOIN thread t ON t.participant = b.key WHERE b.person = $1 AND b.grade IS NULL)",
        &[person.into(), rank.into()],
    )
    .await?;
    tx.execute(
        "UPDATE buyer SET grade = $2, grade_rank = $3, changed_at = $4 WHERE person = $1 AND grade IS NULL",
        &[person.into(), grade.as_str().into(), rank.into(), now.into()],
    )
    .await?;
    Ok(())
}
