//! Search over everything that was ever said.

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
        visit::Visit,
    },
    desk::search::Piece,
    model::{search::DocumentKind, ticket::TicketState},
    service::search::{self, Found},
    store::search::{MOST_FOUND, SearchScope},
};

/// Texts looked at for one page, if nobody asks for another number.
const FOUND: u32 = 30;

/// What is searched for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Words as people type them: `"in a row"`, `-without`, `ord*`, `from:ana`, `tag:late`, `in:open`, `#12`.
    q: String,
    /// Where the page begins: `next` of the page before. The newest without it.
    from: Option<String>,
    /// Texts of the page; those of one conversation are told once.
    #[param(minimum = 1, maximum = 100, default = 30)]
    limit: Option<u32>,
}

/// A part of what was found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SearchResults {
    /// The newest first.
    results: Vec<SearchResult>,
    /// Where the next page begins; none on the last one. A page may be empty and still go on.
    next: Option<String>,
}

/// One conversation, by the newest of its texts that fit.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SearchResult {
    /// What the text is.
    kind: DocumentKind,
    /// The conversation it belongs to; none of machine mail that belongs to none.
    conversation: Option<i64>,
    /// The ticket it belongs to.
    ticket: Option<i64>,
    /// Where that one stands.
    state: Option<TicketState>,
    /// The message, where it is one that came in.
    message: Option<i64>,
    /// The mailbox or bot.
    account: String,
    /// When it was written.
    at: Timestamp,
    /// Who wrote it; `nightdesk` is the machine.
    by: String,
    /// The buyer.
    buyer: String,
    /// The buyer's number, where it is a note about one.
    buyer_id: Option<i64>,
    /// The subject, in pieces.
    subject: Vec<Piece>,
    /// The part of the text that shows why it was found, in pieces.
    excerpt: Vec<Piece>,
    /// How many older texts of the same conversation fit as well, on this page.
    more: u32,
}

/// Searches messages, answers and notes.
///
/// Chinese, Japanese and Korean are found by any part of a text. Docs: docs/search.md.
#[utoipa::path(
    get, path = "/api/v1/search", operation_id = "search", tag = "search", params(Wanted),
    responses((status = 200, description = "What was found", body = SearchResults))
)]
pub(super) async fn find(State(shop): State<Shop>, visit: Visit, Asked(wanted): Asked<Wanted>) -> Told<SearchResults> {
    let visitor = visit.visitor()?;
    let scope = SearchScope {
        accounts: visitor.accounts.as_deref(),
        before: place(wanted.from.as_deref())?,
        limit: page_size(wanted.limit, FOUND, MOST_FOUND)?,
    };
    let found = search::find(&shop.store, &wanted.q, scope).await?;
    Ok(Json(SearchResults {
        results: found.found.into_iter().map(result).collect(),
        next: found.next.map(|next| next.to_string()),
    }))
}

fn result(found: Found) -> SearchResult {
    let Found { hit, subject, excerpt, more } = found;
    SearchResult {
        kind: hit.kind,
        conversation: hit.thread.map(|thread| thread.0),
        ticket: hit.ticket.map(|ticket| ticket.0),
        state: hit.state,
        message: (hit.kind == DocumentKind::Inbound).then_some(hit.source),
        account: hit.account.to_string(),
        at: hit.at,
        by: hit.by,
        buyer_id: hit.noted.map(|buyer| buyer.0),
        buyer: hit.buyer,
        subject,
        excerpt,
        more,
    }
}
