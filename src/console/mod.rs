//! The console: the desk in a browser. Pages are made here, on the server; they work without JavaScript.
//!
//! `router` lists every route with who may use it, [`guard`] lets a visitor through or not, and one file for each area
//! reads the store, calls `service` for what people do, and fills the templates of `pages/`. Nothing is decided here:
//! acts go through [`crate::service::agents`], so that the terminal, the mail and the browser obey the same rules.

mod address;
mod answered;
mod api;
mod assets;
mod audit;
mod buyers;
mod clock;
mod configuration;
mod events;
mod explained;
mod few;
mod fields;
mod files;
mod frame;
pub mod guard;
mod help;
mod labels;
mod login;
mod machine;
mod message_line;
mod order_line;
mod other_address;
mod paging;
mod path;
mod people;
pub mod playground;
pub mod practice;
mod problem;
mod problems;
mod profile;
mod quarantine;
mod queue;
mod rating;
mod reports;
mod router;
mod rules;
mod search;
pub mod settings;
pub mod setup;
mod shell;
mod situations;
pub mod streams;
mod ticket;
pub mod tokens;
mod unrecognized;
mod visit;
mod when;
mod words;

use std::{
    future::{Future, IntoFuture as _},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    console::{guard::Door, playground::Busy, practice::Practice, settings::Settings},
    library::{live::Live, shelf::Shelf},
    service::{accounts::Accounts, handle::Handle},
    store::Store,
};

/// How long answers under way may take after a stop.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// What every page can reach. Clones share everything.
#[derive(Debug, Clone)]
pub struct Shop {
    /// The store.
    pub store: Store,
    /// The rules and replies in force.
    pub live: Arc<Live>,
    /// Mailboxes and bots.
    pub accounts: Arc<Accounts>,
    /// What acts of people need.
    pub handle: Handle,
    /// What the configuration says of the console.
    pub settings: Arc<Settings>,
    /// The shop's name, as it signs.
    pub name: Arc<str>,
    /// The seller's files as they are now.
    pub shelf: Arc<Shelf>,
    /// Whose messages are being tried out.
    pub busy: Busy,
    /// Practice conversations.
    pub practice: Practice,
    /// What is remembered of tries to come in.
    pub door: Door,
}

/// The console has no port.
#[derive(Debug, thiserror::Error)]
#[error("the console cannot listen on {address}: {source}; set `console.listen` to a free port of this machine")]
pub struct BindError {
    /// Where.
    pub address: SocketAddr,
    /// The system's words.
    pub source: std::io::Error,
}

/// Returns method and path of every route, with the names of parameters in braces: what tests of access try.
pub fn routes() -> Vec<(String, &'static str)> {
    router::routes().into_iter().map(|entry| (entry.method.to_string(), entry.path)).collect()
}

/// Returns the OpenAPI file of the JSON API, as it is served and kept in `docs/openapi.json`.
pub fn openapi() -> &'static str {
    api::description::text()
}

/// Takes the port, so that a taken one is an error before anything else starts.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| BindError { address, source })
}

/// Returns the task that serves the console until it is told to stop. A browser that keeps its connection open, as pages
/// with live updates do, holds nobody up.
pub fn serve(listener: TcpListener, shop: Shop, stop: CancellationToken) -> impl Future<Output = ()> + Send {
    if shop.settings.is_https() && shop.settings.trusted_proxies.is_empty() {
        tracing::warn!(
            "browsers come through a proxy that is not in `console.trusted_proxies`: everybody seems to have its address"
        );
    }
    // Doing nothing to a connection: axum knows the address of the other side only of its own kinds of listeners.
    let listener = axum::serve::ListenerExt::tap_io(few::Few::new(listener), |_| ());
    let service = router::build(shop).into_make_service_with_connect_info::<SocketAddr>();
    let stopped = stop.clone();
    let served = axum::serve(listener, service).with_graceful_shutdown(async move { stopped.cancelled().await });
    async move {
        let last_answers = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_ANSWERS).await;
        };
        tokio::select! {
            served = served.into_future() => if let Err(error) = served {
                tracing::error!("the console ended: {error}");
            },
            () = last_answers => {}
        }
    }
}
