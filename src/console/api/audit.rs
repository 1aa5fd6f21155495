//! The audit log: who came in, who was refused, who changed what may be done.

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
    },
    store::audit::{AuditEntry, AuditFilter, MAX_PAGE},
};

/// Entries of one page, if nobody asks for another number.
const LISTED: u32 = 100;

/// Which entries are wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only of this person or token (`token:erp`).
    actor: String,
    /// Only of this kind: `login`, `token_added`, …
    what: String,
    /// Only since that moment.
    since: Option<Timestamp>,
    /// Where the page begins: `next` of the page before. The newest without it.
    from: Option<String>,
    /// Entries of the page.
    #[param(minimum = 1, maximum = 499, default = 100)]
    limit: Option<u32>,
}

/// A part of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// The newest first.
    entries: Vec<AuditLine>,
    /// Where the next page begins; none on the last one.
    next: Option<String>,
}

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditLine {
    /// Rises with every entry.
    id: i64,
    /// When.
    at: Timestamp,
    /// Who.
    actor: String,
    /// What.
    what: String,
    /// To what or whom.
    text: String,
    /// The address they came from; empty for the terminal.
    address: String,
}

/// The audit log.
#[utoipa::path(
    get, path = "/api/v1/audit", operation_id = "list_audit", tag = "desk", params(Wanted),
    responses((status = 200, description = "A page of the log", body = AuditPage))
)]
pub(super) async fn list(State(shop): State<Shop>, Asked(wanted): Asked<Wanted>) -> Told<AuditPage> {
    // One more is read, to know whether there are more.
    let limit = page_size(wanted.limit, LISTED, MAX_PAGE - 1)?;
    let filter = AuditFilter {
        actor: wanted.actor.trim(),
        what: wanted.what.trim(),
        since: wanted.since,
        before: place(wanted.from.as_deref())?,
        limit: limit + 1,
    };
    let mut found = shop.store.audit_log(&filter).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Json(AuditPage { entries: found.into_iter().map(line).collect(), next }))
}

fn line(entry: AuditEntry) -> AuditLine {
    let AuditEntry { id, at, actor, what, text, address } = entry;
    AuditLine { id, at, actor, what, text, address }
}
