//! Whether buyers were content: one question for a ticket, answered by one tap on a link.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    model::ids::TicketId,
    store::{Store, database::resumed, error::StoreError, once::Call, ticket},
};

/// A link older than this is not taken any more: nobody remembers what it was about.
const OPEN_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(60 * 24);

/// The longest remark that is kept, in characters.
pub const LONGEST_REMARK: usize = 1_000;

/// A question that a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The ticket it is about.
    pub ticket: TicketId,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// What was answered, 1 to 5; none as long as nothing was.
    pub score: Option<u32>,
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
}

impl Store {
    /// Keeps a question about a ticket. Only the hash of its token is kept; repeated, nothing changes. Returns false if there is
    /// no such ticket.
    pub async fn ask_satisfaction(&self, id: TicketId, token_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
        resumed(async |_| {
            let mut tx = self.db.write("asking whether a buyer was content").await?;
            if ticket::load(&mut tx, id).await?.is_none() {
                return Ok(false);
            }
            tx.execute(
                "INSERT INTO satisfaction (ticket, token_hash, asked_at) VALUES ($1, $2, $3)
                 ON CONFLICT (token_hash) DO NOTHING",
                &[id.0.into(), token_hash.into(), now.into()],
            )
            .await?;
            tx.commit().await?;
            Ok(true)
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
                "SELECT ticket, asked_at, score FROM satisfaction WHERE token_hash = $1 AND asked_at >= $2",
                &[token_hash.into(), (now - OPEN_FOR).into()],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Question {
            ticket: TicketId(row.get("ticket")?),
            asked_at: row.moment("asked_at")?,
            score: if row.get::<Option<i64>>("score")?.is_some() { Some(row.count("score")?) } else { None },
        }))
    }

    /// Keeps an answer of 1 to 5 with a remark, which is cut at [`LONGEST_REMARK`]; a later answer takes the place of an earlier
    /// one. Returns false if there is no such question, it is too old, or the score is none.
    pub async fn answer_satisfaction(
        &self,
        token_hash: &str,
        score: u32,
        remark: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if !(1..=5).contains(&score) {
            return Ok(false);
        }
        let remark: String = remark.trim().chars().take(LONGEST_REMARK).collect();
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("keeping whether a buyer was content").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let kept = tx
                .execute(
                    "UPDATE satisfaction SET score = $2, text = $3, answered_at = $4
                     WHERE token_hash = $1 AND asked_at >= $5",
                    &[token_hash.into(), score.into(), (&remark).into(), now.into(), (now - OPEN_FOR).into()],
                )
                .await?;
            tx.commit().await?;
            Ok(kept > 0)
        })
        .await
    }

    /// Returns how content buyers were who were asked since that moment.
    pub async fn satisfaction(&self, since: Timestamp) -> Result<Satisfaction, StoreError> {
        let rows = self
            .db
            .ask(
                "counting how content buyers were",
                "SELECT COUNT(*) AS asked, COUNT(score) AS answered, CAST(COALESCE(SUM(score), 0) AS BIGINT) AS total
                 FROM satisfaction WHERE asked_at >= $1",
                &[since.into()],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(Satisfaction::default()) };
        Ok(Satisfaction { asked: row.count("asked")?, answered: row.count("answered")?, sum: row.count("total")? })
    }
}
