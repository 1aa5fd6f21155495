//! Figures of what came in and how it ended.

use axum::{Json, extract::State};
use serde::Deserialize;

use crate::{
    console::{
        Shop,
        api::{Told, input::Asked},
        reports,
        visit::Visit,
    },
    desk::figures::Report,
};

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
