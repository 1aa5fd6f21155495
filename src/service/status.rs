//! Health and readiness over HTTP, for people and for process managers. Loopback by default; it tells no names.

use std::{net::SocketAddr, sync::Arc};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use jiff::Timestamp;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    service::{ServiceError, accounts::Accounts},
    store::{Store, error::StoreError, status::Counts},
};

/// What the pages look at.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub store: Store,
    pub accounts: Arc<Accounts>,
    pub started: Timestamp,
}

/// What `/status` says.
#[derive(Debug, Serialize)]
struct Status {
    started: Timestamp,
    paused: Option<String>,
    accounts: Vec<String>,
    counts: Counts,
}

/// Takes the port, so that a taken one is an error before anything else starts.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, ServiceError> {
    TcpListener::bind(address).await.map_err(|source| ServiceError::Status { address, source })
}

/// Serves until told to stop: `/healthz` (the process answers), `/readyz` (the store answers), `/status` (counts).
pub(super) async fn serve(listener: TcpListener, page: Page, stop: CancellationToken) {
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/status", get(status))
        .with_state(page);
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await;
    if let Err(error) = served {
        tracing::error!("the status page ended: {error}");
    }
}

async fn ready(State(page): State<Page>) -> (StatusCode, String) {
    match page.store.paused().await {
        Ok(None) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(Some(reason)) => (StatusCode::OK, format!("ready, paused: {reason}\n")),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")),
    }
}

async fn status(State(page): State<Page>) -> Result<Json<Status>, (StatusCode, String)> {
    let failed = |error: StoreError| (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n"));
    let counts = page.store.counts().await.map_err(failed)?;
    let paused = page.store.paused().await.map_err(failed)?;
    let accounts = page.accounts.names();
    Ok(Json(Status { started: page.started, paused, accounts, counts }))
}
