//! What programs do to tickets: every act that people have, through the one function that people's acts go through.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{
            Told,
            input::Sent,
            problem::{ApiProblem, Code, Overtaken},
            tickets::TicketHead,
        },
        path::Path,
        problem::Problem,
        visit::{Visit, Visitor},
    },
    model::{
        agent_command::{AgentCommand, Answer, Once, Schedule},
        closing::{CloseResult, Closing, Compensation},
        ids::{AgentName, InboundId, TicketId},
        ticket::Urgency,
        wire_id::hex,
    },
    service::agents::{self, ActError, Done, UndoError, Wish},
};

/// The header that names an act.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest name of an act: a UUID has 36 characters.
const MAX_KEY: usize = 200;

/// What is to be done to a ticket.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActRequest {
    /// The act.
    act: Act,
    /// The version of the ticket that was looked at. What happened since is a conflict, unless it changes nothing that
    /// matters: a note, a label. Without it nothing is compared.
    #[serde(default)]
    seen: Option<i64>,
    /// Do it although something stands in the way that somebody decided to pass over: a colleague's ticket, a reply that
    /// waits for its hour, a moment after the deadline, another buyer's ticket to merge into, words that promise too much.
    #[serde(default)]
    despite: bool,
}

/// An act.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Act {
    /// Take the ticket.
    Claim {},
    /// Give it back to the queue.
    Release {},
    /// Give it to somebody who works here.
    Assign {
        /// The login name.
        to: String,
    },
    /// Answer the buyer. It leaves after ten seconds, in which `undo` takes it back, or at its hour.
    Reply {
        /// The words.
        text: String,
        /// They began as the draft.
        #[serde(default)]
        from_draft: bool,
        /// When it is to leave, if not at once.
        #[serde(default)]
        leaves_at: Option<Timestamp>,
        /// It is to leave in the next morning of the buyer's clock.
        #[serde(default)]
        buyers_morning: bool,
    },
    /// Send the draft as it stands.
    SendDraft {
        /// When it is to leave, if not at once.
        #[serde(default)]
        leaves_at: Option<Timestamp>,
        /// It is to leave in the next morning of the buyer's clock.
        #[serde(default)]
        buyers_morning: bool,
    },
    /// Throw the draft away.
    RejectDraft {
        /// Why; may be empty.
        #[serde(default)]
        reason: String,
    },
    /// Take back a reply that waits for its hour.
    CancelReply {},
    /// Write something for colleagues only.
    Note {
        /// The words.
        text: String,
    },
    /// End the case. A complaint or dispute needs result, cause and compensation.
    Close {
        /// In one's own words; may be empty.
        #[serde(default)]
        text: String,
        /// What came of it.
        #[serde(default)]
        result: Option<CloseResult>,
        /// Why it came to it, one of the shop's causes.
        #[serde(default)]
        cause: Option<String>,
        /// What it cost the shop: `none`, or `12.50 EUR`.
        #[serde(default)]
        compensation: Option<String>,
    },
    /// Open a case again that was closed or waits for the buyer.
    Reopen {},
    /// Out of the queue until then, or until the buyer writes.
    Snooze {
        /// Until when.
        until: Timestamp,
    },
    /// Back into the queue before its time.
    Wake {},
    /// Add a label.
    Tag {
        /// The label.
        tag: String,
    },
    /// Take a label away.
    Untag {
        /// The label.
        tag: String,
    },
    /// Say how soon somebody must look.
    Urgency {
        /// How soon.
        urgency: Urgency,
    },
    /// Let it go on in another ticket.
    Merge {
        /// That ticket.
        into: i64,
    },
    /// Let one message of it begin a ticket of its own.
    Split {
        /// The message.
        message: i64,
    },
    /// The machine may speak in this conversation again.
    HandBack {},
    /// The machine never speaks in this conversation until `bot_on`.
    BotOff {},
    /// The end of `bot_off`.
    BotOn {},
    /// Stop what the machine is about to say.
    StopPending {},
    /// Take back what this token did last to the ticket, within ten seconds.
    Undo {},
}

/// What an act led to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActDone {
    /// As it is afterwards.
    ticket: TicketHead,
    /// The ticket that a message of it began.
    made: Option<i64>,
    /// When the reply leaves that was written.
    leaves_at: Option<Timestamp>,
    /// Until when `undo` takes the act back.
    undo_until: Option<Timestamp>,
    /// The act was done before under the same `Idempotency-Key`; now nothing was. The ticket is as it is now.
    repeated: bool,
}

/// Does something to a ticket, as people do at the desk.
///
/// A program that may ask again, because it did not hear the answer, names each act in the header `Idempotency-Key`: an
/// act with a name is done once.
#[utoipa::path(
    post, path = "/api/v1/tickets/{ticket}/acts", operation_id = "act_on_ticket", tag = "tickets",
    params(
        ("ticket" = i64, Path, description = "The number of the ticket"),
        (
            "idempotency-key" = Option<String>, Header,
            description = "A name for the act, at most 200 visible ASCII characters, kept for a day; `undo` takes none"
        )
    ),
    request_body = ActRequest,
    responses((status = 200, description = "It is done", body = ActDone))
)]
pub(super) async fn act(
    State(shop): State<Shop>,
    visit: Visit,
    Path(ticket): Path<i64>,
    headers: HeaderMap,
    Sent(request): Sent<ActRequest>,
) -> Told<ActDone> {
    let (visitor, id, now) = (visit.visitor()?, TicketId(ticket), Timestamp::now());
    let once = once(&headers, &request)?;
    if let Act::Undo {} = request.act {
        return undo(&shop, visitor, id, once.as_ref(), now).await;
    }
    let (seen, despite) = (request.seen, request.despite);
    let command = command(request.act)?;
    let accounts = visitor.accounts.clone();
    let wish = Wish { by: visitor.name.clone(), ticket: id, seen, command, despite, accounts, once };
    let done = agents::act(&shop.handle, &wish, now).await.map_err(|error| refused(error, id))?;
    Ok(Json(done.into()))
}

impl From<Done> for ActDone {
    fn from(done: Done) -> Self {
        Self {
            ticket: TicketHead::of(done.ticket),
            made: done.made.map(|made| made.0),
            leaves_at: done.leaves_at.map(as_kept),
            undo_until: done.undo_until.map(as_kept),
            repeated: done.repeated,
        }
    }
}

/// Returns a moment as the store keeps it, to the millisecond, so that an act is told twice in the same words.
fn as_kept(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Reads the name of an act, and sums up what is asked for.
fn once(headers: &HeaderMap, request: &ActRequest) -> Result<Option<Once>, ApiProblem> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key.to_str().map(str::trim).unwrap_or_default();
    if !(1..=MAX_KEY).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let detail = format!("`Idempotency-Key` is no name: 1 to {MAX_KEY} visible ASCII characters, such as a UUID.");
        return Err(ApiProblem::invalid(detail));
    }
    let request = serde_json::to_vec(request).map_err(|error| Problem::Failed(error.to_string()))?;
    Ok(Some(Once { key: key.to_owned(), request: hex(&Sha256::digest(&request)), made: None }))
}

/// Takes the last act back. Asked for again, there is nothing left to take back.
async fn undo(shop: &Shop, visitor: &Visitor, id: TicketId, once: Option<&Once>, now: Timestamp) -> Told<ActDone> {
    if once.is_some() {
        return Err(ApiProblem::invalid("`undo` takes no `Idempotency-Key`: asked for twice, it is done once anyway."));
    }
    let ticket = agents::undo(&shop.handle, &visitor.name, id, now).await.map_err(|error| match error {
        UndoError::Store(error) => error.into(),
        error => ApiProblem::new(Code::Refused, format!("{error}.")),
    })?;
    let ticket = TicketHead::of(ticket);
    Ok(Json(ActDone { ticket, made: None, leaves_at: None, undo_until: None, repeated: false }))
}

/// Says why an act did not happen.
fn refused(error: ActError, id: TicketId) -> ApiProblem {
    let confirm = error.may_be_confirmed();
    match error {
        ActError::Store(error) => error.into(),
        ActError::NoTicket(missing) if missing == id => Problem::NotFound.into(),
        ActError::Conflict { ref ticket, ref last } => {
            let overtaken = Overtaken::of(ticket, last.as_deref());
            ApiProblem::conflict(
                overtaken,
                format!("Nothing was done: {error}. Read the ticket, and send its version as `seen`."),
            )
        }
        ActError::NameTaken(_) => ApiProblem::new(Code::KeyReused, format!("{error}.")),
        error if confirm => {
            let detail = format!("Nothing was done: {error}. `despite: true` does it all the same.");
            ApiProblem::new(Code::NeedsConfirmation, detail)
        }
        error => ApiProblem::new(Code::Refused, format!("{error}.")),
    }
}

fn command(act: Act) -> Result<AgentCommand, ApiProblem> {
    Ok(match act {
        Act::Claim {} => AgentCommand::Claim,
        Act::Release {} => AgentCommand::Release,
        Act::Assign { to } => AgentCommand::Assign(AgentName::new(to)),
        Act::Reply { text, from_draft, leaves_at, buyers_morning } => {
            let schedule = schedule(leaves_at, buyers_morning)?;
            AgentCommand::Reply(Answer { text: written(&text), from_draft, schedule })
        }
        Act::SendDraft { leaves_at, buyers_morning } => AgentCommand::SendDraft(schedule(leaves_at, buyers_morning)?),
        Act::RejectDraft { reason } => AgentCommand::RejectDraft(written(&reason)),
        Act::CancelReply {} => AgentCommand::CancelReply,
        Act::Note { text } => AgentCommand::Note(written(&text)),
        Act::Close { text, result, cause, compensation } => {
            let compensation = compensation.map(|written| compensated(&written)).transpose()?;
            AgentCommand::Close(Closing { text: written(&text), result, cause, compensation })
        }
        Act::Reopen {} => AgentCommand::Reopen,
        Act::Snooze { until } => AgentCommand::Snooze(until),
        Act::Wake {} => AgentCommand::Wake,
        Act::Tag { tag } => AgentCommand::Tag(tag),
        Act::Untag { tag } => AgentCommand::Untag(tag),
        Act::Urgency { urgency } => AgentCommand::SetUrgency(urgency),
        Act::Merge { into } => AgentCommand::Merge(TicketId(into)),
        Act::Split { message } => AgentCommand::Split(InboundId(message)),
        Act::HandBack {} => AgentCommand::HandBack,
        Act::BotOff {} => AgentCommand::BotOff,
        Act::BotOn {} => AgentCommand::BotOn,
        Act::StopPending {} => AgentCommand::StopPending,
        Act::Undo {} => return Err(ApiProblem::invalid("`undo` is no command.")),
    })
}

fn written(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

fn schedule(leaves_at: Option<Timestamp>, buyers_morning: bool) -> Result<Schedule, ApiProblem> {
    match (leaves_at, buyers_morning) {
        (None, false) => Ok(Schedule::Now),
        (None, true) => Ok(Schedule::BuyersMorning),
        (Some(at), false) => Ok(Schedule::At(at)),
        (Some(_), true) => {
            Err(ApiProblem::invalid("`leaves_at` and `buyers_morning` are two hours; send one of them."))
        }
    }
}

fn compensated(written: &str) -> Result<Compensation, ApiProblem> {
    written.parse().map_err(|bad| ApiProblem::invalid(format!("`compensation`: {bad}.")))
}
