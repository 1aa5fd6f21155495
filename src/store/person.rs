//! One person behind several addresses, because people say so: what came by mail and by chat is read together, and each
//! thing under the address that it belongs to. The machine makes nothing of it.

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
        card::{self, BuyerNote},
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

/// The most notes, tickets, conversations and orders that are told of each other address, the newest ones: the page of the
/// address itself has more, and twenty addresses are read at once.
const MOST_OF_ANOTHER: usize = 20;

/// Everything that is known of a person, address by address: whoever reads it must see whose an order is, for the join may
/// be wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// What is known under the address that was asked for.
    pub own: Known,
    /// The other addresses that belong to the accounts of whoever asks, those known longest first.
    pub others: Vec<OtherAddress>,
}

/// Another address of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherAddress {
    /// Who writes from it.
    pub buyer: ListedBuyer,
    /// What is known under it: the newest twenty of each kind.
    pub known: Known,
}

/// What is known under one address.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// What people noted, newest first. A note is of the address, whatever account it wrote to.
    pub notes: Vec<BuyerNote>,
    /// Tickets of the accounts of whoever asks, newest first.
    pub tickets: Vec<TicketOfBuyer>,
    /// Conversations of those accounts, newest first.
    pub conversations: Vec<ConversationOfBuyer>,
    /// Orders, old ones too, newest first. They are of the address, as the shop's records have them.
    pub orders: Vec<Order>,
    /// How many messages came to those accounts.
    pub messages: u32,
    /// When the first one came to them; none if there was none.
    pub first_seen: Option<Timestamp>,
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
    /// Reads what is known of the person with that key, address by address. Of addresses that do not belong to those
    /// accounts nothing is told, and no ticket, conversation or number of messages of another account.
    pub async fn person(&self, key: &str, accounts: Option<&[AccountName]>) -> Result<Person, StoreError> {
        let own = self.known_under(key, accounts).await?;
        let mut others = Vec::new();
        for buyer in self.other_addresses(key, accounts).await? {
            let mut known = self.known_under(&buyer.key, accounts).await?;
            known.notes.truncate(MOST_OF_ANOTHER);
            known.tickets.truncate(MOST_OF_ANOTHER);
            known.conversations.truncate(MOST_OF_ANOTHER);
            known.orders.truncate(MOST_OF_ANOTHER);
            others.push(OtherAddress { buyer, known });
        }
        Ok(Person { own, others })
    }

    async fn known_under(&self, key: &str, accounts: Option<&[AccountName]>) -> Result<Known, StoreError> {
        let card = self.buyer_card(key).await?;
        let (messages, first_seen) = match accounts {
            Some(_) => self.messages_of_buyer(key, accounts).await?,
            None => (card.messages, card.first_seen),
        };
        Ok(Known {
            notes: card.notes,
            tickets: self.tickets_of_buyer(key, accounts).await?,
            conversations: self.conversations_of_buyer(key, accounts).await?,
            orders: self.orders_of(key, Timestamp::MIN).await?,
            messages,
            first_seen,
        })
    }

    /// Returns how many messages came from an address to those accounts, and when the first one did.
    async fn messages_of_buyer(
        &self,
        key: &str,
        accounts: Option<&[AccountName]>,
    ) -> Result<(u32, Option<Timestamp>), StoreError> {
        if key.is_empty() {
            return Ok((0, None));
        }
        let mut tx = self.db.read("counting the messages of a buyer").await?;
        let accounts = named(accounts);
        let row = tx
            .one(
                "SELECT COUNT(*) AS messages, MIN(received_at) AS first_seen FROM inbound
                 WHERE sender_key = $1 AND ($2 IS NULL OR REPLACE($2, '\n' || account || '\n', '') <> $2)",
                &[index_key(key).as_ref().into(), accounts.as_deref().into()],
            )
            .await?;
        Ok((row.count("messages")?, row.maybe_moment("first_seen")?))
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
    /// address without a grade takes over the highest of the others.
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
    /// one before. Each has again the grade that was given to itself; among those who stay it is shared anew.
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
            return_grades(&mut tx, person, id, now).await?;
            tx.execute("UPDATE buyer SET person = NULL WHERE id = $1", &[id.0.into()]).await?;
            let left = tx.all("SELECT id FROM buyer WHERE person = $1 ORDER BY id", &[person.into()]).await?;
            // A person is named by its first address, so that no two persons ever get one number.
            let head: Option<i64> = match left.as_slice() {
                [] | [_] => None,
                [first, ..] => Some(first.get("id")?),
            };
            tx.execute("UPDATE buyer SET person = $2 WHERE person = $1", &[person.into(), head.into()]).await?;
            if let Some(head) = head {
                share_grade(&mut tx, head, now).await?;
            }
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

/// Gives the addresses of a person that have no grade the highest of the others.
async fn share_grade(tx: &mut Tx, person: i64, now: Timestamp) -> Result<(), StoreError> {
    let highest = tx
        .first(
            "SELECT COALESCE(grade_from, id) AS source, grade FROM buyer WHERE person = $1 AND grade IS NOT NULL
             ORDER BY grade_rank DESC, id LIMIT 1",
            &[person.into()],
        )
        .await?;
    let Some(highest) = highest else { return Ok(()) };
    let (source, grade): (i64, String) = (highest.get("source")?, highest.get("grade")?);
    let without =
        tx.all("SELECT id FROM buyer WHERE person = $1 AND grade IS NULL ORDER BY id", &[person.into()]).await?;
    for row in without {
        card::set_grade(tx, row.get("id")?, Some(&grade), Some(source), now).await?;
    }
    Ok(())
}

/// Gives the grades back that were given to the addresses themselves: to the one that parts, and to those of the person that
/// had theirs from it.
async fn return_grades(tx: &mut Tx, person: i64, parting: BuyerId, now: Timestamp) -> Result<(), StoreError> {
    let taken_over = tx
        .all(
            "SELECT id, own_grade FROM buyer
             WHERE person = $1 AND (grade_from = $2 OR (id = $2 AND grade_from IS NOT NULL)) ORDER BY id",
            &[person.into(), parting.0.into()],
        )
        .await?;
    for row in taken_over {
        let own: Option<String> = row.get("own_grade")?;
        card::set_grade(tx, row.get("id")?, own.as_deref(), None, now).await?;
    }
    Ok(())
}
