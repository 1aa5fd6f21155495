//! Whether anything changed that a page may show, and which tickets did: a few looks at the ends of indexes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    model::ids::TicketId,
    store::{Store, error::StoreError, queue},
};

/// How far everything had come at some moment. Two that are equal have nothing between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct ChangeMark {
    /// The newest line of a ticket's history; every act of a person writes one.
    events: i64,
    /// The newest message that came in.
    inbound: i64,
    /// The newest message of ours.
    outbox: i64,
    /// When the last message of ours reached its end, in Unix milliseconds.
    settled: i64,
    /// The newest line of the audit log: pauses, switches.
    audit: i64,
    /// The newest text that can be found.
    found: i64,
}

impl fmt::Display for ChangeMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, inbound, outbox, settled, audit, found } = self;
        write!(f, "{events}-{inbound}-{outbox}-{settled}-{audit}-{found}")
    }
}

impl Store {
    /// Returns how far everything has come.
    pub async fn latest_change(&self) -> Result<ChangeMark, StoreError> {
        let rows = self
            .db
            .ask(
                "looking for changes",
                "SELECT (SELECT COALESCE(MAX(e.id), 0) FROM ticket_event e) AS events,
                        (SELECT COALESCE(MAX(i.id), 0) FROM inbound i) AS inbound,
                        (SELECT COALESCE(MAX(o.id), 0) FROM outbox o) AS outbox,
                        (SELECT COALESCE(MAX(o.settled_at), 0) FROM outbox o WHERE o.settled_at IS NOT NULL) AS settled,
                        (SELECT COALESCE(MAX(a.id), 0) FROM audit a) AS audit,
                        (SELECT COALESCE(MAX(d.id), 0) FROM search_doc d) AS found",
                &[],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(ChangeMark::default()) };
        Ok(ChangeMark {
            events: row.get("events")?,
            inbound: row.get("inbound")?,
            outbox: row.get("outbox")?,
            settled: row.get("settled")?,
            audit: row.get("audit")?,
            found: row.get("found")?,
        })
    }

    /// Returns the tickets whose history grew, or whose messages reached their end, since a mark; at most `limit`. More
    /// than that is for a page to read anew.
    pub async fn changed_since(&self, mark: &ChangeMark, limit: u32) -> Result<Vec<TicketId>, StoreError> {
        let rows = self
            .db
            .ask(
                "looking for changed tickets",
                "SELECT c.ticket FROM (
                   SELECT e.ticket FROM ticket_event e WHERE e.id > $1
                   UNION SELECT k.id AS ticket FROM outbox o JOIN ticket k ON k.thread = o.thread
                     WHERE o.settled_at IS NOT NULL AND o.settled_at > $2) c
                 ORDER BY c.ticket LIMIT $3",
                &[mark.events.into(), mark.settled.into(), limit.into()],
            )
            .await?;
        queue::ids(&rows, "ticket")
    }
}
