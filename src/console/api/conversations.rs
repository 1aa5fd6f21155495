//! What needs no ticket: the list of what the machine answered, one conversation with the reasons, and the way to a ticket.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{
            Told,
            buyers::{self, BuyerCard},
            input::{Asked, page_size, place},
            problem::{ApiProblem, Code},
            ticket::{Item, WaitingText, item, waiting},
            why::{self, Why},
        },
        paging,
        path::Path,
        problem::Problem,
        visit::Visit,
    },
    desk::schedule,
    model::{
        delivery::DeliveryState,
        ids::{InboundId, IntentId, ThreadId},
        inbound::ChannelKind,
        ticket::TicketState,
    },
    service::openings,
    store::{
        answered::{Answered, MOST_ANSWERED},
        open_ticket::{Hands, OpenTicket, Opening},
    },
};

/// Messages of one page, if nobody asks for another number.
const LISTED: u32 = 50;

/// From which message on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Where the page begins: `next` of the page before. The newest without it.
    from: Option<String>,
    /// Messages of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A part of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnsweredList {
    /// The newest first.
    messages: Vec<AnsweredMessage>,
    /// Where the next page begins; none on the last one.
    next: Option<String>,
}

/// A message that the machine answered, or asked back about. Messages that were decided together are one.
#[derive(Debug, Serialize, ToSchema)]
struct AnsweredMessage {
    /// Its number.
    message: i64,
    /// Its conversation.
    conversation: i64,
    /// The ticket of the conversation that is not closed.
    ticket: Option<i64>,
    /// The mailbox or bot.
    account: String,
    /// How it came.
    channel: ChannelKind,
    /// When.
    received_at: Timestamp,
    /// The sender's name or address.
    from: String,
    /// The subject; empty for a chat.
    subject: String,
    /// The beginning of the text.
    preview: String,
    /// The code of the language it is in, if that was seen.
    language: Option<String>,
    /// The machine asked back for something that was missing.
    asked: bool,
    /// The beginning of what was answered.
    answer: String,
    /// The rules that answered, the most important first.
    rules: Vec<String>,
    /// Where the answer stands, as in a ticket's conversation; none where it lies elsewhere.
    state: Option<String>,
    /// When the answer left, or was written if it has not.
    answered_at: Option<Timestamp>,
}

/// One conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConversationDetail {
    /// Its number.
    id: i64,
    /// What it began with.
    subject: String,
    /// The mailbox or bot.
    account: String,
    /// The kind of channel.
    channel: ChannelKind,
    /// The code of its language, if known.
    language: Option<String>,
    /// The machine is switched off in it.
    bot_off: bool,
    /// Its ticket that is not closed, or the one that it goes on in: everything else is read and done there.
    ticket: Option<i64>,
    /// Its closed tickets, the newest first.
    closed_tickets: Vec<i64>,
    /// The message that a ticket of it begins with; none where nobody wrote.
    newest_message: Option<i64>,
    /// What the machine is about to say.
    pending: Option<WaitingText>,
    /// Who wrote.
    buyer: BuyerCard,
    /// Everything that was said, the oldest first; at most the newest 200 messages each way.
    conversation: Vec<Item>,
    /// Why the machine did with the newest twenty messages what it did, the newest first.
    decisions: Vec<MessageWhy>,
}

/// Why the machine did with a message what it did.
#[derive(Debug, Serialize, ToSchema)]
struct MessageWhy {
    /// The message.
    message: i64,
    /// The decision.
    why: Why,
}

/// The ticket that a message became.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenedTicket {
    /// Its number.
    ticket: i64,
    /// This call opened it, or opened it again; otherwise the conversation had it already, and nothing was changed.
    opened: bool,
}

/// What the machine answered.
#[utoipa::path(
    get, path = "/api/v1/answered", operation_id = "list_answered", tag = "conversations", params(Wanted),
    responses((status = 200, description = "A page of the list", body = AnsweredList))
)]
pub(super) async fn answered(
    State(shop): State<Shop>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Told<AnsweredList> {
    let limit = page_size(wanted.limit, LISTED, MOST_ANSWERED)?;
    let from = place(wanted.from.as_deref())?.map(InboundId);
    let found = shop.store.answered(visit.visitor()?.accounts.as_deref(), from, limit).await?;
    let next = paging::next(&found, limit, |answered| answered.message.id.0);
    Ok(Json(AnsweredList { messages: found.into_iter().map(line).collect(), next }))
}

fn line(answered: Answered) -> AnsweredMessage {
    let message = answered.message;
    AnsweredMessage {
        message: message.id.0,
        conversation: message.thread.0,
        ticket: message.ticket.map(|ticket| ticket.0),
        account: message.account.to_string(),
        channel: message.channel,
        received_at: message.received_at,
        from: message.sender,
        subject: message.subject,
        preview: message.preview,
        language: message.language.map(|code| code.to_string()),
        asked: answered.asked,
        answer: answered.answer,
        rules: answered.rules.iter().map(IntentId::to_string).collect(),
        state: answered.state.map(DeliveryState::as_str).map(str::to_owned),
        answered_at: answered.answered_at,
    }
}

/// One conversation, whether or not it has a ticket.
#[utoipa::path(
    get, path = "/api/v1/conversations/{thread}", operation_id = "get_conversation", tag = "conversations",
    params(("thread" = i64, Path, description = "The number of the conversation")),
    responses((status = 200, description = "The conversation", body = ConversationDetail))
)]
pub(super) async fn one(State(shop): State<Shop>, visit: Visit, Path(thread): Path<i64>) -> Told<ConversationDetail> {
    let visitor = visit.visitor()?;
    let found = shop.store.conversation(ThreadId(thread)).await?.ok_or(Problem::NotFound)?;
    let decisions = shop.store.explained(&found.timeline).await?;
    let engine = shop.live.engine();
    let language = found.recipient.language.or(found.card.language);
    let zone = schedule::buyers_zone(found.card.country.as_deref(), language, &engine.settings().desk.zone);
    let id = shop.store.buyer_of_key(&found.recipient.key).await?;
    let person = shop.store.person(&found.recipient.key, visitor.accounts.as_deref()).await?;
    let closed = found.tickets.iter().filter(|(_, state)| *state == TicketState::Closed);
    Ok(Json(ConversationDetail {
        id: found.id.0,
        subject: found.subject,
        account: found.recipient.account.to_string(),
        channel: found.recipient.channel,
        language: found.recipient.language.map(|code| code.to_string()),
        bot_off: found.recipient.bot_off,
        ticket: found.open.map(|ticket| ticket.0),
        closed_tickets: closed.map(|(ticket, _)| ticket.0).collect(),
        newest_message: found.newest.map(|message| message.0),
        pending: found.pending.as_ref().map(waiting),
        buyer: buyers::card(id, &found.card, &zone.zone, person),
        conversation: found.timeline.iter().map(item).collect(),
        decisions: decisions
            .iter()
            .map(|decision| MessageWhy {
                message: decision.message.0,
                why: why::of(decision.text.clone(), &decision.verdict, &engine),
            })
            .collect(),
    }))
}

/// Makes a ticket of a message that has none, which the token has from then on.
///
/// It is a take-over: the machine is silent in the conversation, and what it was about to say does not leave. A call that
/// is repeated is told the ticket again.
#[utoipa::path(
    post, path = "/api/v1/messages/{inbound}/ticket", operation_id = "take_over", tag = "conversations",
    params(("inbound" = i64, Path, description = "The number of the message")),
    responses((status = 200, description = "The ticket", body = OpenedTicket))
)]
pub(super) async fn take(State(shop): State<Shop>, visit: Visit, Path(inbound): Path<i64>) -> Told<OpenedTicket> {
    let visitor = visit.visitor()?;
    let message = InboundId(inbound);
    let accounts = visitor.accounts.as_deref();
    let wanted = OpenTicket { message, by: &visitor.name, hands: Hands::Own, accounts };
    match openings::open(&shop.handle, &wanted, Timestamp::now()).await? {
        Opening::Opened(ticket) => Ok(Json(OpenedTicket { ticket: ticket.0, opened: true })),
        Opening::Already(ticket) => Ok(Json(OpenedTicket { ticket: ticket.0, opened: false })),
        Opening::Gone => {
            shop.store.message(message).await?.ok_or(Problem::NotFound)?;
            let detail = "The message is not decided yet, or the shop itself wrote it; no ticket can be made of it.";
            Err(ApiProblem::new(Code::Refused, detail))
        }
    }
}
