//! The quarantine: messages that could not be read or decided, and deciding them again, for editors as in the browser.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{
            Told,
            input::{Asked, page_size, place},
            problem::{ApiProblem, Code},
        },
        paging,
        path::Path,
        problem::Problem,
        visit::Visit,
    },
    model::ids::InboundId,
    store::quarantine::{Cause, Quarantined, Rerun},
};

/// Messages of one page, if nobody asks for another number.
const LISTED: u32 = 50;

/// The most messages one page holds, as of every list.
const MOST_LISTED: u32 = 200;

/// Which messages, and from which one on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Also those that were decided on after all.
    #[param(default = false)]
    all: bool,
    /// Where the page begins: `next` of the page before. The newest without it.
    from: Option<String>,
    /// Messages of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A part of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuarantineList {
    /// The newest first.
    messages: Vec<QuarantinedMessage>,
    /// Where the next page begins; none on the last one.
    next: Option<String>,
}

/// A message that could not be read or decided.
#[derive(Debug, Serialize, ToSchema)]
struct QuarantinedMessage {
    /// Its number; `/api/v1/messages/{inbound}/raw` has its bytes.
    message: i64,
    /// The ticket that asks a person.
    ticket: i64,
    /// The mailbox or bot.
    account: String,
    /// Its size on the server, in bytes.
    size: u64,
    /// Why, in a word.
    cause: Cause,
    /// Why, in a sentence for people, in English.
    reason: String,
    /// When it was put aside.
    put_at: Timestamp,
    /// How often it was decided again.
    reruns: u32,
    /// It waits to be decided again.
    waits: bool,
    /// When a later run decided on it after all; none while it is in quarantine.
    left_at: Option<Timestamp>,
}

/// A message that is decided again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Redecided {
    /// The ticket that the result joins.
    ticket: i64,
}

/// Messages that could not be read or decided. For editors.
#[utoipa::path(
    get, path = "/api/v1/quarantine", operation_id = "list_quarantine", tag = "conversations", params(Wanted),
    responses((status = 200, description = "A page of the list", body = QuarantineList))
)]
pub(super) async fn list(State(shop): State<Shop>, visit: Visit, Asked(wanted): Asked<Wanted>) -> Told<QuarantineList> {
    let limit = page_size(wanted.limit, LISTED, MOST_LISTED)?;
    let from = place(wanted.from.as_deref())?.map(InboundId);
    let found = shop.store.quarantined(wanted.all, visit.visitor()?.accounts.as_deref(), from, limit).await?;
    let next = paging::next(&found, limit, |message| message.id.0);
    Ok(Json(QuarantineList { messages: found.into_iter().map(line).collect(), next }))
}

fn line(message: Quarantined) -> QuarantinedMessage {
    QuarantinedMessage {
        message: message.id.0,
        ticket: message.ticket.0,
        account: message.account.to_string(),
        size: message.size,
        cause: message.cause,
        reason: message.reason,
        put_at: message.put_at,
        reruns: message.reruns,
        waits: message.waits,
        left_at: message.left_at,
    }
}

/// Has a message of the quarantine decided again, as after an upgrade. For editors.
///
/// The service does so next, and the result joins the message's ticket. Repeated before that, the call changes nothing.
#[utoipa::path(
    post, path = "/api/v1/quarantine/{inbound}/rerun", operation_id = "decide_again", tag = "conversations",
    params(("inbound" = i64, Path, description = "The number of the message")),
    responses((status = 200, description = "It is decided again", body = Redecided))
)]
pub(super) async fn rerun(State(shop): State<Shop>, visit: Visit, Path(inbound): Path<i64>) -> Told<Redecided> {
    let (visitor, message) = (visit.visitor()?, InboundId(inbound));
    match shop.store.rerun(message, visitor.name.as_str(), Timestamp::now()).await? {
        Rerun::Waits(ticket) => Ok(Json(Redecided { ticket: ticket.0 })),
        Rerun::NotInQuarantine => {
            shop.store.message(message).await?.ok_or(Problem::NotFound)?;
            Err(ApiProblem::new(Code::Refused, "The message is not in quarantine, or was decided on already."))
        }
        Rerun::Answered => Err(ApiProblem::new(
            Code::Refused,
            "Something was sent because of this message; a second decision could answer twice.",
        )),
    }
}
