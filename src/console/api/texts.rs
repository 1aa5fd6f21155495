//! The shop's replies as ready words for one ticket, with everything filled in and a warning where a shop should not say so.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{
            Told,
            input::{self, Asked},
            why::{self, QuotedFact},
        },
        path::Path,
        problem::Problem,
        visit::Visit,
    },
    desk::canned::Canned,
    model::ids::TicketId,
    service::canned,
};

/// How the texts are wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The code of the language in which `in_own_words` is told; the shop's first one without it.
    language: Option<String>,
}

/// Every reply of the shop for one ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TextList {
    /// Those that fit what the machine understood first, then the others by name.
    texts: Vec<ReadyText>,
}

/// A ready text.
#[derive(Debug, Serialize, ToSchema)]
struct ReadyText {
    /// The reply.
    reply: String,
    /// It answers what the machine understood.
    fits: bool,
    /// The words, to be sent with the act `reply`; none where something is missing that it needs.
    text: Option<String>,
    /// The code of the language they are in.
    language: Option<String>,
    /// Why they cannot be filled, in English.
    missing: Option<String>,
    /// Phrases in the words that a shop should not send: promises that others must keep, times without a date.
    doubtful: Vec<String>,
    /// Facts that the words quote.
    facts: Vec<QuotedFact>,
    /// The same in one's own language, where that is another one and it is written.
    in_own_words: Option<String>,
}

/// The shop's replies, filled with what is known of a ticket, in its language.
///
/// Nothing is sent. The act `reply` sends words, after reading what is `doubtful` in them.
#[utoipa::path(
    get, path = "/api/v1/tickets/{ticket}/texts", operation_id = "list_ready_texts", tag = "tickets",
    params(("ticket" = i64, Path, description = "The number of the ticket"), Wanted),
    responses((status = 200, description = "The texts", body = TextList))
)]
pub(super) async fn list(
    State(shop): State<Shop>,
    visit: Visit,
    Path(ticket): Path<i64>,
    Asked(wanted): Asked<Wanted>,
) -> Told<TextList> {
    visit.visitor()?;
    let own = wanted.language.map(|code| input::language(&code)).transpose()?;
    let file = shop.store.ticket(TicketId(ticket)).await?.ok_or(Problem::NotFound)?;
    let switched = shop.store.situation_switches().await?;
    let engine = shop.live.engine();
    let own = own.unwrap_or(engine.settings().default_language);
    let texts = canned::canned(&engine, &file, &switched, own, Timestamp::now());
    Ok(Json(TextList { texts: texts.into_iter().map(ready).collect() }))
}

fn ready(canned: Canned) -> ReadyText {
    let (filled, missing) = match canned.text {
        Ok(filled) => (Some(filled), None),
        Err(missing) => (None, Some(missing)),
    };
    ReadyText {
        reply: canned.reply.to_string(),
        fits: canned.fits,
        language: filled.as_ref().map(|filled| filled.language.to_string()),
        doubtful: filled.as_ref().map(|filled| filled.doubtful.clone()).unwrap_or_default(),
        facts: filled.as_ref().map(|filled| why::quoted(&filled.facts)).unwrap_or_default(),
        text: filled.map(|filled| filled.text),
        missing,
        in_own_words: canned.in_own_words,
    }
}
