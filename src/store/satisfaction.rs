//! Whether buyers were content: one question for a case that was closed, answered by one tap on a link.
//!
//! A question and the message that brings it are written in one transaction, which looks again at everything that may
//! stand against it, so that a buyer is asked once however many processes look and however often they are killed.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    failpoint,
    model::{
        figures::Days,
        ids::{AccountName, InboundId, TicketId},
        language::Language,
        outbound::NewOutbound,
        satisfaction::{BAD, BEST, LONGEST_REMARK, without_links},
        ticket::{EventKind, Ticket, TicketState, Urgency},
    },
    store::{
        Store,
        database::{Row, Tx, resumed},
        error::StoreError,
        figures,
        once::Call,
        outbox::{self, Entry},
        queue::named,
        switches,
        thread::{self, language_of},
        ticket::{self, Case},
    },
};

/// A link older than this is not taken any more: nobody remembers what it was about.
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(60 * 24);

/// A buyer is asked no more often than this, however many cases are closed.
const ASKED_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The windows of the caps that hold for this message as for every other of the machine.
const TEN_MINUTES: SignedDuration = SignedDuration::from_mins(10);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How often an answer may be changed: more is somebody at play, and each change is a line of the ticket's history.
const MOST_ANSWERS: u32 = 10;

/// A case that was closed and whose buyer may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// The ticket.
    pub ticket: TicketId,
    /// When it was closed.
    pub at: Timestamp,
    /// How often in a row the writing of its question was begun and did not end, see [`Store::note_question_breaks`].
    pub breaks: u32,
}

/// A question that is about to be asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The ticket as it was read.
    pub ticket: &'a Ticket,
    /// What is kept of the link's token.
    pub token_hash: &'a str,
    /// The language the message is in, which is the page's.
    pub language: Language,
    /// The message of the buyer that the question answers.
    pub inbound: InboundId,
    /// The message that brings the link.
    pub message: &'a NewOutbound,
    /// Automatic messages of the whole shop in ten minutes from which on nothing goes out.
    pub most_of_shop: u32,
    /// Acks and questions to one buyer in a day from which on nothing goes out.
    pub most_to_buyer: u32,
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskOutcome {
    /// Its message is on its way.
    Asked,
    /// It is not asked, now or later; the words say why.
    Passed(&'static str),
    /// It may be asked later; the words say what stands against it now.
    Later(&'static str),
}

/// A question that a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The ticket it is about.
    pub ticket: TicketId,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The language it was asked in.
    pub language: Language,
    /// What was answered, 1 to 5; none as long as nothing was.
    pub score: Option<u32>,
    /// What was said beside it.
    pub remark: String,
}

/// What a buyer answered.
#[derive(Debug, Clone, Copy)]
pub struct Rating<'a> {
    /// 1 to 5.
    pub score: u32,
    /// What the buyer says beside it; cut at [`LONGEST_REMARK`].
    pub remark: &'a str,
    /// By when a person must have answered if the score is a bad one.
    pub respond_by: Option<Timestamp>,
}

/// How content the buyers of some time were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Satisfaction {
    /// How many were asked.
    pub asked: u32,
    /// How many answered.
    pub answered: u32,
    /// The sum of their scores.
    pub sum: u32,
    /// How many of them gave a bad score.
    pub bad: u32,
}

/// Closed cases that nobody has looked at yet, the last closed first.
const CLOSED: &str = "SELECT k.id, k.closed_at,
       COALESCE((SELECT b.times FROM satisfaction_begun b WHERE b.ticket = k.id), 0) AS breaks
     FROM ticket k
     WHERE k.closed_at IS NOT NULL AND (0 - k.closed_at) >= $1 AND (0 - k.closed_at) < $2 AND k.state = 'closed'
       AND k.merged_into IS NULL AND ((0 - k.closed_at) > $3 OR ((0 - k.closed_at) = $3 AND k.id > $4))
       AND NOT EXISTS (SELECT 1 FROM satisfaction s WHERE s.ticket = k.id)
       AND NOT EXISTS (SELECT 1 FROM satisfaction_passed p WHERE p.ticket = k.id)
     ORDER BY (0 - k.closed_at), k.id LIMIT $5";

/// Everything that may stand against a question, as the store knows it.
const AGAINST: &str = "SELECT
     (SELECT COUNT(*) FROM satisfaction s WHERE s.ticket = $1) AS asked,
     (SELECT COUNT(*) FROM satisfaction_passed p WHERE p.ticket = $1) AS passed,
     (SELECT COUNT(*) FROM thread t WHERE t.id = $2 AND t.bot_off = 1) AS bot_off,
     (SELECT COUNT(*) FROM thread t JOIN buyer b ON b.key = t.participant
      WHERE t.id = $2 AND b.suppressed = 1) AS suppressed,
     (SELECT COUNT(*) FROM thread o JOIN thread t ON t.participant = o.participant JOIN ticket k ON k.thread = t.id
        JOIN satisfaction s ON s.ticket = k.id
      WHERE o.id = $2 AND s.asked_at > $3) AS lately,
     (SELECT COUNT(*) FROM thread o JOIN thread t ON t.participant = o.participant
        JOIN ticket k ON k.thread = t.id AND k.state <> 'closed'
      WHERE o.id = $2) AS open,
     (SELECT COUNT(*) FROM outbox q WHERE q.thread = $2 AND q.state IN ('ready', 'sending', 'retry_at')) AS on_its_way,
     (SELECT COUNT(*) FROM restored r WHERE r.noticed_at >= $4) AS restored,
     (SELECT COUNT(*) FROM outbox q
      WHERE q.kind <> 'draft' AND q.human = 0 AND q.created_at > $5 AND q.state <> 'cancelled') AS of_shop,
     (SELECT COUNT(*) FROM outbox q
      WHERE q.recipient_key = (SELECT t.participant FROM thread t WHERE t.id = $2) AND q.created_at > $6
        AND q.human = 0 AND q.kind IN ('ack', 'ask') AND q.state <> 'cancelled') AS to_buyer";

impl Satisfaction {
    /// Returns the mean of the scores; none where nobody answered.
    pub fn mean(self) -> Option<f64> {
        (self.answered > 0).then(|| f64::from(self.sum) / f64::from(self.answered))
    }
}

impl Store {
    /// Returns cases that were closed between two moments and were neither asked about nor passed over, the last closed
    /// first, from behind a place on: at most `limit`.
    pub async fn closed_cases_unasked(
        &self,
        from: Timestamp,
        to: Timestamp,
        after: Option<Closed>,
        limit: u32,
    ) -> Result<Vec<Closed>, StoreError> {
        let back = |at: Timestamp| -at.as_millisecond();
        let (place, id) = after.map_or((i64::MIN, 0), |after| (back(after.at), after.ticket.0));
        let values = [back(to).into(), back(from).into(), place.into(), id.into(), limit.into()];
        let rows = self.db.ask("looking for closed cases", CLOSED, &values).await?;
        let case = |row: &Row| {
            let ticket = TicketId(row.get("id")?);
            Ok(Closed { ticket, at: row.moment("closed_at")?, breaks: row.count("breaks")? })
        };
        rows.iter().map(case).collect()
    }

    /// Notes how often in a row the writing of a case's question was begun and did not end: one more before it begins, none
    /// once it has ended.
    pub async fn note_question_breaks(&self, id: TicketId, breaks: u32) -> Result<(), StoreError> {
        resumed(async |_| {
            let mut tx = self.db.beside("counting how often a question broke off").await?;
            if breaks == 0 {
                tx.execute("DELETE FROM satisfaction_begun WHERE ticket = $1", &[id.0.into()]).await?;
            } else {
                tx.execute(
                    "INSERT INTO satisfaction_begun (ticket, times) VALUES ($1, $2)
                     ON CONFLICT (ticket) DO UPDATE SET times = $2",
                    &[id.0.into(), breaks.into()],
                )
                .await?;
            }
            tx.commit().await
        })
        .await
    }

    /// Asks a buyer: keeps the question by the hash of its token, and puts the message on its way. Once for a case, and not
    /// while anything stands against it.
    pub async fn ask_satisfaction(&self, asking: &Asking<'_>, now: Timestamp) -> Result<AskOutcome, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("asking whether a buyer was content").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(AskOutcome::Asked);
            }
            let against = against(&mut tx, asking, now).await?;
            if against != AskOutcome::Asked {
                return Ok(against);
            }
            let ticket = asking.ticket;
            tx.execute(
                "INSERT INTO satisfaction (ticket, token_hash, asked_at, language) VALUES ($1, $2, $3, $4)",
                &[ticket.id.0.into(), asking.token_hash.into(), now.into(), asking.language.as_str().into()],
            )
            .await?;
            let epoch = thread::epoch(&mut tx, ticket.thread).await?.unwrap_or_default();
            let entry = Entry { thread: ticket.thread, inbound: Some(asking.inbound), epoch, now };
            outbox::insert(&mut tx, asking.message, &entry).await?;
            let text = without_links(asking.message.payload.text());
            ticket::note(&mut tx, ticket.id, "nightdesk", EventKind::Automatic, &text, now).await?;
            failpoint::reach("store.satisfaction.before");
            tx.commit().await?;
            failpoint::reach("store.satisfaction.after");
            Ok(AskOutcome::Asked)
        })
        .await
    }

    /// Notes that a case is not asked about, and why; repeated, nothing changes.
    pub async fn pass_satisfaction(&self, id: TicketId, why: &str, now: Timestamp) -> Result<(), StoreError> {
        resumed(async |_| {
            let mut tx = self.db.write("passing over a closed case").await?;
            tx.execute(
                "INSERT INTO satisfaction_passed (ticket, at, why) VALUES ($1, $2, $3) ON CONFLICT (ticket) DO NOTHING",
                &[id.0.into(), now.into(), why.into()],
            )
            .await?;
            tx.execute("DELETE FROM satisfaction_begun WHERE ticket = $1", &[id.0.into()]).await?;
            tx.commit().await
        })
        .await
    }

    /// Returns the question behind a token; none if there is none or it is too old.
    pub async fn satisfaction_question(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Question>, StoreError> {
        let rows = self
            .db
            .ask(
                "reading whether a buyer was content",
                "SELECT ticket, asked_at, language, score, text FROM satisfaction
                 WHERE token_hash = $1 AND asked_at >= $2",
                &[token_hash.into(), (now - OPEN_FOR).into()],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Question {
            ticket: TicketId(row.get("ticket")?),
            asked_at: row.moment("asked_at")?,
            language: language_of(row, "language")?.unwrap_or(Language::EN),
            score: if row.get::<Option<i64>>("score")?.is_some() { Some(row.count("score")?) } else { None },
            remark: row.get::<Option<String>>("text")?.unwrap_or_default(),
        }))
    }

    /// Keeps an answer; a later one takes the place of an earlier one. It stands in the ticket's history, and a bad score
    /// brings the case before people again. Returns false if there is no such question, it is too old or was answered
    /// often enough, or the score is none.
    pub async fn answer_satisfaction(
        &self,
        token_hash: &str,
        rating: &Rating<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if !(1..=BEST).contains(&rating.score) {
            return Ok(false);
        }
        let remark: String = rating.remark.trim().chars().take(LONGEST_REMARK).collect();
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("keeping whether a buyer was content").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let known = tx
                .first(
                    "SELECT ticket, score, text, answers FROM satisfaction WHERE token_hash = $1 AND asked_at >= $2",
                    &[token_hash.into(), (now - OPEN_FOR).into()],
                )
                .await?;
            let Some(known) = known else { return Ok(false) };
            let before = known.get::<Option<i64>>("score")?;
            if before == Some(rating.score.into()) && known.get::<Option<&str>>("text")? == Some(remark.as_str()) {
                return Ok(true);
            }
            if known.count("answers")? >= MOST_ANSWERS {
                return Ok(false);
            }
            tx.execute(
                "UPDATE satisfaction SET score = $2, text = $3, answered_at = $4, answers = answers + 1
                 WHERE token_hash = $1",
                &[token_hash.into(), rating.score.into(), (&remark).into(), now.into()],
            )
            .await?;
            tell(&mut tx, TicketId(known.get("ticket")?), rating, &remark, before, now).await?;
            failpoint::reach("store.rating.before");
            tx.commit().await?;
            failpoint::reach("store.rating.after");
            Ok(true)
        })
        .await
    }

    /// Returns how content buyers were who were asked in those days: of these accounts, or of all.
    pub async fn satisfaction(
        &self,
        days: &Days,
        accounts: Option<&[AccountName]>,
    ) -> Result<Satisfaction, StoreError> {
        let named = named(accounts);
        let mut values = figures::span(days.from(), days.to(), named.as_deref());
        values.push(BAD.into());
        let rows = self
            .db
            .ask(
                "counting how content buyers were",
                "SELECT COUNT(*) AS asked, COUNT(s.score) AS answered, CAST(COALESCE(SUM(s.score), 0) AS BIGINT) AS total,
                        COUNT(CASE WHEN s.score <= $5 THEN 1 END) AS bad
                 FROM satisfaction s JOIN ticket k ON k.id = s.ticket
                 WHERE s.asked_at >= $1 AND s.asked_at < $2
                   AND ($3 IS NULL OR REPLACE($3, $4 || k.account || $4, '') <> $3)",
                &values,
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(Satisfaction::default()) };
        Ok(Satisfaction {
            asked: row.count("asked")?,
            answered: row.count("answered")?,
            sum: row.count("total")?,
            bad: row.count("bad")?,
        })
    }
}

/// Returns what stands against a question; that it is asked, if nothing does.
async fn against(tx: &mut Tx, asking: &Asking<'_>, now: Timestamp) -> Result<AskOutcome, StoreError> {
    let read = asking.ticket;
    let current = ticket::load(tx, read.id).await?;
    if current.is_none_or(|current| current.version != read.version || current.state != TicketState::Closed) {
        return Ok(AskOutcome::Later("somebody changed the case"));
    }
    let row = tx
        .one(
            AGAINST,
            &[
                read.id.0.into(),
                read.thread.0.into(),
                (now - ASKED_AGAIN_AFTER).into(),
                read.changed_at.into(),
                (now - TEN_MINUTES).into(),
                (now - DAY).into(),
            ],
        )
        .await?;
    for (count, why) in [
        ("asked", "the buyer was asked"),
        ("passed", "it was passed over before"),
        ("bot_off", "the machine is off in the conversation"),
        ("suppressed", "the machine never writes to this buyer"),
        ("lately", "the buyer was asked about another case lately"),
        ("restored", "the store was put back from a backup since, and the buyer may have been asked"),
    ] {
        if row.count(count)? > 0 {
            return Ok(AskOutcome::Passed(why));
        }
    }
    let full = row.count("of_shop")? >= asking.most_of_shop || row.count("to_buyer")? >= asking.most_to_buyer;
    for (stands, why) in [
        (row.count("open")? > 0, "another case of the buyer is open"),
        (row.count("on_its_way")? > 0, "another message is on its way to the buyer"),
        (full, "the caps of automatic messages are reached"),
        (switches::forbids(tx, std::slice::from_ref(asking.message)).await?.is_some(), "automatic messages are paused"),
    ] {
        if stands {
            return Ok(AskOutcome::Later(why));
        }
    }
    Ok(AskOutcome::Asked)
}

/// Tells people of an answer: a line of history, and for a score that became a bad one the case itself.
async fn tell(
    tx: &mut Tx,
    id: TicketId,
    rating: &Rating<'_>,
    remark: &str,
    before: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ticket = ticket::load(tx, id).await?.ok_or_else(|| tx.missing("ticket", id.0))?;
    let score = format!("{} of {BEST}", rating.score);
    let mut told = id;
    if rating.score <= BAD && before.is_none_or(|before| before > i64::from(BAD)) {
        let reasons = [format!("The buyer was not content: {score}.")];
        let case = Case {
            thread: ticket.thread,
            inbound: ticket.inbound,
            urgency: Urgency::High,
            reasons: &reasons,
            intent: None,
            tags: &[],
            subject: &ticket.subject,
            buyer: &ticket.buyer,
            respond_by: rating.respond_by,
            now,
        };
        told = ticket::raise(tx, &case).await?;
    }
    let text = if remark.is_empty() { score } else { format!("{score}\n{remark}") };
    ticket::note(tx, told, "buyer", EventKind::Rated, &text, now).await
}
