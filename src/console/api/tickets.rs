//! Lists of tickets, in the order in which they are worked.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{
            Told,
            input::{self, Asked, page_size, place},
            problem::ApiProblem,
        },
        queue,
        visit::Visit,
    },
    model::{
        closing::CloseResult,
        ids::{AgentName, IntentId},
        inbound::ChannelKind,
        ticket::{Ticket, TicketState, Urgency},
    },
    store::queue::{Listed, MOST_LISTED, Mark, Narrowed, View},
};

/// Tickets of one page, if nobody asks for another number.
const LISTED: u32 = 50;

/// What is to be listed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Which list; `all` if none is named, which is everything that is not closed.
    view: Option<View>,
    /// Only this person's, or this token's (`token:erp`).
    assignee: Option<String>,
    /// Only with this label.
    tag: Option<String>,
    /// Only of this intent, which is the id of a rule.
    intent: Option<String>,
    /// Only in this language, by its code.
    language: Option<String>,
    /// Only through this kind of channel.
    channel: Option<ChannelKind>,
    /// Only in this state.
    state: Option<TicketState>,
    /// Where the page begins: `next` of the page before. The first page without it.
    from: Option<String>,
    /// Tickets of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketList {
    /// In the order in which they are to be worked.
    tickets: Vec<TicketLine>,
    /// Where the next page begins; none on the last one.
    next: Option<String>,
}

/// One ticket of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketLine {
    ticket: TicketHead,
    /// The mailbox or bot.
    account: String,
    /// The kind of channel.
    channel: ChannelKind,
    /// The code of the conversation's language, if known.
    language: Option<String>,
    /// The grade that the shop gave the buyer.
    grade: Option<String>,
    /// The beginning of the buyer's newest message.
    preview: String,
    /// A draft of the machine waits for somebody.
    has_draft: bool,
    /// When a reply leaves that waits for its hour.
    leaves_at: Option<Timestamp>,
}

/// What every ticket has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketHead {
    /// Its number.
    id: i64,
    /// Rises with every change; send it back as `seen`.
    version: i64,
    /// Where it stands.
    state: TicketState,
    /// How soon somebody must look.
    urgency: Urgency,
    /// The subject, or the first words of a chat message.
    subject: String,
    /// The buyer's name or address.
    buyer: String,
    /// What it is about, the id of a rule.
    intent: Option<String>,
    /// Why the machine left it to people.
    reasons: Vec<String>,
    /// Its labels.
    tags: Vec<String>,
    /// Who has it.
    assignee: Option<String>,
    /// When it was opened.
    opened_at: Timestamp,
    /// When anything last changed.
    changed_at: Timestamp,
    /// By when somebody must have answered; none where no clock runs.
    respond_by: Option<Timestamp>,
    /// Since when `assignee` has it.
    claimed_at: Option<Timestamp>,
    /// Out of the queue until then.
    snoozed_until: Option<Timestamp>,
    /// It goes on in that ticket.
    merged_into: Option<i64>,
    /// What came of it when it was closed last.
    result: Option<CloseResult>,
    /// Why it came to it, one of the shop's causes.
    cause: Option<String>,
    /// What it cost the shop: `none`, or `12.50 EUR`.
    compensation: Option<String>,
}

impl TicketHead {
    /// Tells of a ticket.
    pub(super) fn of(ticket: Ticket) -> Self {
        Self {
            id: ticket.id.0,
            version: ticket.version,
            state: ticket.state,
            urgency: ticket.urgency,
            subject: ticket.subject,
            buyer: ticket.buyer,
            intent: ticket.intent.map(|intent| intent.to_string()),
            reasons: ticket.reasons,
            tags: ticket.tags,
            assignee: ticket.assignee.map(|assignee| assignee.to_string()),
            opened_at: ticket.opened_at,
            changed_at: ticket.changed_at,
            respond_by: ticket.respond_by,
            claimed_at: ticket.claimed_at,
            snoozed_until: ticket.snoozed_until,
            merged_into: ticket.merged_into.map(|into| into.0),
            result: ticket.result,
            cause: ticket.cause,
            compensation: ticket.compensation.map(|compensation| compensation.to_string()),
        }
    }
}

/// Tickets, what must be worked first first.
///
/// The lists of the console's queue. Tickets of accounts that the token does not reach are not in them.
#[utoipa::path(
    get, path = "/api/v1/tickets", operation_id = "list_tickets", tag = "tickets", params(Wanted),
    responses((status = 200, description = "A page of the list", body = TicketList))
)]
pub(super) async fn list(State(shop): State<Shop>, visit: Visit, Asked(wanted): Asked<Wanted>) -> Told<TicketList> {
    let visitor = visit.visitor()?;
    let limit = page_size(wanted.limit, LISTED, MOST_LISTED)?;
    let from: Option<Mark> = place(wanted.from.as_deref())?;
    let view = wanted.view.unwrap_or(View::All);
    let narrowed = narrowed(wanted)?;
    let found = shop.store.queue(view, queue::viewer(visitor), &narrowed, from, limit, Timestamp::now()).await?;
    Ok(Json(TicketList {
        tickets: found.tickets.into_iter().map(line).collect(),
        next: found.next.map(|next| next.to_string()),
    }))
}

fn narrowed(wanted: Wanted) -> Result<Narrowed, ApiProblem> {
    Ok(Narrowed {
        assignee: wanted.assignee.map(AgentName::new),
        tag: wanted.tag,
        intent: wanted.intent.map(IntentId::new),
        language: wanted.language.map(|code| input::language(&code)).transpose()?,
        channel: wanted.channel,
        state: wanted.state,
    })
}

fn line(listed: Listed) -> TicketLine {
    TicketLine {
        ticket: TicketHead::of(listed.ticket),
        account: listed.account.to_string(),
        channel: listed.channel,
        language: listed.language.map(|code| code.to_string()),
        grade: listed.grade,
        preview: listed.preview,
        has_draft: listed.draft,
        leaves_at: listed.leaves_at,
    }
}
