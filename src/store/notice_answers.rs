//! What answers to notices need: whose address it is, what a question asked about, and mails back, each once.

use jiff::Timestamp;

use crate::{
    model::{
        audit::Deed,
        ids::{AccountName, AgentName, InboundId, TicketId},
        notice::{self, NoticeCause},
    },
    store::{
        Store,
        audit::{self, Actor},
        database::resumed,
        error::StoreError,
        notices,
        once::{self, Call},
        ticket,
    },
};

/// Mails back that a person gets in an hour; beyond it something answers by itself.
pub const MAILS_BACK_PER_HOUR: u32 = 20;

/// What a reply address stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyAddress {
    /// Whose it is.
    pub agent: AgentName,
    /// The ticket.
    pub ticket: TicketId,
    /// The mailbox or bot of the conversation.
    pub account: AccountName,
    /// Why the notice was sent.
    pub cause: NoticeCause,
    /// The version of the ticket that the notice told of.
    pub seen: i64,
    /// The words that a question asked about.
    pub answer: Option<String>,
    /// When the notice was written.
    pub created_at: Timestamp,
}

/// A mail back to a person.
#[derive(Debug, Clone, Copy)]
pub struct MailBack<'a> {
    /// To whom.
    pub agent: &'a AgentName,
    /// About which ticket.
    pub ticket: TicketId,
    /// A question or a refusal.
    pub cause: NoticeCause,
    /// What it says.
    pub body: &'a str,
    /// The words that a question asks about.
    pub answer: Option<&'a str>,
    /// The version of the ticket that it tells of.
    pub seen: i64,
    /// The mail it answers; none is answered twice.
    pub inbound: InboundId,
    /// The Message-ID of that mail.
    pub parent: Option<&'a str>,
}

impl Store {
    /// Returns what a reply address stands for, by the hash of what it holds; none if it is nobody's, or its ticket was
    /// closed long ago.
    pub async fn reply_address(&self, token: &str, now: Timestamp) -> Result<Option<ReplyAddress>, StoreError> {
        let rows = self
            .db
            .ask(
                "looking whose reply address that is",
                "SELECT n.agent, n.ticket, n.cause, n.seen, n.answer, n.created_at, k.account
                 FROM notice n JOIN ticket k ON k.id = n.ticket
                 WHERE n.token = $1 AND (k.state <> 'closed' OR k.closed_at IS NULL OR k.closed_at > $2)",
                &[token.into(), (now - ticket::REOPEN_WINDOW).into()],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(ReplyAddress {
            agent: AgentName::new(row.get::<String>("agent")?),
            ticket: TicketId(row.get("ticket")?),
            account: AccountName::new(row.get::<String>("account")?),
            cause: row.word("cause", NoticeCause::from_word)?,
            seen: row.get::<Option<i64>>("seen")?.unwrap_or(0),
            answer: row.get("answer")?,
            created_at: row.moment("created_at")?,
        }))
    }

    /// Returns which ticket a notice was about, by the key in its Message-ID; none if this store does not know it.
    pub async fn notice_of_key(&self, key: &str) -> Result<Option<TicketId>, StoreError> {
        let sql = "SELECT ticket FROM notice WHERE mail_key = $1";
        let rows = self.db.ask("looking for a notice", sql, &[key.into()]).await?;
        rows.first().map(|row| row.get("ticket").map(TicketId)).transpose()
    }

    /// Queues a mail back. Returns whether it was: not if the person got enough of them in this hour, and a mail that was
    /// answered before is not answered again.
    pub async fn queue_mail_back(&self, mail: &MailBack<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("queuing a mail back").await?;
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(true);
            }
            let [question, refusal] = NoticeCause::BACK.map(NoticeCause::as_str);
            let sent = tx
                .one(
                    "SELECT COUNT(*) AS sent FROM notice
                     WHERE agent = $1 AND created_at > $2 AND cause IN ($3, $4)",
                    &[mail.agent.as_str().into(), (now - notices::HOUR).into(), question.into(), refusal.into()],
                )
                .await?;
            if sent.count("sent")? >= MAILS_BACK_PER_HOUR {
                return Ok(false);
            }
            tx.execute(
                "INSERT INTO notice (agent, ticket, cause, mail_key, due_at, seen, body, answer, parent, inbound, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $5) ON CONFLICT (inbound) DO NOTHING",
                &[
                    mail.agent.as_str().into(),
                    mail.ticket.0.into(),
                    mail.cause.as_str().into(),
                    (&notice::key(&once::token()?)).into(),
                    now.into(),
                    mail.seen.into(),
                    mail.body.into(),
                    mail.answer.into(),
                    mail.parent.into(),
                    mail.inbound.0.into(),
                ],
            )
            .await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Notes that a notice came back, for admins to see in the audit log. Returns whose it was; none if this store does not
    /// know it. Told of twice, it is noted once.
    pub async fn notice_returned(
        &self,
        key: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<AgentName>, StoreError> {
        let call = &Call::new()?;
        resumed(async |doubt| {
            let mut tx = self.db.write("noting that a notice came back").await?;
            let known = tx.first("SELECT agent FROM notice WHERE mail_key = $1", &[key.into()]).await?;
            let agent = known.map(|row| row.get::<String>("agent").map(AgentName::new)).transpose()?;
            let Some(agent) = agent else { return Ok(None) };
            if call.took_effect(&mut tx, doubt, now).await? {
                return Ok(Some(agent));
            }
            let returned = "UPDATE notice SET state = 'returned', note = $2, settled_at = $3
                 WHERE mail_key = $1 AND state IN ('sent', 'uncertain')";
            if tx.execute(returned, &[key.into(), reason.into(), now.into()]).await? > 0 {
                let by = Actor { name: agent.as_str(), address: "" };
                audit::note(&mut tx, &by, Deed::NoticeReturned, reason, now).await?;
                tx.commit().await?;
            }
            Ok(Some(agent))
        })
        .await
    }
}
