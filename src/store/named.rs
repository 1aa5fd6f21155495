//! Acts that programs named, so that one that is asked for again is not done again.
//!
//! The name is written in the transaction of the act, so that there is no moment in which the act is done and its name
//! is not there.

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{
        agent_command::TicketChange,
        ids::{AgentName, TicketId},
    },
    store::{Store, database::Tx, error::StoreError},
};

/// How long a name stands for the act that was done under it: a program that asks again does so within minutes.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// An act that was done under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAct {
    /// A hash of what was asked for.
    pub request: String,
    /// The ticket it was done to.
    pub ticket: TicketId,
    /// The ticket that a message of it began.
    pub made: Option<TicketId>,
    /// When the reply leaves, or left, that was written.
    pub leaves_at: Option<Timestamp>,
    /// Until when it could be taken back.
    pub undo_until: Option<Timestamp>,
}

impl Store {
    /// Returns the act that was done by that program under that name within the last day; none if none was.
    pub async fn named_act(&self, by: &AgentName, key: &str, now: Timestamp) -> Result<Option<NamedAct>, StoreError> {
        let sql = "SELECT request, ticket, made, leaves_at, undo_until FROM named_act
                   WHERE agent = $1 AND key = $2 AND at > $3";
        let values = [by.as_str().into(), key.into(), (now - KEPT).into()];
        let rows = self.db.ask("reading a named act", sql, &values).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(NamedAct {
            request: row.get("request")?,
            ticket: TicketId(row.get("ticket")?),
            made: row.get::<Option<i64>>("made")?.map(TicketId),
            leaves_at: row.maybe_moment("leaves_at")?,
            undo_until: row.maybe_moment("undo_until")?,
        }))
    }
}

/// Writes the name of an act, if it has one, and forgets those that are free again.
pub(super) async fn note(
    tx: &mut Tx,
    ticket: TicketId,
    by: &AgentName,
    change: &TicketChange,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(once) = &change.once else { return Ok(()) };
    tx.execute("DELETE FROM named_act WHERE at <= $1", &[(now - KEPT).into()]).await?;
    tx.execute(
        "INSERT INTO named_act (agent, key, request, ticket, made, leaves_at, undo_until, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            by.as_str().into(),
            once.key.as_str().into(),
            once.request.as_str().into(),
            ticket.0.into(),
            once.made.map(|made| made.0).into(),
            change.leaves_at.map(Timestamp::as_millisecond).into(),
            change.undo_until.map(Timestamp::as_millisecond).into(),
            now.into(),
        ],
    )
    .await?;
    Ok(())
}
