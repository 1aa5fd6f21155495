//! One ticket with everything that its page shows.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{
            Told, buyers,
            buyers::BuyerCard,
            problem::ApiProblem,
            tickets::TicketHead,
            why::{self, Why},
        },
        path::Path,
        problem::Problem,
        visit::{Visit, Visitor},
    },
    desk::close,
    model::{
        ids::{IntentId, TicketId},
        inbound::ChannelKind,
        outbound::OutboundKind,
        ticket::EventKind,
    },
    service::agents,
    store::{
        ticket::TicketFile,
        timeline::{Came, Happened, Moment, Waiting, Went},
    },
};

/// One ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketDetail {
    ticket: TicketHead,
    /// The mailbox or bot.
    account: String,
    /// The kind of channel.
    channel: ChannelKind,
    /// The code of the conversation's language, if known.
    language: Option<String>,
    /// It cannot be closed without result, cause and compensation.
    accountable: bool,
    /// The machine is switched off in the conversation.
    bot_off: bool,
    /// Tickets that go on in this one.
    merged: Vec<i64>,
    /// The draft that waits for somebody.
    draft: Option<WaitingDraft>,
    /// What the machine is about to say.
    pending: Option<WaitingText>,
    /// A person's reply that waits for its hour.
    scheduled: Option<WaitingText>,
    /// The act that can still be taken back, by whoever did it.
    undo: Option<Undoable>,
    /// Who wrote.
    buyer: BuyerCard,
    /// Everything that was said and done, the oldest first; at most the newest 200 messages each way.
    conversation: Vec<Item>,
    /// Why the machine decided so on the newest message.
    why: Option<Why>,
}

/// A draft of the machine.
#[derive(Debug, Serialize, ToSchema)]
struct WaitingDraft {
    /// Its words.
    text: String,
    /// The rules it speaks for.
    rules: Vec<String>,
}

/// A message of ours that has not left.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitingText {
    /// Its words.
    text: String,
    /// When it leaves at the earliest.
    leaves_at: Timestamp,
}

/// An act that can be taken back.
#[derive(Debug, Serialize, ToSchema)]
struct Undoable {
    /// Who did it.
    by: String,
    /// What it was.
    what: EventKind,
    /// Until when.
    until: Timestamp,
}

/// One thing of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item {
    /// Somebody wrote to us, or somebody of the shop with another program.
    Received {
        /// When.
        at: Timestamp,
        /// Its number.
        message: i64,
        /// How it came.
        channel: ChannelKind,
        /// The sender's name or address.
        from: String,
        /// The shop itself wrote it: it lay in the Sent folder.
        in_sent: bool,
        /// The machine took it for machine mail.
        machine_mail: bool,
        /// The subject; empty for a chat.
        subject: String,
        /// The new text, without quote and signature.
        text: String,
    },
    /// We wrote.
    Written {
        /// When.
        at: Timestamp,
        /// Its number.
        message: i64,
        /// What it is to the buyer.
        kind: OutboundKind,
        /// Who wrote it; none for the machine.
        by: Option<String>,
        /// A person wrote it.
        human: bool,
        /// Its words.
        text: String,
        /// `held`, `ready`, `sending`, `retry_at`, `sent`, `verified_sent`, `uncertain`, `escalated`, `cancelled`.
        state: String,
        /// When it leaves at the earliest, if it waits.
        leaves_at: Option<Timestamp>,
        /// Why it is where it is; a server's words.
        reason: Option<String>,
    },
    /// Somebody did something; a note is one of `what`.
    Done {
        /// When.
        at: Timestamp,
        /// Who; `nightdesk` is the machine, `buyer` the buyer.
        by: String,
        /// What.
        what: EventKind,
        /// The note, or what it was about.
        text: String,
    },
}

/// One ticket: the conversation, notes and drafts, the deadline, the buyer, and why the machine left it to people.
#[utoipa::path(
    get, path = "/api/v1/tickets/{ticket}", operation_id = "get_ticket", tag = "tickets",
    params(("ticket" = i64, Path, description = "The number of the ticket")),
    responses((status = 200, description = "The ticket", body = TicketDetail))
)]
pub(super) async fn one(State(shop): State<Shop>, visit: Visit, Path(ticket): Path<i64>) -> Told<TicketDetail> {
    let now = Timestamp::now();
    let file = shop.store.ticket_at(TicketId(ticket), now).await?.ok_or(Problem::NotFound)?;
    Ok(Json(detail(&shop, visit.visitor()?, file, now).await?))
}

async fn detail(shop: &Shop, visitor: &Visitor, file: TicketFile, now: Timestamp) -> Result<TicketDetail, ApiProblem> {
    let engine = shop.live.engine();
    let zone = agents::buyers_zone(&engine, &file);
    let key = &file.recipient.key;
    let id = shop.store.buyer_of_key(key).await?;
    let person = shop.store.person(key, visitor.accounts.as_deref()).await?;
    Ok(TicketDetail {
        accountable: close::is_accountable(&file.ticket),
        account: file.recipient.account.to_string(),
        channel: file.recipient.channel,
        language: file.recipient.language.map(|code| code.to_string()),
        bot_off: file.bot_off,
        merged: file.merged.iter().map(|id| id.0).collect(),
        draft: file.draft.as_ref().map(|(_, payload)| WaitingDraft {
            text: payload.text().to_owned(),
            rules: file.draft_rules.iter().map(IntentId::to_string).collect(),
        }),
        pending: file.pending.as_ref().map(waiting),
        scheduled: file.scheduled.as_ref().map(waiting),
        undo: file.undoable.as_ref().filter(|undo| undo.until > now).map(|undo| Undoable {
            by: undo.by.to_string(),
            what: undo.what,
            until: undo.until,
        }),
        buyer: buyers::card(id, &file.card, &zone.zone, person),
        conversation: file.timeline.iter().map(item).collect(),
        why: why::newest(&file, &engine),
        ticket: TicketHead::of(file.ticket),
    })
}

pub(super) fn waiting(waiting: &Waiting) -> WaitingText {
    WaitingText { text: waiting.text.clone(), leaves_at: waiting.at }
}

pub(super) fn item(moment: &Moment) -> Item {
    match &moment.what {
        Happened::Came(came) => received(moment.at, came),
        Happened::Went(went) => written(moment.at, went),
        Happened::Did(event) => {
            Item::Done { at: moment.at, by: event.by.clone(), what: event.what, text: event.text.clone() }
        }
    }
}

fn received(at: Timestamp, came: &Came) -> Item {
    Item::Received {
        at,
        message: came.id.0,
        channel: came.channel,
        from: came.from.clone(),
        in_sent: came.in_sent,
        machine_mail: came.suppressed,
        subject: came.subject.clone(),
        text: came.text.clone(),
    }
}

fn written(at: Timestamp, went: &Went) -> Item {
    Item::Written {
        at,
        message: went.id.0,
        kind: went.kind,
        by: went.author.clone(),
        human: went.human,
        text: went.text.clone(),
        state: went.state.clone(),
        leaves_at: went.leaves_at,
        reason: went.reason.clone(),
    }
}
