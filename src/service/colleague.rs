//! Whether a person can be given a ticket, and may know of one: asked by every act that names another person or another
//! ticket. Where nobody has been added yet, as in a shop that works in the terminal only, names are free.

use crate::{
    model::{
        agent::Agent,
        ids::{AccountName, AgentName, TicketId},
    },
    store::{Store, error::StoreError},
};

/// Names that are offered instead; a shop with more of them looks at its page of people.
const MOST_NAMED: usize = 20;

/// Why somebody cannot be given a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// Nobody here has that name.
    Unknown,
    /// That person is shut out.
    ShutOut,
    /// That person works for other accounts.
    OtherAccounts,
}

/// A ticket that somebody cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ticket {ticket} cannot be given to {person}: {}; {}", because(*.why), instead(.could))]
pub struct CannotTake {
    /// The ticket.
    pub ticket: TicketId,
    /// Who was named.
    pub person: AgentName,
    /// What stands against it.
    pub why: WhyNot,
    /// Who could take it, by name.
    pub could: Vec<AgentName>,
}

/// Looks whether a person can be given a ticket of that account; whoever acts can always be given one.
pub(super) async fn look(
    store: &Store,
    by: &AgentName,
    person: &AgentName,
    ticket: TicketId,
    account: &AccountName,
) -> Result<Result<(), CannotTake>, StoreError> {
    let people = store.agents().await?;
    if people.is_empty() || by == person {
        return Ok(Ok(()));
    }
    let why = match people.iter().find(|agent| agent.name == *person) {
        None => WhyNot::Unknown,
        Some(agent) if agent.disabled_at.is_some() => WhyNot::ShutOut,
        Some(agent) if !agent.sees(account) => WhyNot::OtherAccounts,
        Some(_) => return Ok(Ok(())),
    };
    let can = |agent: &&Agent| agent.disabled_at.is_none() && agent.sees(account);
    let could = people.iter().filter(can).map(|agent| agent.name.clone()).take(MOST_NAMED).collect();
    Ok(Err(CannotTake { ticket, person: person.clone(), why, could }))
}

/// Returns whether a ticket of that account exists for whoever acts in a terminal; it does for names of nobody, which only
/// those can act under who hold the store itself.
pub(super) async fn sees(store: &Store, by: &AgentName, account: &AccountName) -> Result<bool, StoreError> {
    Ok(store.agent(by).await?.is_none_or(|agent| agent.sees(account)))
}

fn because(why: WhyNot) -> &'static str {
    match why {
        WhyNot::Unknown => "nobody here has that name",
        WhyNot::ShutOut => "that person is shut out",
        WhyNot::OtherAccounts => "that person works for other accounts",
    }
}

fn instead(could: &[AgentName]) -> String {
    if could.is_empty() {
        return "nobody here could take it".to_owned();
    }
    let names: Vec<&str> = could.iter().map(AgentName::as_str).collect();
    format!("who could take it: {}", names.join(", "))
}
