//! Figures of what came in and how it ended, and the messages that no rule knew.

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
        },
        paging, reports,
        visit::Visit,
    },
    desk::{complaints::CauseLine, figures::Report},
    model::{ids::InboundId, inbound::ChannelKind},
    store::{listed_message::ListedMessage, unrecognized::MOST_UNRECOGNIZED},
};

/// Messages of one page, if nobody asks for another number.
const LISTED: u32 = 50;

/// What the figures are of.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Since when: `7d`, `28d`, `night`, or a day such as `2026-11-01`. Seven days without it, 93 at most.
    since: String,
    /// Only this account; all that the token reaches without it.
    account: String,
}

/// What messages are wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WantedMessages {
    /// Since when: `7d`, `28d`, `night`, or a day such as `2026-11-01`. Seven days without it, 93 at most.
    since: String,
    /// Only this account; all that the token reaches without it.
    account: String,
    /// Where the page begins: `next` of the page before. The newest without it.
    from: Option<String>,
    /// Messages of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// What complaints and disputes came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Complaints {
    /// Those closed in that time, by cause, the most frequent first.
    causes: Vec<CauseLine>,
}

/// A part of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnrecognizedList {
    /// The newest first.
    messages: Vec<UnrecognizedMessage>,
    /// Where the next page begins; none on the last one.
    next: Option<String>,
}

/// A message in which no rule recognized anything. Messages that were decided together are one.
#[derive(Debug, Serialize, ToSchema)]
struct UnrecognizedMessage {
    /// Its number.
    message: i64,
    /// Its conversation.
    conversation: i64,
    /// The newest ticket of the conversation.
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
}

/// What came in, how it ended, and how long buyers waited.
///
/// The numbers of the console's page *Reports*; docs/reports.md says how each is counted.
#[utoipa::path(
    get, path = "/api/v1/reports", operation_id = "get_reports", tag = "desk", params(Wanted),
    responses((status = 200, description = "The figures", body = Report))
)]
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Asked(wanted): Asked<Wanted>) -> Told<Report> {
    let asked = reports::Asked { since: wanted.since, account: wanted.account };
    Ok(Json(reports::count(&shop, &visit, &asked).await?.report))
}

/// Why it came to complaints and disputes, what came of them, and what they cost.
#[utoipa::path(
    get, path = "/api/v1/reports/complaints", operation_id = "get_complaints", tag = "desk", params(Wanted),
    responses((status = 200, description = "The figures", body = Complaints))
)]
pub(super) async fn complaints(
    State(shop): State<Shop>,
    visit: Visit,
    Asked(wanted): Asked<Wanted>,
) -> Told<Complaints> {
    let asked = reports::Asked { since: wanted.since, account: wanted.account };
    let (days, accounts) = reports::wanted(&shop, &visit, &asked, Timestamp::now())?;
    Ok(Json(Complaints { causes: reports::causes(&shop, &days, accounts.as_deref()).await? }))
}

/// What no rule knew: the messages that `unrecognized` of the figures counts.
#[utoipa::path(
    get, path = "/api/v1/reports/unrecognized", operation_id = "list_unrecognized", tag = "desk",
    params(WantedMessages),
    responses((status = 200, description = "A page of the list", body = UnrecognizedList))
)]
pub(super) async fn unrecognized(
    State(shop): State<Shop>,
    visit: Visit,
    Asked(wanted): Asked<WantedMessages>,
) -> Told<UnrecognizedList> {
    let limit = page_size(wanted.limit, LISTED, MOST_UNRECOGNIZED)?;
    let from = place(wanted.from.as_deref())?.map(InboundId);
    let asked = reports::Asked { since: wanted.since, account: wanted.account };
    let (days, accounts) = reports::wanted(&shop, &visit, &asked, Timestamp::now())?;
    let found = shop.store.unrecognized(&days, accounts.as_deref(), from, limit).await?;
    let next = paging::next(&found, limit, |message| message.id.0);
    Ok(Json(UnrecognizedList { messages: found.into_iter().map(line).collect(), next }))
}

fn line(message: ListedMessage) -> UnrecognizedMessage {
    UnrecognizedMessage {
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
    }
}
