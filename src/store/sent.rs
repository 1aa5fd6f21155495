//! What people write in the mailbox itself, past Nightdesk: it ends what the machine was about to say.
//!
//! The Sent folder is read beside the inbox, and nobody knows which of two mails is stored first. So both orders are
//! covered: an answer to a mail that is decided already stops its conversation, and an answer to a mail that is not
//! decided yet is remembered under that mail's id.

use jiff::Timestamp;

use crate::{
    failpoint,
    model::{
        ids::{AccountName, InboundId, ThreadId, TicketId},
        inbound::{ChannelKind, Inbound},
        ticket::{EventKind, Ticket, Urgency},
    },
    store::{
        Store,
        database::{Tx, Value, resumed},
        error::StoreError,
        inbound, outbox,
        thread::{self, NewThread, index_key},
        ticket::{self, Stored},
    },
};

/// The outcome's reason of everything that lies in the Sent folder.
pub const SENT_FOLDER: &str = "sent_folder";

/// The reason of every automatic message that a person's own mail overtook.
const ANSWERED: &str = "a person answered in the mailbox";

/// The reason of an answer that a person stopped in time.
const STOPPED: &str = "a person stopped the answer";

/// Who a ticket's history names: mail programs do not say which person sat before them.
const MAILBOX: &str = "mailbox";

/// Recipients looked up; a mail to more people is no answer to one buyer.
const MAX_RECIPIENTS: usize = 20;

/// Finds the oldest answer of a person to a mail that is not decided yet.
const PERSON_ANSWERED: &str = "SELECT h.sent, h.thread FROM human_answer h JOIN inbound i ON i.id = $2
     WHERE h.message_id = $1 AND h.answered IS NULL AND h.sent_at >= i.received_at AND i.state = 'undecided'
     ORDER BY h.sent LIMIT 1";

/// The outcome's reason of a person's mail that came back to the mailbox as a copy.
pub const OWN_COPY: &str = "own_copy";

/// What the history of a ticket says of a copy that nothing proves to be ours.
const UNPROVEN: &str = "a mail that says it is ours answers the buyer, and nothing proves who sent it; the machine is silent \
     here, and the clock runs on";

/// Where a person's mail was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// In the Sent folder, into which only the shop's own people write.
    SentFolder,
    /// In the inbox, as a copy (`Cc`, `Bcc`) of what was sent some other way, by a phone for example; our own server vouches
    /// for its author.
    ProvenCopy,
    /// The same, and nothing proves its author. Whoever forges one can keep the machine silent in a conversation whose ids
    /// they know, which is their own; more than silence it never brings about.
    UnprovenCopy,
}

/// A mail that a person wrote.
#[derive(Debug, Clone, Copy)]
pub struct HumanMail<'a> {
    /// Its row.
    pub inbound: InboundId,
    /// The mailbox.
    pub account: &'a AccountName,
    /// Its Message-ID.
    pub message_id: Option<&'a str>,
    /// The ids it answers, nearest first; In-Reply-To before References.
    pub parents: &'a [String],
    /// Lower-cased addresses it went to.
    pub recipients: &'a [String],
    /// It passes somebody else's mail on.
    pub forwarded: bool,
    /// Its subject.
    pub subject: &'a str,
    /// Its new text.
    pub text: &'a str,
    /// When the server took it.
    pub sent_at: Timestamp,
    /// Where it was found.
    pub found: Found,
}

/// What a person's mail meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HumanSent {
    /// It answered a buyer: the machine is silent in that conversation from now on.
    Answered {
        /// The conversation.
        thread: ThreadId,
        /// Its ticket, now waiting for the buyer; none if nothing is open.
        ticket: Option<TicketId>,
    },
    /// A conversation was passed on to somebody else: noted, and nothing is stopped.
    PassedOn(ThreadId),
    /// It belongs to no conversation. A mail of the Sent folder ends with that; a copy in the inbox is still to be decided.
    Unrelated,
    /// The row was looked at before.
    Known,
}

/// What the mail is about.
enum Bearing {
    Answers(ThreadId),
    PassesOn(ThreadId),
    Nothing,
}

impl Store {
    /// Records a person's own mail and what follows from it, in one transaction: the conversation's epoch rises, its
    /// automatic messages that were not begun and its draft are cancelled, its ticket waits for the buyer, and the mails
    /// it answers are remembered for the case that they are not decided yet. Its row ends as suppressed. Repeated, it
    /// changes nothing.
    pub async fn human_sent(&self, mail: &HumanMail<'_>, now: Timestamp) -> Result<HumanSent, StoreError> {
        resumed(async |doubt| {
            let mut tx = self.db.write("recording a person's mail").await?;
            let row = tx
                .first("SELECT state, thread FROM inbound WHERE id = $1", &[mail.inbound.0.into()])
                .await?
                .ok_or_else(|| tx.missing("received message", mail.inbound.0))?;
            if row.get::<&str>("state")? == "decided" {
                // After a lost answer this is what the first attempt wrote.
                return match row.get::<Option<i64>>("thread")?.map(ThreadId).filter(|_| doubt) {
                    Some(thread) => Ok(HumanSent::Answered { thread, ticket: ticket::open_of(&mut tx, thread).await? }),
                    None => Ok(HumanSent::Known),
                };
            }
            let sent = match bearing(&mut tx, mail, now).await? {
                Bearing::Nothing if mail.found != Found::SentFolder => return Ok(HumanSent::Unrelated),
                Bearing::Answers(thread) => {
                    let ticket = stop_machine(&mut tx, mail, thread, now).await?;
                    remember_parents(&mut tx, mail, thread).await?;
                    record(&mut tx, mail, Some(thread), now).await?;
                    HumanSent::Answered { thread, ticket }
                }
                Bearing::PassesOn(thread) => {
                    if let Some(ticket) = ticket::open_of(&mut tx, thread).await? {
                        let text = format!("passed on to {}\n{}", mail.recipients.join(", "), mail.text);
                        ticket::note(&mut tx, ticket, MAILBOX, EventKind::Note, &text, now).await?;
                    }
                    record(&mut tx, mail, Some(thread), now).await?;
                    HumanSent::PassedOn(thread)
                }
                Bearing::Nothing => {
                    record(&mut tx, mail, None, now).await?;
                    HumanSent::Unrelated
                }
            };
            failpoint::reach("store.human_sent.before");
            tx.commit().await?;
            failpoint::reach("store.human_sent.after");
            Ok(sent)
        })
        .await
    }

    /// Returns whether a person answered a mail that is not decided yet.
    pub async fn is_answered_by_person(&self, id: InboundId, inbound: &Inbound) -> Result<bool, StoreError> {
        let Some(message_id) = inbound.mail.as_ref().and_then(|mail| mail.message_id.as_deref()) else {
            return Ok(false);
        };
        let key = index_key(message_id);
        let values = [key.as_ref().into(), id.0.into()];
        Ok(!self.db.ask("looking for a person's answer", PERSON_ANSWERED, &values).await?.is_empty())
    }

    /// Ends a mail that a person answered before it was decided: escalated, with a ticket that waits for the buyer.
    /// Returns that ticket; none if nobody answered it, or it is decided already.
    pub async fn answered_by_person(
        &self,
        id: InboundId,
        inbound: &Inbound,
        now: Timestamp,
    ) -> Result<Option<TicketId>, StoreError> {
        let Some(message_id) = inbound.mail.as_ref().and_then(|mail| mail.message_id.as_deref()) else {
            return Ok(None);
        };
        if !self.is_answered_by_person(id, inbound).await? {
            return Ok(None);
        }
        resumed(async |doubt| {
            let mut tx = self.db.write("ending a mail that a person answered").await?;
            let Some(answer) = person_answered(&mut tx, id, message_id).await? else {
                return if doubt { ticket::of_inbound(&mut tx, id).await } else { Ok(None) };
            };
            let ticket = end_answered(&mut tx, id, inbound, &answer, now).await?;
            failpoint::reach("store.answered.before");
            tx.commit().await?;
            Ok(Some(ticket))
        })
        .await
    }
}

/// A person's answer that waited for the mail it answers.
pub(super) struct Answer {
    sent: InboundId,
    thread: ThreadId,
}

/// Finds the answer of a person to an undecided mail. Some web forms give all their mails one id, so an answer covers one
/// mail only, and none that came after it.
pub(super) async fn person_answered(
    tx: &mut Tx,
    id: InboundId,
    message_id: &str,
) -> Result<Option<Answer>, StoreError> {
    let row = tx.first(PERSON_ANSWERED, &[index_key(message_id).as_ref().into(), id.0.into()]).await?;
    row.map(|row| Ok(Answer { sent: InboundId(row.get("sent")?), thread: ThreadId(row.get("thread")?) })).transpose()
}

async fn bearing(tx: &mut Tx, mail: &HumanMail<'_>, now: Timestamp) -> Result<Bearing, StoreError> {
    let recipients: Vec<_> = mail.recipients.iter().map(|recipient| index_key(recipient)).collect();
    let referred = thread::referred(tx, mail.parents.iter(), &recipients).await?;
    if let Some(thread) = referred.theirs {
        return Ok(Bearing::Answers(thread));
    }
    if mail.found == Found::UnprovenCopy {
        return Ok(Bearing::Nothing);
    }
    if let Some(thread) = referred.others {
        // A buyer's Reply-To may be another address than From, so the recipient need not be the one we know.
        return Ok(if mail.forwarded { Bearing::PassesOn(thread) } else { Bearing::Answers(thread) });
    }
    if mail.forwarded || mail.recipients.len() > MAX_RECIPIENTS {
        return Ok(Bearing::Nothing);
    }
    for recipient in mail.recipients {
        let row = tx
            .first(
                "SELECT id FROM thread WHERE participant = $1 AND account = $2 ORDER BY id DESC LIMIT 1",
                &[index_key(recipient).as_ref().into(), mail.account.as_str().into()],
            )
            .await?;
        if let Some(row) = row {
            return Ok(Bearing::Answers(ThreadId(row.get("id")?)));
        }
    }
    match mail.recipients.first().filter(|_| !mail.parents.is_empty()) {
        Some(recipient) => begin(tx, mail, recipient, now).await.map(Bearing::Answers),
        None => Ok(Bearing::Nothing),
    }
}

/// Begins the conversation with the person's answer; the mail it answers joins when it is decided.
async fn begin(tx: &mut Tx, mail: &HumanMail<'_>, participant: &str, now: Timestamp) -> Result<ThreadId, StoreError> {
    let new = NewThread {
        channel: ChannelKind::Email,
        account: mail.account.as_str(),
        participant,
        chat_key: None,
        language: None,
        pending: None,
    };
    thread::create(tx, &new, now).await
}

/// Returns the conversations that are one case with this one: those of the ticket that is open in it, else itself.
pub(super) async fn conversations(tx: &mut Tx, thread: ThreadId) -> Result<Vec<ThreadId>, StoreError> {
    if let Some(id) = ticket::open_of(tx, thread).await?
        && let Some(ticket) = ticket::load(tx, id).await?
    {
        return ticket::threads_of(tx, &ticket).await;
    }
    Ok(vec![thread])
}

/// Ends what the machine was about to say in a conversation. Returns the ticket that now waits for the buyer; where an
/// answer was stopped and no ticket is open, one is raised, so that the message does not count as answered by us.
async fn stop_machine(
    tx: &mut Tx,
    mail: &HumanMail<'_>,
    thread: ThreadId,
    now: Timestamp,
) -> Result<Option<TicketId>, StoreError> {
    let mut stopped = None;
    for each in conversations(tx, thread).await? {
        tx.execute(
            "UPDATE thread SET epoch = epoch + 1, pending = NULL, changed_at = $2,
               last_human_reply = CASE WHEN last_human_reply > $3 THEN last_human_reply ELSE $3 END
             WHERE id = $1",
            &[each.0.into(), now.into(), mail.sent_at.into()],
        )
        .await?;
        let here = stopped_answer(tx, each).await?.map(|inbound| (each, inbound));
        stopped = stopped.or(here);
        leave_to_person(tx, each, ANSWERED).await?;
        tx.execute(
            "UPDATE outbox SET state = 'cancelled', reason = $2, settled_at = $3, changed_at = $3
             WHERE thread = $1 AND human = 0 AND state IN ('ready', 'retry_at', 'held')",
            &[each.0.into(), ANSWERED.into(), now.into()],
        )
        .await?;
    }
    if let Some(message_id) = mail.message_id {
        thread::register(tx, message_id, thread, mail.account.as_str(), true).await?;
    }
    let ticket = match (ticket::open_of(tx, thread).await?, stopped) {
        // Nothing proves that the buyer was answered, so a person looks, whatever the ticket waited for.
        (Some(_), Some((of, inbound))) if mail.found == Found::UnprovenCopy => {
            Some(ticket::raise_stored(tx, &answered(of, inbound, now)).await?.0)
        }
        (Some(ticket), _) => Some(ticket),
        (None, Some((of, inbound))) => Some(ticket::raise_untold(tx, &answered(of, inbound, now)).await?),
        (None, None) => None,
    };
    if let Some(id) = ticket.filter(|_| mail.found != Found::UnprovenCopy)
        && let Some(open) = ticket::load(tx, id).await?
        && outbox::cancel_scheduled(tx, &open, ANSWERED, now).await?
    {
        ticket::note(tx, id, MAILBOX, EventKind::TakenBack, ANSWERED, now).await?;
    }
    match ticket {
        Some(ticket) if mail.found == Found::UnprovenCopy => {
            ticket::note(tx, ticket, MAILBOX, EventKind::Note, &format!("{UNPROVEN}\n{}", mail.text), now).await?;
        }
        Some(ticket) => wait_for_buyer(tx, ticket, mail.text, now).await?,
        None => {}
    }
    Ok(ticket)
}

/// Leaves the messages of a conversation to a person whose answers were not begun, with those that joined them. Its values are
/// the conversation and the reason. It finds them by their answers: whoever takes over must not wait for a look at everything
/// that ever came in.
pub const LEFT_TO_PERSON: &str = "\
    UPDATE inbound SET outcome = 'escalated', with_answer = 0,
      outcome_reason = CASE WHEN outcome = 'escalated' THEN outcome_reason ELSE $2 END
    WHERE outcome <> 'suppressed' AND id IN (
      SELECT i.id FROM outbox o JOIN inbound i ON i.id = o.inbound
      WHERE o.thread = $1 AND o.human = 0 AND o.kind IN ('answer', 'ask') AND i.joined IS NULL
        AND (o.state IN ('ready', 'retry_at') OR (o.state = 'sending' AND o.phase = 'before'))
      UNION ALL
      SELECT i.id FROM outbox o JOIN inbound i ON i.joined = o.inbound
      WHERE o.thread = $1 AND o.human = 0 AND o.kind IN ('answer', 'ask')
        AND (o.state IN ('ready', 'retry_at') OR (o.state = 'sending' AND o.phase = 'before')))";

async fn leave_to_person(tx: &mut Tx, thread: ThreadId, reason: &str) -> Result<(), StoreError> {
    tx.execute(LEFT_TO_PERSON, &[thread.0.into(), reason.into()]).await?;
    Ok(())
}

/// Leaves the messages to a person that the machine was about to answer in the conversations of a ticket. Returns by when
/// the newest of them must be answered; the caller stops the answers.
pub(super) async fn stop_answers(
    tx: &mut Tx,
    ticket: &Ticket,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let mut due = None;
    for thread in ticket::threads_of(tx, ticket).await? {
        if let Some(inbound) = stopped_answer(tx, thread).await? {
            // A message that was to be answered at once has no other clock.
            let by = ticket::respond_by(tx, inbound).await?.unwrap_or(now);
            due = Some(due.map_or(by, |due: Timestamp| due.min(by)));
        }
        leave_to_person(tx, thread, STOPPED).await?;
    }
    Ok(due)
}

/// Returns the newest message whose answer or question was not begun, or was claimed and can no longer leave because
/// the epoch rose.
async fn stopped_answer(tx: &mut Tx, thread: ThreadId) -> Result<Option<InboundId>, StoreError> {
    let row = tx
        .first(
            "SELECT inbound FROM outbox
             WHERE thread = $1 AND human = 0 AND kind IN ('answer', 'ask') AND inbound IS NOT NULL
               AND (state IN ('ready', 'retry_at') OR (state = 'sending' AND phase = 'before'))
             ORDER BY id DESC LIMIT 1",
            &[thread.0.into()],
        )
        .await?;
    row.map(|row| row.get("inbound").map(InboundId)).transpose()
}

fn answered(thread: ThreadId, inbound: InboundId, now: Timestamp) -> Stored<'static> {
    Stored { thread, inbound, urgency: Urgency::Normal, reason: ANSWERED, now }
}

async fn wait_for_buyer(tx: &mut Tx, ticket: TicketId, said: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE ticket SET state = 'waiting', respond_by = NULL WHERE id = $1 AND state <> 'closed'",
        &[ticket.0.into()],
    )
    .await?;
    ticket::note(tx, ticket, MAILBOX, EventKind::Reply, said, now).await
}

/// Notes which mails were answered: the one named by In-Reply-To, or the last of References.
async fn remember_parents(tx: &mut Tx, mail: &HumanMail<'_>, thread: ThreadId) -> Result<(), StoreError> {
    let Some(parent) = mail.parents.first().filter(|_| mail.found != Found::UnprovenCopy) else { return Ok(()) };
    tx.execute(
        "INSERT INTO human_answer (message_id, sent, sent_at, thread) VALUES ($1, $2, $3, $4)
         ON CONFLICT (message_id, sent) DO NOTHING",
        &[index_key(parent).as_ref().into(), mail.inbound.0.into(), mail.sent_at.into(), thread.0.into()],
    )
    .await?;
    Ok(())
}

async fn record(tx: &mut Tx, mail: &HumanMail<'_>, thread: Option<ThreadId>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inbound SET subject = $2, text = $3, in_sent = 1 WHERE id = $1",
        &[mail.inbound.0.into(), mail.subject.into(), mail.text.into()],
    )
    .await?;
    let reason = if mail.found == Found::SentFolder { SENT_FOLDER } else { OWN_COPY };
    inbound::end(tx, mail.inbound, "suppressed", reason, thread, now).await
}

async fn end_answered(
    tx: &mut Tx,
    id: InboundId,
    inbound: &Inbound,
    answer: &Answer,
    now: Timestamp,
) -> Result<TicketId, StoreError> {
    let sender = inbound.sender_key();
    let message_id = inbound.mail.as_ref().and_then(|mail| mail.message_id.as_deref());
    tx.execute(
        "UPDATE inbound SET sender_key = $2, sender_domain = $3, sender_name = $4, message_id = $5, subject = $6,
           text = $7, body_hash = $8 WHERE id = $1",
        &[
            id.0.into(),
            sender.as_deref().map(index_key).as_deref().into(),
            inbound.sender_domain().as_deref().map(index_key).as_deref().into(),
            inbound.from.as_ref().and_then(|from| from.name.as_deref()).into(),
            message_id.map(index_key).as_deref().into(),
            (&inbound.subject).into(),
            (&inbound.text).into(),
            Value::Bytes(&inbound.body_hash),
        ],
    )
    .await?;
    own_thread(tx, answer.thread, sender.as_deref()).await?;
    inbound::end(tx, id, "escalated", ANSWERED, Some(answer.thread), now).await?;
    if let Some(message_id) = message_id {
        thread::register(tx, message_id, answer.thread, inbound.account.as_str(), false).await?;
    }
    tx.execute("UPDATE human_answer SET answered = $2 WHERE sent = $1", &[answer.sent.0.into(), id.0.into()]).await?;
    let said = tx.one("SELECT text FROM inbound WHERE id = $1", &[answer.sent.0.into()]).await?;
    let ticket = ticket::raise_untold(tx, &answered(answer.thread, id, now)).await?;
    wait_for_buyer(tx, ticket, said.get::<Option<&str>>("text")?.unwrap_or_default(), now).await?;
    Ok(ticket)
}

/// Gives a conversation that began with the person's answer to the buyer who asked: the answer may have gone to
/// another address of theirs.
async fn own_thread(tx: &mut Tx, thread: ThreadId, sender: Option<&str>) -> Result<(), StoreError> {
    let Some(sender) = sender else { return Ok(()) };
    tx.execute(
        "UPDATE thread SET participant = $2
         WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM inbound WHERE thread = $1 AND in_sent = 0)",
        &[thread.0.into(), index_key(sender).as_ref().into()],
    )
    .await?;
    Ok(())
}
