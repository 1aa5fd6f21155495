//! What time brings about: alarms when a buyer has waited for a person for a day and for two, and tickets that come back
//! because they were put off until now.
//!
//! A wait begins with the oldest message that was left to a person and that nobody answered since; it ends with a person's
//! answer, from the desk or from their own mail program, or with the end of the case. Each alarm of a wait is one row, so
//! that it rings once however many processes look and however often they are killed.

use jiff::{SignedDuration, Timestamp};

use crate::{
    failpoint,
    model::{
        alarm::{Alarm, Wait},
        ids::TicketId,
        ticket::{EventKind, Urgency},
    },
    store::{
        Store,
        database::{Row, Tx, resumed},
        error::StoreError,
        once::Call,
        ticket,
    },
};

/// Finds the tickets whose wait has lasted since that moment and whose alarm of so many hours has not rung: at most two
/// hundred at once, those that wait longest first; the others are found by the next look.
const DUE: &str = include_str!("sql/due-alarms.sql");

/// Finds tickets whose time to be put off is over, at most as many as alarms; the others are found by the next look.
const OVER: &str = "SELECT id FROM ticket WHERE snoozed_until IS NOT NULL AND snoozed_until <= $1 AND state <> 'closed'
     ORDER BY snoozed_until, id LIMIT 200";

/// Any ticket.
const ANY: i64 = 0;

impl Store {
    /// Rings the alarms that are due: each is noted in its ticket's history and raises the urgency. Returns how many rang.
    ///
    /// Who has waited for two days gets that alarm alone, even if the first one was missed.
    pub async fn ring_alarms(&self, now: Timestamp) -> Result<u32, StoreError> {
        let mut rung = 0;
        for wait in [Wait::TwoDays, Wait::OneDay] {
            let values = [begun_before(wait, now).into(), wait.hours().into(), ANY.into()];
            for row in self.db.ask("looking for buyers who wait", DUE, &values).await? {
                rung += u32::from(self.ring(TicketId(row.get("id")?), wait, now).await?);
            }
        }
        Ok(rung)
    }

    /// Puts the tickets into the queue again whose time to be put off is over. Returns how many there were.
    pub async fn wake_snoozed(&self, now: Timestamp) -> Result<u32, StoreError> {
        let due = self.db.ask("looking for tickets that were put off", OVER, &[now.into()]).await?;
        let mut woken = 0;
        for row in due {
            woken += u32::from(self.wake(TicketId(row.get("id")?), now).await?);
        }
        Ok(woken)
    }

    async fn wake(&self, id: TicketId, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("waking a ticket that was put off").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let over =
                "UPDATE ticket SET snoozed_until = NULL WHERE id = $1 AND snoozed_until <= $2 AND state <> 'closed'";
            if tx.execute(over, &[id.0.into(), now.into()]).await? == 0 {
                return Ok(false);
            }
            ticket::note(&mut tx, id, "nightdesk", EventKind::Woken, "", now).await?;
            failpoint::reach("store.wake.before");
            tx.commit().await?;
            failpoint::reach("store.wake.after");
            Ok(true)
        })
        .await
    }

    async fn ring(&self, id: TicketId, wait: Wait, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("ringing an alarm").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let values = [begun_before(wait, now).into(), wait.hours().into(), id.0.into()];
            let Some(row) = tx.first(DUE, &values).await? else { return Ok(false) };
            let since = row.moment("since")?;
            let passed = if wait == Wait::TwoDays { &[Wait::TwoDays, Wait::OneDay][..] } else { &[Wait::OneDay] };
            for each in passed {
                note(&mut tx, id, since, *each, wait, now).await?;
            }
            raise(&mut tx, id, wait).await?;
            let text = format!("The buyer has waited for {} hours.", wait.hours());
            ticket::note(&mut tx, id, "nightdesk", EventKind::Alarm, &text, now).await?;
            failpoint::reach("store.alarm.before");
            tx.commit().await?;
            failpoint::reach("store.alarm.after");
            Ok(true)
        })
        .await
    }

    /// Returns the alarms that rang after the one of that number, oldest first, at most `limit`: for those who pass them on.
    pub async fn alarms_after(&self, after: i64, limit: u32) -> Result<Vec<Alarm>, StoreError> {
        let rows = self
            .db
            .ask(
                "reading alarms",
                "SELECT a.id, a.ticket, a.waiting_since, a.hours, a.rung_at FROM alarm a
                 WHERE a.id > $1 AND a.rung_at IS NOT NULL ORDER BY a.id LIMIT $2",
                &[after.into(), limit.into()],
            )
            .await?;
        rows.iter().map(alarm_of).collect()
    }
}

fn begun_before(wait: Wait, now: Timestamp) -> Timestamp {
    now - SignedDuration::from_hours(i64::from(wait.hours()))
}

/// Notes that the alarm rang; one that a later alarm of the same wait passed over never did.
async fn note(
    tx: &mut Tx,
    id: TicketId,
    since: Timestamp,
    wait: Wait,
    rings: Wait,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rung_at = (wait == rings).then(|| now.as_millisecond());
    tx.execute(
        "INSERT INTO alarm (ticket, waiting_since, hours, rung_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (ticket, waiting_since, hours) DO NOTHING",
        &[id.0.into(), since.into(), wait.hours().into(), rung_at.into()],
    )
    .await?;
    Ok(())
}

/// Raises the urgency: after a day it is high, after two days nothing is more urgent. It never falls.
async fn raise(tx: &mut Tx, id: TicketId, wait: Wait) -> Result<(), StoreError> {
    let least = ticket::urgency_rank(match wait {
        Wait::OneDay => Urgency::High,
        Wait::TwoDays => Urgency::Urgent,
    });
    tx.execute("UPDATE ticket SET urgency = $2 WHERE id = $1 AND urgency < $2", &[id.0.into(), least.into()]).await?;
    Ok(())
}

fn alarm_of(row: &Row) -> Result<Alarm, StoreError> {
    let hours = row.count("hours")?;
    Ok(Alarm {
        id: row.get("id")?,
        ticket: TicketId(row.get("ticket")?),
        waiting_since: row.moment("waiting_since")?,
        wait: Wait::of_hours(hours).ok_or_else(|| row.damaged(&format!("an alarm after {hours} hours")))?,
        rung_at: row.moment("rung_at")?,
    })
}
