//! What a person does to a ticket: the one form that all buttons of the page send, read and done.

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil};
use serde::Deserialize;

use crate::{
    console::{
        Shop, address,
        path::Path,
        problem::{Answer, Problem},
        ticket::{Asked, Kept, Notice, UNDONE, refusals},
        visit::{Visit, Visitor},
        when::Clock,
        words::{fill, refusal::Words},
    },
    model::{
        agent_command::{AgentCommand, Answer as Reply, Schedule},
        closing::{CloseResult, Closing, Compensation},
        ids::{AgentName, InboundId, TicketId},
        ticket::Urgency,
    },
    service::agents::{self, ActError, Wish},
    store::card::BuyerAct,
};

/// What the page sends. Every field may be missing, as each button sends its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    act: String,
    seen: Option<i64>,
    despite: String,
    pub(super) text: String,
    pub(super) from_draft: String,
    pub(super) when: String,
    pub(super) at: String,
    pub(super) note: String,
    pub(super) to: String,
    until: String,
    until_at: String,
    tag: String,
    urgency: String,
    pub(super) closing: String,
    pub(super) result: String,
    pub(super) cause: String,
    pub(super) compensation: String,
    into: String,
    message: Option<i64>,
    grade: String,
    pub(super) buyer_note: String,
    country: String,
    language: String,
}

/// What a button of the page means.
enum Meant {
    /// An act on the ticket.
    Act(AgentCommand),
    /// The last act is taken back.
    Undo,
    /// Something is said of the buyer.
    Buyer(BuyerAct),
}

/// Does what was asked and shows the ticket; what cannot be done is said above it, with everything that was typed kept.
pub(super) async fn act(
    State(shop): State<Shop>,
    visit: Visit,
    Path(ticket): Path<i64>,
    Query(asked): Query<Asked>,
    Form(sent): Form<Sent>,
) -> Answer {
    let visitor = visit.visitor()?;
    let id = TicketId(ticket);
    let clock = Clock::of(&shop, &visit);
    let words = Words::of(visit.tongue);
    let done = match meant(&sent, &clock, words) {
        Ok(Meant::Act(command)) => wish(&shop, visitor, id, &sent, command, &clock).await.map(|id| (id, "")),
        Ok(Meant::Undo) => undo(&shop, visitor, id, words).await.map(|id| (id, UNDONE)),
        Ok(Meant::Buyer(act)) => buyer(&shop, visitor, id, act, words).await.map(|id| (id, "")),
        Err(text) => Err(Stopped::refused(text)),
    };
    let stopped = match done {
        Ok((to, begin)) => {
            shop.handle.changes.happened();
            let to = address::with(&format!("/tickets/{to}"), &[("use", begin), ("list", &asked.list)]);
            return Ok(Redirect::to(&to).into_response());
        }
        Err(Stopped::Failed(problem)) => return Err(problem),
        Err(Stopped::Refused { status, text, confirm }) => (status, text, confirm),
    };
    let (status, text, confirm) = stopped;
    let confirm = if confirm { sent.fields() } else { Vec::new() };
    let kept = Kept { sent: Some(sent), notice: Some(Notice { text, confirm }), asked };
    let page: Response = super::page_of(&shop, &visit, id, &kept).await?;
    Ok((status, page).into_response())
}

/// Why nothing was done.
enum Stopped {
    /// The page says so above the ticket.
    Refused { status: StatusCode, text: String, confirm: bool },
    /// There is no page.
    Failed(Problem),
}

impl Stopped {
    fn refused(text: String) -> Self {
        Self::Refused { status: StatusCode::UNPROCESSABLE_ENTITY, text, confirm: false }
    }
}

async fn wish(
    shop: &Shop,
    visitor: &Visitor,
    id: TicketId,
    sent: &Sent,
    command: AgentCommand,
    clock: &Clock,
) -> Result<TicketId, Stopped> {
    let wish = Wish {
        by: visitor.name.clone(),
        ticket: id,
        seen: sent.seen,
        despite: sent.despite == "yes",
        command: command.clone(),
        accounts: visitor.accounts.clone(),
        once: None,
    };
    match agents::act(&shop.handle, &wish, clock.now).await {
        Ok(done) => Ok(match command {
            AgentCommand::Merge(into) => into,
            _ => done.made.unwrap_or(id),
        }),
        Err(ActError::Store(error)) => Err(Stopped::Failed(error.into())),
        Err(ActError::NoTicket(missing)) if missing == id => Err(Stopped::Failed(Problem::NotFound)),
        Err(error) => Err(Stopped::Refused {
            status: match &error {
                ActError::Conflict { .. } => StatusCode::CONFLICT,
                _ if error.may_be_confirmed() => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            },
            text: refusals::act(&error, clock, visitor.name.as_str()),
            confirm: error.may_be_confirmed(),
        }),
    }
}

async fn undo(shop: &Shop, visitor: &Visitor, id: TicketId, words: &Words) -> Result<TicketId, Stopped> {
    match agents::undo(&shop.handle, &visitor.name, id, Timestamp::now()).await {
        Ok(_) => Ok(id),
        Err(agents::UndoError::Store(error)) => Err(Stopped::Failed(error.into())),
        Err(error) => {
            Err(Stopped::Refused { status: StatusCode::CONFLICT, text: refusals::undo(&error, words), confirm: false })
        }
    }
}

async fn buyer(
    shop: &Shop,
    visitor: &Visitor,
    id: TicketId,
    act: BuyerAct,
    words: &Words,
) -> Result<TicketId, Stopped> {
    let act = act.checked().map_err(|bad| Stopped::refused(refusals::buyer(&bad, words)))?;
    let failed = |error: crate::store::error::StoreError| Stopped::Failed(error.into());
    let file = shop.handle.store.ticket(id).await.map_err(failed)?.ok_or(Stopped::Failed(Problem::NotFound))?;
    let key = &file.recipient.key;
    shop.handle.store.change_buyer(key, &visitor.name, &act, Timestamp::now()).await.map_err(failed)?;
    Ok(id)
}

/// Reads what a button means; the words say why it means nothing.
fn meant(sent: &Sent, clock: &Clock, words: &Words) -> Result<Meant, String> {
    let text = |text: &str| text.trim().replace("\r\n", "\n");
    let command = match sent.act.as_str() {
        "undo" => return Ok(Meant::Undo),
        "grade" => return Ok(Meant::Buyer(BuyerAct::Grade(Some(text(&sent.grade)).filter(|grade| !grade.is_empty())))),
        "country" => {
            return Ok(Meant::Buyer(BuyerAct::Country(Some(text(&sent.country)).filter(|code| !code.is_empty()))));
        }
        "language" => {
            let code = Some(sent.language.trim()).filter(|code| !code.is_empty()).map(str::parse).transpose();
            return Ok(Meant::Buyer(BuyerAct::Language(code.map_err(|_| words.unknown_act.to_owned())?)));
        }
        "buyer_note" => return Ok(Meant::Buyer(BuyerAct::Note(text(&sent.buyer_note)))),
        "claim" => AgentCommand::Claim,
        "release" => AgentCommand::Release,
        "assign" => AgentCommand::Assign(colleague(&sent.to, words)?),
        "reply" => AgentCommand::Reply(Reply {
            text: text(&sent.text),
            from_draft: sent.from_draft == "yes",
            schedule: schedule(sent, clock, words)?,
        }),
        "send_draft" => AgentCommand::SendDraft(schedule(sent, clock, words)?),
        "reject_draft" => AgentCommand::RejectDraft(text(&sent.text)),
        "cancel_reply" => AgentCommand::CancelReply,
        "note" => AgentCommand::Note(text(&sent.note)),
        "close" => AgentCommand::Close(closing(sent, words)?),
        "reopen" => AgentCommand::Reopen,
        "snooze" => AgentCommand::Snooze(snooze(sent, clock, words)?),
        "wake" => AgentCommand::Wake,
        "tag" => AgentCommand::Tag(sent.tag.clone()),
        "untag" => AgentCommand::Untag(sent.tag.clone()),
        "urgency" => AgentCommand::SetUrgency(Urgency::from_word(&sent.urgency).ok_or(words.unknown_act)?),
        "merge" => AgentCommand::Merge(number(&sent.into, words)?),
        "split" => AgentCommand::Split(InboundId(sent.message.ok_or(words.unknown_act)?)),
        "hand_back" => AgentCommand::HandBack,
        "bot_off" => AgentCommand::BotOff,
        "bot_on" => AgentCommand::BotOn,
        "stop" => AgentCommand::StopPending,
        _ => return Err(words.unknown_act.to_owned()),
    };
    Ok(Meant::Act(command))
}

fn colleague(typed: &str, words: &Words) -> Result<AgentName, String> {
    crate::model::agent::login_name(typed).map_err(|_| fill(words.no_colleague, &[typed.trim()]))
}

fn number(typed: &str, words: &Words) -> Result<TicketId, String> {
    let digits = typed.trim().trim_start_matches('#');
    digits.parse().map(TicketId).map_err(|_| fill(words.no_ticket, &[typed.trim()]))
}

fn schedule(sent: &Sent, clock: &Clock, words: &Words) -> Result<Schedule, String> {
    match sent.when.as_str() {
        "morning" => Ok(Schedule::BuyersMorning),
        "at" => clock.read(&sent.at).map(Schedule::At).ok_or_else(|| words.no_moment.to_owned()),
        _ => Ok(Schedule::Now),
    }
}

fn closing(sent: &Sent, words: &Words) -> Result<Closing, String> {
    let compensation = sent.compensation.trim();
    let compensation: Option<Compensation> = match compensation {
        "" => None,
        "无" => Some(Compensation::Nothing),
        written => Some(written.parse().map_err(|_| fill(words.bad_compensation, &[written]))?),
    };
    Ok(Closing {
        text: sent.closing.trim().replace("\r\n", "\n"),
        result: CloseResult::from_word(&sent.result),
        cause: Some(sent.cause.clone()).filter(|cause| !cause.is_empty()),
        compensation,
    })
}

/// When a ticket comes back: in an hour, tomorrow or next Monday at nine of the desk's clock, or at a moment of its own.
fn snooze(sent: &Sent, clock: &Clock, words: &Words) -> Result<Timestamp, String> {
    let no_moment = || words.no_moment.to_owned();
    let at_nine = |days: i64| {
        let date = clock.now.to_zoned(clock.zone.clone()).date().checked_add(days.days()).ok()?;
        Some(date.to_datetime(civil::time(9, 0, 0, 0)).to_zoned(clock.zone.clone()).ok()?.timestamp())
    };
    let until_monday = 7 - i64::from(clock.now.to_zoned(clock.zone.clone()).weekday().to_monday_zero_offset());
    match sent.until.as_str() {
        "hour" => Ok(clock.now + SignedDuration::from_hours(1)),
        "tomorrow" => at_nine(1).ok_or_else(no_moment),
        "week" => at_nine(until_monday).ok_or_else(no_moment),
        _ => clock.read(&sent.until_at).ok_or_else(no_moment),
    }
}

impl Sent {
    /// Returns everything that was sent, to be sent again with a confirmation. The version is that of the page that asks.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("act", &self.act),
            ("text", &self.text),
            ("from_draft", &self.from_draft),
            ("when", &self.when),
            ("at", &self.at),
            ("to", &self.to),
            ("until", &self.until),
            ("until_at", &self.until_at),
            ("closing", &self.closing),
            ("result", &self.result),
            ("cause", &self.cause),
            ("compensation", &self.compensation),
            ("into", &self.into),
        ];
        let mut fields: Vec<(&'static str, String)> =
            all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone())).collect();
        fields.extend(self.message.map(|message| ("message", message.to_string())));
        fields
    }
}
