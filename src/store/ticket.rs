//! The human queue: lists, one ticket with all that is needed to answer it, and opening or extending tickets.

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{
        closing::CloseResult,
        ids::{AccountName, AgentName, InboundId, IntentId, OutboxId, ThreadId, TicketId},
        inbound::ChannelKind,
        language::Language,
        order::Order,
        outbound::Payload,
        satisfaction,
        search::DocumentKind,
        ticket::{EventKind, Ticket, TicketEvent, TicketState, Urgency},
        verdict::Verdict,
    },
    store::{
        Store, burst,
        card::{self, BuyerCard},
        database::{Row, Tx},
        drafts,
        error::StoreError,
        inbound::{self, StoredInbound, channel_of},
        indexing::{self, FOUND_EVENTS},
        outbox,
        thread::{index_key, language_of},
        timeline::{self, Moment, Waiting},
        undo::{self, Undoable},
    },
};

/// A message to a ticket closed longer ago than this is a new case.
pub(super) const REOPEN_WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many reasons a ticket shows; its history holds them all.
const MAX_REASONS: usize = 20;

/// Why a reply that waited for its hour does not leave.
const BUYER_WROTE: &str = "the buyer wrote again before it left";

/// The words of a chat message that stand for its subject.
const SUBJECT_CHARACTERS: usize = 80;

/// Which tickets to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketFilter {
    /// Only these states; empty means every state.
    pub states: Vec<TicketState>,
    /// Only this person's.
    pub assignee: Option<AgentName>,
    /// At most so many.
    pub limit: u32,
}

/// A ticket with everything a person needs to act on it.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketFile {
    /// The ticket.
    pub ticket: Ticket,
    /// Its history, oldest first.
    pub events: Vec<TicketEvent>,
    /// The newest decision in the conversation; none if its messages could not be decided on.
    pub last_verdict: Option<Verdict>,
    /// The buyer's newest message, machine mail aside; a reply answers this one.
    pub last_inbound: Option<StoredInbound>,
    /// The draft that waits, if any.
    pub draft: Option<(OutboxId, Payload)>,
    /// The text that the newest decision was made on.
    pub last_text: Option<String>,
    /// The orders under the buyer's address by all records that are kept, old ones too; newest first.
    pub orders: Vec<Order>,
    /// To whom and through what a reply goes.
    pub recipient: Recipient,
    /// Everything that was said and done, oldest first, in the conversations that go on here too.
    pub timeline: Vec<Moment>,
    /// What the machine is about to say, if anything.
    pub pending: Option<Waiting>,
    /// The reply that waits for an hour a person chose.
    pub scheduled: Option<Waiting>,
    /// The rules that the draft speaks for.
    pub draft_rules: Vec<IntentId>,
    /// What is known of the buyer.
    pub card: BuyerCard,
    /// The act that can still be taken back.
    pub undoable: Option<Undoable>,
    /// The machine is switched off in the conversation.
    pub bot_off: bool,
    /// The tickets that go on in this one.
    pub merged: Vec<TicketId>,
}

/// The buyer's end of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The kind of channel.
    pub channel: ChannelKind,
    /// The mailbox or bot the conversation runs through.
    pub account: AccountName,
    /// The lower-cased address or chat key; empty when nobody can be named.
    pub key: String,
    /// The buyer's name, if known.
    pub name: Option<String>,
    /// The language of the conversation, if known.
    pub language: Option<Language>,
    /// How many messages people have written in this conversation, for the next key `t<ticket>-<n>`.
    pub human_messages: u32,
    /// The machine is switched off in the conversation.
    pub bot_off: bool,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// Written.
    Changed,
    /// Somebody or something changed the ticket meanwhile; this is how it stands now.
    Conflict(Box<Ticket>),
    /// There is no such ticket.
    Gone,
}

impl Store {
    /// Returns tickets, the most urgent first, then the oldest.
    pub async fn tickets(&self, filter: &TicketFilter) -> Result<Vec<Ticket>, StoreError> {
        let mut tx = self.db.read("listing tickets").await?;
        let states = if filter.states.is_empty() { &TicketState::ALL[..] } else { &filter.states };
        // Four places for four states; the first one fills the rest.
        let word = |place: usize| states.get(place).unwrap_or(&states[0]).as_str();
        let rows = tx
            .all(
                "SELECT id, thread, inbound, state, urgency, subject, buyer, intent, reasons, tags, assignee, version,
                        opened_at, changed_at, respond_by, claimed_at, snoozed_until, merged_into, result, cause,
                        compensation
                 FROM ticket WHERE state IN ($1, $2, $3, $4) AND ($5 IS NULL OR assignee = $5)
                 ORDER BY urgency DESC, opened_at, id LIMIT $6",
                &[
                    word(0).into(),
                    word(1).into(),
                    word(2).into(),
                    word(3).into(),
                    filter.assignee.as_ref().map(AgentName::as_str).into(),
                    filter.limit.into(),
                ],
            )
            .await?;
        rows.iter().map(ticket_of).collect()
    }

    /// Returns one ticket with its history, the newest decision and what is needed to answer; none if there is no such
    /// ticket. Acts can be taken back as of the newest change: see [`Store::ticket_at`].
    pub async fn ticket(&self, id: TicketId) -> Result<Option<TicketFile>, StoreError> {
        self.ticket_at(id, Timestamp::MIN).await
    }

    /// As [`Store::ticket`], with the act that can still be taken back at that moment.
    pub async fn ticket_at(&self, id: TicketId, now: Timestamp) -> Result<Option<TicketFile>, StoreError> {
        let mut tx = self.db.read("reading a ticket").await?;
        let Some(ticket) = load(&mut tx, id).await? else { return Ok(None) };
        let recipient = recipient(&mut tx, ticket.thread).await?;
        let draft = outbox::draft_of(&mut tx, ticket.thread).await?;
        let mut file = TicketFile {
            orders: Vec::new(),
            events: events(&mut tx, id).await?,
            last_verdict: last_verdict(&mut tx, ticket.thread).await?,
            last_text: last_text(&mut tx, ticket.thread).await?,
            last_inbound: last_inbound(&mut tx, ticket.thread).await?,
            draft_rules: match &draft {
                Some((draft, _)) => drafts::rules_of(&mut tx, *draft).await?,
                None => Vec::new(),
            },
            draft,
            timeline: timeline::of(&mut tx, &ticket).await?,
            pending: timeline::pending(&mut tx, ticket.thread, ticket.id).await?,
            scheduled: timeline::scheduled(&mut tx, &ticket).await?,
            card: card::card(&mut tx, &recipient.key, id).await?,
            undoable: undo::undoable(&mut tx, id, now).await?,
            bot_off: recipient.bot_off,
            merged: timeline::merged(&mut tx, id).await?,
            recipient,
            ticket,
        };
        // Whoever asks for a second connection while holding one waits for ever once all do.
        drop(tx);
        file.orders = Box::pin(self.orders_of(&file.recipient.key, Timestamp::MIN)).await?;
        Ok(Some(file))
    }
}

/// Reads one ticket.
pub(super) async fn load(tx: &mut Tx, id: TicketId) -> Result<Option<Ticket>, StoreError> {
    let row = tx
        .first(
            "SELECT id, thread, inbound, state, urgency, subject, buyer, intent, reasons, tags, assignee, version,
                    opened_at, changed_at, respond_by, claimed_at, snoozed_until, merged_into, result, cause, compensation
             FROM ticket WHERE id = $1",
            &[id.0.into()],
        )
        .await?;
    row.as_ref().map(ticket_of).transpose()
}

pub(super) fn ticket_of(row: &Row) -> Result<Ticket, StoreError> {
    Ok(Ticket {
        id: TicketId(row.get("id")?),
        thread: ThreadId(row.get("thread")?),
        inbound: InboundId(row.get("inbound")?),
        state: row.word("state", TicketState::from_word)?,
        urgency: urgency_of(row)?,
        subject: row.get("subject")?,
        buyer: row.get("buyer")?,
        intent: row.get::<Option<String>>("intent")?.map(IntentId::new),
        reasons: row.json("reasons")?,
        tags: row.json("tags")?,
        assignee: row.get::<Option<String>>("assignee")?.map(AgentName::new),
        version: row.get("version")?,
        opened_at: row.moment("opened_at")?,
        changed_at: row.moment("changed_at")?,
        respond_by: row.maybe_moment("respond_by")?,
        claimed_at: row.maybe_moment("claimed_at")?,
        snoozed_until: row.maybe_moment("snoozed_until")?,
        merged_into: row.get::<Option<i64>>("merged_into")?.map(TicketId),
        result: maybe_word(row, "result", CloseResult::from_word)?,
        cause: row.get("cause")?,
        compensation: maybe_word(row, "compensation", |word| word.parse().ok())?,
    })
}

fn maybe_word<T>(row: &Row, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
    let Some(word) = row.get::<Option<&str>>(column)? else { return Ok(None) };
    read(word).map(Some).ok_or_else(|| row.damaged(&format!("{column} `{word}`")))
}

/// Urgency is kept as a number, so that the queue's order is an index's order.
pub(super) fn urgency_rank(urgency: Urgency) -> i64 {
    match urgency {
        Urgency::Normal => 0,
        Urgency::High => 1,
        Urgency::Urgent => 2,
    }
}

fn urgency_of(row: &Row) -> Result<Urgency, StoreError> {
    let rank: i64 = row.get("urgency")?;
    [Urgency::Normal, Urgency::High, Urgency::Urgent]
        .into_iter()
        .find(|urgency| urgency_rank(*urgency) == rank)
        .ok_or_else(|| row.damaged(&format!("urgency {rank}")))
}

async fn events(tx: &mut Tx, id: TicketId) -> Result<Vec<TicketEvent>, StoreError> {
    let rows = tx
        .all("SELECT at, actor, what, text, version FROM ticket_event WHERE ticket = $1 ORDER BY id", &[id.0.into()])
        .await?;
    rows.iter().map(event_of).collect()
}

pub(super) fn event_of(row: &Row) -> Result<TicketEvent, StoreError> {
    Ok(TicketEvent {
        at: row.moment("at")?,
        by: row.get("actor")?,
        what: row.word("what", EventKind::from_word)?,
        text: satisfaction::without_links(row.get("text")?),
        version: row.get("version")?,
    })
}

/// Returns the newest line of history behind that version which somebody must have seen to act; none if whatever happened
/// since is harmless, see [`EventKind::is_harmless`].
pub(super) async fn overtaken_since(
    tx: &mut Tx,
    id: TicketId,
    version: i64,
) -> Result<Option<TicketEvent>, StoreError> {
    let rows = tx
        .all(
            "SELECT at, actor, what, text, version FROM ticket_event
             WHERE ticket = $1 AND version > $2 ORDER BY id DESC",
            &[id.0.into(), version.into()],
        )
        .await?;
    let events: Vec<TicketEvent> = rows.iter().map(event_of).collect::<Result<_, _>>()?;
    Ok(events.into_iter().find(|event| !event.what.is_harmless()))
}

/// Returns the conversations of a ticket: its own, then those that go on in it.
pub(super) async fn threads_of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<ThreadId>, StoreError> {
    let rows = tx
        .all(
            "SELECT t.id FROM thread t WHERE t.id = $1 OR t.merged_into = $2
             ORDER BY CASE WHEN t.id = $1 THEN 0 ELSE 1 END, t.id",
            &[ticket.thread.0.into(), ticket.id.0.into()],
        )
        .await?;
    rows.iter().map(|row| row.get("id").map(ThreadId)).collect()
}

async fn last_verdict(tx: &mut Tx, thread: ThreadId) -> Result<Option<Verdict>, StoreError> {
    let row = tx
        .first(
            "SELECT v.record FROM inbound i JOIN verdict v ON v.inbound = i.id
             WHERE i.thread = $1 ORDER BY i.id DESC LIMIT 1",
            &[thread.0.into()],
        )
        .await?;
    row.map(|row| row.json("record")).transpose()
}

async fn last_text(tx: &mut Tx, thread: ThreadId) -> Result<Option<String>, StoreError> {
    let row = tx
        .first(
            "SELECT i.id FROM inbound i JOIN verdict v ON v.inbound = i.id
             WHERE i.thread = $1 ORDER BY i.id DESC LIMIT 1",
            &[thread.0.into()],
        )
        .await?;
    match row {
        Some(row) => burst::text(tx, InboundId(row.get("id")?)).await.map(Some),
        None => Ok(None),
    }
}

async fn last_inbound(tx: &mut Tx, thread: ThreadId) -> Result<Option<StoredInbound>, StoreError> {
    let row = tx
        .first(
            "SELECT i.id FROM inbound i
             WHERE i.thread = $1 AND i.in_sent = 0
             ORDER BY CASE WHEN i.outcome = 'suppressed' THEN 1 ELSE 0 END, i.id DESC LIMIT 1",
            &[thread.0.into()],
        )
        .await?;
    match row {
        Some(row) => inbound::one(tx, InboundId(row.get("id")?)).await,
        None => Ok(None),
    }
}

pub(super) async fn recipient(tx: &mut Tx, thread: ThreadId) -> Result<Recipient, StoreError> {
    let row = tx
        .one(
            "SELECT t.channel, t.account, t.participant, t.bot_off, b.name,
                    CASE WHEN b.language_set = 1 THEN b.language ELSE t.language END AS language,
                    (SELECT COUNT(*) FROM outbox o WHERE o.thread = t.id AND o.human = 1) AS human_messages
             FROM thread t LEFT JOIN buyer b ON b.key = t.participant WHERE t.id = $1",
            &[thread.0.into()],
        )
        .await?;
    Ok(Recipient {
        channel: row.word("channel", channel_of)?,
        account: AccountName::new(row.get::<String>("account")?),
        key: row.get("participant")?,
        name: row.get("name")?,
        language: language_of(&row, "language")?,
        human_messages: row.count("human_messages")?,
        bot_off: row.flag("bot_off")?,
    })
}

/// Returns the ticket of a thread that is not closed, its own or the one that it goes on in; an index makes sure that there
/// is at most one of its own, and a thread that goes on elsewhere has none.
pub(super) async fn open_of(tx: &mut Tx, thread: ThreadId) -> Result<Option<TicketId>, StoreError> {
    let row = tx
        .first(
            "SELECT k.id FROM ticket k
             WHERE k.state <> 'closed'
               AND (k.thread = $1 OR k.id = (SELECT t.merged_into FROM thread t WHERE t.id = $1))
             ORDER BY k.id DESC LIMIT 1",
            &[thread.0.into()],
        )
        .await?;
    row.map(|row| row.get("id").map(TicketId)).transpose()
}

/// Returns the conversation of the newest ticket of that sender in that account that is not closed.
pub(super) async fn of_sender(tx: &mut Tx, sender: &str, account: &str) -> Result<Option<ThreadId>, StoreError> {
    let row = tx
        .first(
            "SELECT k.thread FROM thread t JOIN ticket k ON k.thread = t.id AND k.state <> 'closed'
             WHERE t.participant = $1 AND t.account = $2 AND t.chat_key IS NULL ORDER BY k.id DESC LIMIT 1",
            &[index_key(sender).as_ref().into(), account.into()],
        )
        .await?;
    row.map(|row| row.get("thread").map(ThreadId)).transpose()
}

/// Returns the ticket that a message opened.
pub(super) async fn of_inbound(tx: &mut Tx, inbound: InboundId) -> Result<Option<TicketId>, StoreError> {
    let row = tx.first("SELECT id FROM ticket WHERE inbound = $1 ORDER BY id LIMIT 1", &[inbound.0.into()]).await?;
    row.map(|row| row.get("id").map(TicketId)).transpose()
}

/// Something a person must look at.
pub(super) struct Case<'a> {
    pub(super) thread: ThreadId,
    pub(super) inbound: InboundId,
    pub(super) urgency: Urgency,
    pub(super) reasons: &'a [String],
    pub(super) intent: Option<&'a IntentId>,
    pub(super) tags: &'a [String],
    pub(super) subject: &'a str,
    pub(super) buyer: &'a str,
    /// By when a person must have answered.
    pub(super) respond_by: Option<Timestamp>,
    pub(super) now: Timestamp,
}

/// Brings a case before people: extends the thread's open ticket, opens one again that was closed within thirty days,
/// or opens a new one. Writes the event that says so.
pub(super) async fn raise(tx: &mut Tx, case: &Case<'_>) -> Result<TicketId, StoreError> {
    let known = tx
        .first(
            "SELECT k.id FROM ticket k
             WHERE (k.thread = $1 OR k.id = (SELECT t.merged_into FROM thread t WHERE t.id = $1))
               AND k.merged_into IS NULL AND (k.state <> 'closed' OR k.closed_at >= $2)
             ORDER BY CASE WHEN k.state = 'closed' THEN 1 ELSE 0 END, k.id DESC LIMIT 1",
            &[case.thread.0.into(), (case.now - REOPEN_WINDOW).into()],
        )
        .await?;
    let why = case.reasons.join("\n");
    let Some(row) = known else {
        let id = open(tx, case).await?;
        // Where it went on was closed long ago.
        tx.execute(
            "UPDATE thread SET merged_into = NULL WHERE id = $1 AND merged_into IS NOT NULL",
            &[case.thread.0.into()],
        )
        .await?;
        note(tx, id, "nightdesk", EventKind::Opened, &why, case.now).await?;
        return Ok(id);
    };
    let id = TicketId(row.get("id")?);
    let ticket = load(tx, id).await?.ok_or_else(|| tx.missing("ticket", id.0))?;
    let what = if ticket.state == TicketState::Closed { EventKind::Reopened } else { EventKind::Opened };
    extend(tx, ticket, case).await?;
    note(tx, id, "nightdesk", what, &why, case.now).await?;
    Ok(id)
}

/// A message that was stored before and needs a person after all.
pub(super) struct Stored<'a> {
    pub(super) thread: ThreadId,
    pub(super) inbound: InboundId,
    pub(super) urgency: Urgency,
    pub(super) reason: &'a str,
    pub(super) now: Timestamp,
}

/// Brings a message before people that was stored before, by the names it was stored with. Returns the ticket and what
/// the buyer wrote.
pub(super) async fn raise_stored(tx: &mut Tx, stored: &Stored<'_>) -> Result<(TicketId, String), StoreError> {
    let row = tx
        .first("SELECT subject, text, sender_name, sender_key FROM inbound WHERE id = $1", &[stored.inbound.0.into()])
        .await?
        .ok_or_else(|| tx.missing("received message", stored.inbound.0))?;
    let word = |column| row.get::<Option<&str>>(column).map(Option::unwrap_or_default);
    let reasons = [stored.reason.to_owned()];
    let case = Case {
        thread: stored.thread,
        inbound: stored.inbound,
        urgency: stored.urgency,
        reasons: &reasons,
        intent: None,
        tags: &[],
        subject: &subject_of(word("subject")?, word("text")?),
        buyer: buyer_of(row.get("sender_name")?, row.get("sender_key")?),
        respond_by: respond_by(tx, stored.inbound).await?,
        now: stored.now,
    };
    let ticket = raise(tx, &case).await?;
    Ok((ticket, word("text")?.to_owned()))
}

/// Returns by when the message must be answered, as it was decided.
pub(super) async fn respond_by(tx: &mut Tx, inbound: InboundId) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.first("SELECT record FROM verdict WHERE inbound = $1", &[inbound.0.into()]).await?;
    let verdict: Option<Verdict> = row.map(|row| row.json("record")).transpose()?;
    Ok(verdict.and_then(|verdict| verdict.due).map(|due| due.at))
}

/// The same for a message that no ticket has told of yet: what the buyer wrote joins the history.
pub(super) async fn raise_untold(tx: &mut Tx, stored: &Stored<'_>) -> Result<TicketId, StoreError> {
    let (ticket, text) = raise_stored(tx, stored).await?;
    note(tx, ticket, "buyer", EventKind::Inbound, &text, stored.now).await?;
    Ok(ticket)
}

pub(super) async fn open(tx: &mut Tx, case: &Case<'_>) -> Result<TicketId, StoreError> {
    let (reasons, tags) = (tx.json(case.reasons)?, tx.json(case.tags)?);
    let row = tx
        .one(
            "INSERT INTO ticket (thread, inbound, state, urgency, subject, buyer, intent, reasons, tags, opened_at,
                                 changed_at, respond_by, account, grade_rank)
             VALUES ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $9, $9, $10,
                     (SELECT t.account FROM thread t WHERE t.id = $1),
                     (SELECT COALESCE(MAX(b.grade_rank), 0)
                      FROM thread t JOIN buyer b ON b.key = t.participant WHERE t.id = $1)) RETURNING id",
            &[
                case.thread.0.into(),
                case.inbound.0.into(),
                urgency_rank(case.urgency).into(),
                case.subject.into(),
                case.buyer.into(),
                case.intent.map(IntentId::as_str).into(),
                (&reasons).into(),
                (&tags).into(),
                case.now.into(),
                case.respond_by.map(Timestamp::as_millisecond).into(),
            ],
        )
        .await?;
    Ok(TicketId(row.get("id")?))
}

/// Adds a case to a ticket. A ticket that waits for the buyer or was closed is open again; a claimed one stays claimed.
async fn extend(tx: &mut Tx, ticket: Ticket, case: &Case<'_>) -> Result<(), StoreError> {
    let state = if ticket.state == TicketState::Claimed { TicketState::Claimed } else { TicketState::Open };
    let mut reasons = ticket.reasons;
    reasons.extend(case.reasons.iter().filter(|reason| !reasons.contains(reason)).cloned().collect::<Vec<_>>());
    reasons.truncate(MAX_REASONS);
    let mut tags = ticket.tags;
    tags.extend(case.tags.iter().filter(|tag| !tags.contains(tag)).cloned().collect::<Vec<_>>());
    let (reasons, tags) = (tx.json(&reasons)?, tx.json(&tags)?);
    // What the buyer waits for longest is due first; who was answered, or whose case was closed, waits anew.
    let respond_by = ticket.respond_by.into_iter().chain(case.respond_by).min();
    tx.execute(
        "UPDATE ticket SET state = $2, urgency = $3, intent = COALESCE($4, intent), reasons = $5, tags = $6,
           closed_at = NULL, snoozed_until = NULL, version = version + 1, changed_at = $7, respond_by = $8
         WHERE id = $1",
        &[
            ticket.id.0.into(),
            state.as_str().into(),
            urgency_rank(ticket.urgency.max(case.urgency)).into(),
            case.intent.map(IntentId::as_str).into(),
            (&reasons).into(),
            (&tags).into(),
            case.now.into(),
            respond_by.map(Timestamp::as_millisecond).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Writes a line of a ticket's history. The version rises, so that nobody acts on a history they have not seen.
pub(super) async fn note(
    tx: &mut Tx,
    ticket: TicketId,
    by: &str,
    what: EventKind,
    text: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = tx
        .one(
            "INSERT INTO ticket_event (ticket, at, actor, what, text, version)
             VALUES ($1, $2, $3, $4, $5, (SELECT k.version + 1 FROM ticket k WHERE k.id = $1)) RETURNING id",
            &[ticket.0.into(), now.into(), by.into(), what.as_str().into(), text.into()],
        )
        .await?;
    if FOUND_EVENTS.contains(&what) {
        indexing::queue(tx, DocumentKind::Event, row.get("id")?).await?;
    }
    tx.execute(
        "UPDATE ticket SET version = version + 1, changed_at = $2 WHERE id = $1",
        &[ticket.0.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// Takes back what a person wrote for a later hour: it was written without what the buyer has said by now. The ticket is
/// open again, and what was written stands in its history.
pub(super) async fn buyer_wrote(tx: &mut Tx, id: TicketId, now: Timestamp) -> Result<(), StoreError> {
    let Some(ticket) = load(tx, id).await? else { return Ok(()) };
    if !outbox::cancel_scheduled(tx, &ticket, BUYER_WROTE, now).await? {
        return Ok(());
    }
    tx.execute("UPDATE ticket SET state = 'open' WHERE id = $1 AND state = 'waiting'", &[id.0.into()]).await?;
    note(tx, id, "nightdesk", EventKind::TakenBack, BUYER_WROTE, now).await
}

/// Returns the subject, or the first words of a chat message.
pub(super) fn subject_of(subject: &str, text: &str) -> String {
    if !subject.trim().is_empty() {
        return subject.trim().to_owned();
    }
    let words = satisfaction::without_links(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SUBJECT_CHARACTERS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// Returns the buyer's name, or the address, for lists.
pub(super) fn buyer_of<'a>(name: Option<&'a str>, key: Option<&'a str>) -> &'a str {
    name.filter(|name| !name.trim().is_empty()).or(key).unwrap_or("(unknown sender)")
}
