//! Mails to the people of the desk: a durable queue, filled from the histories of tickets.
//!
//! One mark in the line of events says how far they were looked at; it moves in the transaction that queues what lies
//! behind it, so that nothing is told twice or passed over. A notice that may have left is not sent again. How often
//! somebody is written to is limited here, where it is counted. What answers do is `notice_answers.rs`.

use jiff::{SignedDuration, Timestamp};

use crate::{
    failpoint,
    model::{
        agent::Agent,
        audit::Deed,
        ids::{AccountName, AgentName, TicketId},
        notice::{self, NoticeCause},
        ticket::{EventKind, TicketState},
    },
    store::{
        Store,
        audit::{self, Actor},
        database::{Row, Tx, resumed},
        error::StoreError,
        once::{self, Call},
        people,
    },
};

/// Events that one step looks at; the next goes on.
const AT_ONCE: u32 = 200;

/// What happened longer ago is not told any more: the desk was off, and people look at the queue first.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Of one ticket a person is told once in so long; what happens meanwhile is in the next notice.
const TICKET_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// Notices of tickets that a person gets in an hour; the rest is held and comes as one mail.
pub const NOTICES_PER_HOUR: u32 = 30;

/// The hour of that limit, and how long the rest is held.
pub(super) const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Tickets that one mail lists; a longer list is the queue itself.
const MAX_JOINED: u32 = 100;

/// Notices are kept so long after they were sent, and as long as their ticket is not closed: an answer to them is known.
const KEPT: SignedDuration = SignedDuration::from_hours(180 * 24);

/// A notice that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its number.
    pub id: i64,
    /// Names it in its Message-ID, the same for all attempts.
    pub key: String,
    /// To whom.
    pub agent: AgentName,
    /// About which ticket.
    pub ticket: TicketId,
    /// Why.
    pub cause: NoticeCause,
    /// Further tickets that the same mail tells of, because the person was told enough in this hour.
    pub joined: Vec<TicketId>,
    /// The version of the ticket that a question or refusal was written for.
    pub seen: Option<i64>,
    /// What a question or refusal says; empty for what tells of a ticket.
    pub body: String,
    /// The Message-ID of the mail it answers.
    pub parent: Option<String>,
    /// How many attempts were begun, this one included.
    pub attempts: u32,
    /// How often in a row its writing was begun and did not end, see [`Store::note_notice_breaks`].
    pub breaks: u32,
    /// When it was queued.
    pub created_at: Timestamp,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// The server took it.
    Sent,
    /// Another attempt then.
    Again {
        /// When.
        at: Timestamp,
        /// What went wrong.
        note: String,
    },
    /// It may have left, and is not sent again.
    Uncertain {
        /// What was seen last.
        note: String,
    },
    /// It is not sent: nobody needs it any more.
    Dropped {
        /// Why.
        note: String,
    },
    /// It cannot be sent: the server refused it for good or for too long, or it cannot be written. The audit log says so.
    Failed {
        /// Why.
        note: String,
    },
}

/// A line of history, with what decides who is told.
struct Event {
    id: i64,
    ticket: TicketId,
    at: Timestamp,
    cause: Option<NoticeCause>,
    of: Concern,
}

/// Whose business a ticket is.
struct Concern {
    account: AccountName,
    owner: Option<AgentName>,
}

impl Concern {
    /// Returns those who are told: the owner, or everybody who sees the ticket while nobody owns it. An owner who gets no
    /// mail is looked after by nobody else: whoever took a ticket sees it in the queue. A program, and somebody who is shut
    /// out, look at no queue: their tickets are everybody's.
    fn reaches(&self, person: &Agent) -> bool {
        person.sees(&self.account) && self.owner.as_ref().is_none_or(|owner| *owner == person.name)
    }
}

impl Store {
    /// Queues notices of what happened on tickets since the last look; returns whether there may be more. The very first
    /// look begins with what happened from `since` on.
    pub async fn queue_notices(
        &self,
        wanted: &[NoticeCause],
        since: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("queuing notices").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                let Some(mark) = mark(&mut tx).await? else { return Ok(true) };
                return Ok(!events_after(&mut tx, mark).await?.is_empty());
            }
            let Some(mark) = mark(&mut tx).await? else {
                tx.execute(
                    "INSERT INTO notice_mark (id, event)
                     SELECT 1, COALESCE(MAX(e.id), 0) FROM ticket_event e WHERE e.at < $1",
                    &[since.into()],
                )
                .await?;
                tx.commit().await?;
                return Ok(true);
            };
            let events = events_after(&mut tx, mark).await?;
            let Some(last) = events.last().map(|event| event.id) else { return Ok(false) };
            let staff = staff(&mut tx).await?;
            for event in events.iter().filter(|event| event.at > now - FRESH) {
                let Some(cause) = event.cause.filter(|cause| wanted.contains(cause)) else { continue };
                for person in staff.iter().filter(|person| event.of.reaches(person)) {
                    queue(&mut tx, &person.name, event.ticket, cause, None, now).await?;
                }
            }
            tx.execute("UPDATE notice_mark SET event = $1 WHERE id = 1", &[last.into()]).await?;
            failpoint::reach("store.notice.before");
            tx.commit().await?;
            Ok(events.len() >= AT_ONCE as usize)
        })
        .await
    }

    /// Returns whether something happened on tickets since the last look.
    pub async fn notices_are_behind(&self) -> Result<bool, StoreError> {
        let sql = "SELECT COALESCE(MAX(e.id), 0) AS newest, (SELECT m.event FROM notice_mark m WHERE m.id = 1) AS mark
             FROM ticket_event e";
        let rows = self.db.ask("looking how far notices are", sql, &[]).await?;
        let Some(row) = rows.first() else { return Ok(true) };
        Ok(row.get::<Option<i64>>("mark")?.is_none_or(|mark| mark < row.get("newest").unwrap_or(i64::MAX)))
    }

    /// Queues notices of tickets whose time to answer ends before that moment, once for each such end.
    pub async fn queue_deadline_notices(&self, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("queuing notices of deadlines").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(());
            }
            let staff = staff(&mut tx).await?;
            let (mut told, mut after) = (false, (now - FRESH, TicketId(i64::MAX)));
            // Tickets that nobody with an address sees stand in every look: they must not hide those behind them.
            loop {
                let values = [until.into(), after.0.into(), after.1.0.into(), now.into(), AT_ONCE.into()];
                let rows = tx.all(ENDING, &values).await?;
                for row in &rows {
                    let (ticket, of) = (TicketId(row.get("id")?), concern(row)?);
                    let at = row.moment("respond_by")?;
                    for person in staff.iter().filter(|person| of.reaches(person)) {
                        queue(&mut tx, &person.name, ticket, NoticeCause::Deadline, Some(at), now).await?;
                        told = true;
                    }
                    after = (at, ticket);
                }
                if rows.len() < AT_ONCE as usize {
                    break;
                }
            }
            if told {
                tx.commit().await?;
            }
            Ok(())
        })
        .await
    }

    /// Takes the notice that is due for longest, with those that are held for the same mail; none if nothing is due. One
    /// process sends notices at a time: see [`Store::settle_broken_notices`].
    pub async fn claim_notice(&self, now: Timestamp) -> Result<Option<Notice>, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("claiming a notice").await?;
            let taken = call.took_effect(&mut tx, doubt, now).await?;
            let Some(row) = tx.first(if taken { TAKEN } else { DUE }, &[now.into()]).await? else { return Ok(None) };
            let mut notice = notice_of(&row)?;
            if !taken {
                notice.attempts += 1;
                tx.execute(
                    "UPDATE notice SET state = 'sending', at_dot = 0, attempts = attempts + 1, due_at = $2 WHERE id = $1",
                    &[notice.id.into(), now.into()],
                )
                .await?;
                if row.flag("held")? {
                    let held = [notice.id.into(), notice.agent.as_str().into()];
                    tx.execute(
                        "UPDATE notice SET state = 'joined', joined = $1
                         WHERE agent = $2 AND held = 1 AND state = 'waiting' AND id <> $1",
                        &held,
                    )
                    .await?;
                }
            }
            notice.joined = joined(&mut tx, notice.id).await?;
            if !taken {
                failpoint::reach("store.notice_claim.before");
                tx.commit().await?;
                failpoint::reach("store.notice_claim.after");
            }
            Ok(Some(notice))
        })
        .await
    }

    /// Notes how often in a row the writing of a notice was begun and did not end: one more before it begins, none once it
    /// has ended. What ends the whole process is in the count at the next claim; the way of a mail to its server is not.
    pub async fn note_notice_breaks(&self, id: i64, breaks: u32) -> Result<(), StoreError> {
        resumed(async |_| {
            let mut tx = self.db.beside("counting how often a notice broke off").await?;
            let sql = "UPDATE notice SET broken = $2 WHERE id = $1 AND state = 'sending'";
            tx.execute(sql, &[id.into(), breaks.into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Notes that a notice may leave from now on, with what its reply address holds (by hash) and which version of the
    /// ticket it tells of. Written before its last bytes; the address means something from here on.
    pub async fn arm_notice(&self, id: i64, token: Option<&str>, seen: i64, now: Timestamp) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.beside("noting that a notice may leave").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(());
            }
            let sql = "UPDATE notice SET at_dot = 1, token = $2, seen = $3 WHERE id = $1 AND state = 'sending'";
            if tx.execute(sql, &[id.into(), token.into(), seen.into()]).await? == 0 {
                return Err(tx.missing("notice that is being sent", id));
            }
            tx.commit().await
        })
        .await
    }

    /// Writes what became of an attempt.
    pub async fn settle_notice(&self, id: i64, outcome: &NoticeOutcome, now: Timestamp) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("settling a notice").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(());
            }
            let (state, due, note) = match outcome {
                NoticeOutcome::Sent => ("sent", now, None),
                NoticeOutcome::Again { at, note } => ("waiting", *at, Some(note.as_str())),
                NoticeOutcome::Uncertain { note } => ("uncertain", now, Some(note.as_str())),
                NoticeOutcome::Dropped { note } | NoticeOutcome::Failed { note } => {
                    ("dropped", now, Some(note.as_str()))
                }
            };
            let settled = (state != "waiting").then(|| now.as_millisecond());
            let changed = tx
                .execute(
                    "UPDATE notice SET state = $2, due_at = $3, note = $4, settled_at = $5
                     WHERE id = $1 AND state = 'sending'",
                    &[id.into(), state.into(), due.into(), note.into(), settled.into()],
                )
                .await?;
            if changed > 0 && matches!(outcome, NoticeOutcome::Failed { .. }) {
                given_up_on(&mut tx, id, note.unwrap_or_default(), now).await?;
            }
            let old = "DELETE FROM notice WHERE created_at < $1 AND state NOT IN ('waiting', 'sending')
                 AND EXISTS (SELECT 1 FROM ticket k WHERE k.id = notice.ticket AND k.state = 'closed')";
            tx.execute(old, &[(now - KEPT).into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Settles what an earlier sender left in the middle: what may have left is not sent again, the rest waits. Only for
    /// whoever alone may send from now on.
    pub async fn settle_broken_notices(&self, now: Timestamp) -> Result<(), StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("settling notices that were broken off").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(());
            }
            let settled = tx
                .execute(
                    "UPDATE notice SET note = $2, state = CASE WHEN at_dot = 1 THEN 'uncertain' ELSE 'waiting' END,
                       settled_at = CASE WHEN at_dot = 1 THEN $1 ELSE NULL END
                     WHERE state = 'sending'",
                    &[now.into(), BROKEN_OFF.into()],
                )
                .await?;
            if settled > 0 {
                tx.commit().await?;
            }
            Ok(())
        })
        .await
    }
}

/// What is noted of a notice whose sender ended before it did.
const BROKEN_OFF: &str = "the sender ended in the middle";

/// Tells the admins that a person was not told, and of which tickets.
async fn given_up_on(tx: &mut Tx, id: i64, why: &str, now: Timestamp) -> Result<(), StoreError> {
    let head = tx.one("SELECT agent, ticket FROM notice WHERE id = $1", &[id.into()]).await?;
    let agent: String = head.get("agent")?;
    let mut tickets = vec![TicketId(head.get("ticket")?)];
    for row in tx.all("SELECT ticket FROM notice WHERE joined = $1 ORDER BY id", &[id.into()]).await? {
        tickets.push(TicketId(row.get("ticket")?));
    }
    let named = match &tickets[..] {
        [ticket] => format!("ticket {ticket}"),
        tickets => format!("tickets {}", tickets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    let by = Actor { name: &agent, address: "" };
    audit::note(tx, &by, Deed::NoticeReturned, &format!("the notice of {named} was given up: {why}"), now).await
}

/// The notice that is due for longest.
const DUE: &str =
    "SELECT id, mail_key, agent, ticket, cause, seen, body, parent, attempts, broken, created_at, held FROM notice
     WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT 1";

/// The notice that an attempt of this claim has taken, whose answer was lost.
const TAKEN: &str =
    "SELECT id, mail_key, agent, ticket, cause, seen, body, parent, attempts, broken, created_at, held FROM notice
     WHERE state = 'sending' AND due_at = $1 ORDER BY id DESC LIMIT 1";

/// Tickets that wait for a person and whose time to answer is about to end, with none who was told of that end.
const ENDING: &str = "SELECT k.id, k.respond_by, k.account,
       (SELECT a.name FROM agent a WHERE a.name = k.assignee AND a.disabled_at IS NULL) AS owner
     FROM ticket k
     WHERE k.state IN ('open', 'claimed') AND k.respond_by <= $1 AND k.merged_into IS NULL
       AND (k.respond_by > $2 OR (k.respond_by = $2 AND k.id > $3))
       AND (k.snoozed_until IS NULL OR k.snoozed_until <= $4)
       AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.ticket = k.id AND n.respond_by = k.respond_by)
     ORDER BY k.respond_by, k.id LIMIT $5";

async fn mark(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let row = tx.first("SELECT event FROM notice_mark WHERE id = 1", &[]).await?;
    row.map(|row| row.get("event")).transpose()
}

async fn events_after(tx: &mut Tx, mark: i64) -> Result<Vec<Event>, StoreError> {
    let rows = tx
        .all(
            "SELECT e.id, e.ticket, e.at, e.what, e.actor, k.opened_at, k.state, k.account,
               (SELECT a.name FROM agent a WHERE a.name = k.assignee AND a.disabled_at IS NULL) AS owner
             FROM ticket_event e JOIN ticket k ON k.id = e.ticket
             WHERE e.id > $1 ORDER BY e.id LIMIT $2",
            &[mark.into(), AT_ONCE.into()],
        )
        .await?;
    let event = |row: &Row| {
        let at = row.moment("at")?;
        let state = row.word("state", TicketState::from_word)?;
        let needed = matches!(state, TicketState::Open | TicketState::Claimed);
        let is_new = at == row.moment("opened_at")?;
        let (what, of) = (row.word("what", EventKind::from_word)?, concern(row)?);
        // Whoever took a ticket knows of it; whoever was given it does not.
        let own = what == EventKind::Assigned && of.owner.as_ref().map(AgentName::as_str) == row.get("actor")?;
        let cause = cause(what, is_new).filter(|_| needed && !own);
        Ok(Event { id: row.get("id")?, ticket: TicketId(row.get("ticket")?), at, cause, of })
    };
    rows.iter().map(event).collect()
}

fn concern(row: &Row) -> Result<Concern, StoreError> {
    Ok(Concern {
        account: AccountName::new(row.get::<String>("account")?),
        owner: row.get::<Option<String>>("owner")?.map(AgentName::new),
    })
}

/// Returns what a line of history is to people; `is_new` says that the ticket was opened with it.
fn cause(what: EventKind, is_new: bool) -> Option<NoticeCause> {
    match what {
        EventKind::Opened | EventKind::Inbound if is_new => Some(NoticeCause::NewTicket),
        EventKind::Reopened | EventKind::Assigned => Some(NoticeCause::NewTicket),
        EventKind::Opened | EventKind::Inbound => Some(NoticeCause::BuyerReplied),
        EventKind::Alarm => Some(NoticeCause::Deadline),
        _ => None,
    }
}

/// Returns those who get mail.
async fn staff(tx: &mut Tx) -> Result<Vec<Agent>, StoreError> {
    let sql = "SELECT name, display, role, accounts, language, single_keys, email, password, totp, disabled_at,
                    created_at, login_at
         FROM agent WHERE email IS NOT NULL AND disabled_at IS NULL ORDER BY name";
    tx.all(sql, &[]).await?.iter().map(people::agent_of).collect()
}

/// Queues one notice, or lets the one that waits tell of this too.
async fn queue(
    tx: &mut Tx,
    agent: &AgentName,
    ticket: TicketId,
    cause: NoticeCause,
    respond_by: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let [first, second, third] = NoticeCause::EVENTS.map(NoticeCause::as_str);
    let whose = [agent.as_str().into(), ticket.0.into(), first.into(), second.into(), third.into()];
    let waits = "SELECT id FROM notice
         WHERE agent = $1 AND ticket = $2 AND state = 'waiting' AND cause IN ($3, $4, $5) LIMIT 1";
    if let Some(row) = tx.first(waits, &whose).await? {
        if let Some(at) = respond_by {
            let id: i64 = row.get("id")?;
            tx.execute("UPDATE notice SET respond_by = $2 WHERE id = $1", &[id.into(), at.into()]).await?;
        }
        return Ok(());
    }
    let last = "SELECT MAX(created_at) AS at FROM notice
         WHERE agent = $1 AND ticket = $2 AND cause IN ($3, $4, $5)";
    let told = tx.one(last, &whose).await?.maybe_moment("at")?;
    let due = told.map_or(now, |told| (told + TICKET_PAUSE).max(now));
    let (due, held) = match held_until(tx, agent, now).await? {
        Some(until) => (until.max(due), true),
        None => (due, false),
    };
    tx.execute(
        "INSERT INTO notice (agent, ticket, cause, mail_key, due_at, held, respond_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (agent, ticket, respond_by) DO NOTHING",
        &[
            agent.as_str().into(),
            ticket.0.into(),
            cause.as_str().into(),
            (&notice::key(&once::token()?)).into(),
            due.into(),
            held.into(),
            respond_by.map(Timestamp::as_millisecond).into(),
            now.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Returns until when a person who was told enough in this hour is left alone; none if there is room.
async fn held_until(tx: &mut Tx, agent: &AgentName, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let [first, second, third] = NoticeCause::EVENTS.map(NoticeCause::as_str);
    let row = tx
        .one(
            "SELECT COUNT(*) AS told,
                (SELECT MIN(h.due_at) FROM notice h WHERE h.agent = $1 AND h.held = 1 AND h.state = 'waiting') AS until
             FROM notice n
             WHERE n.agent = $1 AND n.held = 0 AND n.created_at > $2
               AND n.cause IN ($3, $4, $5)",
            &[agent.as_str().into(), (now - HOUR).into(), first.into(), second.into(), third.into()],
        )
        .await?;
    let until = row.maybe_moment("until")?;
    let full = row.count("told")? >= NOTICES_PER_HOUR;
    Ok(full.then(|| until.unwrap_or(now + HOUR)))
}

async fn joined(tx: &mut Tx, id: i64) -> Result<Vec<TicketId>, StoreError> {
    let sql = "SELECT ticket FROM notice WHERE joined = $1 ORDER BY id LIMIT $2";
    let rows = tx.all(sql, &[id.into(), MAX_JOINED.into()]).await?;
    rows.iter().map(|row| row.get("ticket").map(TicketId)).collect()
}

fn notice_of(row: &Row) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.get("id")?,
        key: row.get("mail_key")?,
        agent: AgentName::new(row.get::<String>("agent")?),
        ticket: TicketId(row.get("ticket")?),
        cause: row.word("cause", NoticeCause::from_word)?,
        joined: Vec::new(),
        seen: row.get("seen")?,
        body: row.get("body")?,
        parent: row.get("parent")?,
        attempts: row.count("attempts")?,
        breaks: row.count("broken")?,
        created_at: row.moment("created_at")?,
    })
}
