//! Which accounts a thing belongs to: what is not of a person's accounts does not exist for them.

use crate::{
    model::ids::AccountName,
    store::{Store, error::StoreError},
};

/// Something that pages are about, by its row number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A ticket.
    Ticket(i64),
    /// A buyer.
    Buyer(i64),
    /// A received message.
    Inbound(i64),
    /// A conversation.
    Thread(i64),
}

impl Store {
    /// Returns the accounts a thing belongs to: one for a ticket, a message and a conversation, one or several for a buyer who wrote to
    /// several, none for what does not exist.
    pub async fn accounts_of(&self, thing: Thing) -> Result<Vec<AccountName>, StoreError> {
        let (sql, id) = match thing {
            Thing::Ticket(id) => {
                ("SELECT t.account FROM ticket k JOIN thread t ON t.id = k.thread WHERE k.id = $1", id)
            }
            Thing::Buyer(id) => (
                "SELECT DISTINCT t.account FROM buyer b JOIN thread t ON t.participant = b.key WHERE b.id = $1
                 ORDER BY t.account",
                id,
            ),
            Thing::Inbound(id) => ("SELECT account FROM inbound WHERE id = $1", id),
            Thing::Thread(id) => ("SELECT account FROM thread WHERE id = $1", id),
        };
        let rows = self.db.ask("looking whose it is", sql, &[id.into()]).await?;
        rows.iter().map(|row| row.get::<&str>("account").map(AccountName::new)).collect()
    }
}
