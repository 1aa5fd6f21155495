//! How the desk stands: accounts, rules, what waits.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::Told,
        visit::{Visit, Visitor},
    },
    library::live::Standing,
    store::{queue::View, status::Counts},
};

/// How the desk stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// The release of the program.
    version: String,
    /// When this was said.
    at: Timestamp,
    /// Why the whole shop is paused, if it is.
    paused: Option<String>,
    /// A backup was put back: nothing that may have been answered before is answered by itself.
    restoring_since: Option<Timestamp>,
    rules: RulesInForce,
    /// The accounts that the token reaches.
    accounts: Vec<AccountHealth>,
    /// How many tickets each list holds for the token, 1000 at most; `answered`, `machine_mail` and `quarantine` are messages.
    queue: BTreeMap<String, u32>,
    /// Counts of the whole shop; none for a token that is limited to accounts.
    counts: Option<Counts>,
}

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
struct RulesInForce {
    /// The hash that every decision records.
    rule_set: String,
    /// How many there are.
    rules: usize,
    /// Since when.
    in_force_since: Timestamp,
    /// The files were edited and cannot be used: what is wrong with them first.
    stale: Option<StaleFiles>,
    /// Parts of the configuration that changed and need a restart.
    restart_to_apply: Vec<String>,
}

/// Files that cannot be used.
#[derive(Debug, Serialize, ToSchema)]
struct StaleFiles {
    /// Since when.
    since: Timestamp,
    /// How many errors there are.
    errors: usize,
    /// The first one with its place.
    first: String,
}

/// One mailbox or bot, as the process that serves the console sees it.
#[derive(Debug, Serialize, ToSchema)]
struct AccountHealth {
    /// Its name.
    name: String,
    /// It gave up for a while.
    down: Option<Down>,
    /// Its folders by name; none of a bot, and of a mailbox that another process serves.
    folders: BTreeMap<String, Folder>,
}

/// An account that gave up, until its next try.
#[derive(Debug, Serialize, ToSchema)]
struct Down {
    /// When it gave up.
    since: Timestamp,
    /// Why.
    reason: String,
    /// When it tries again by itself.
    next_try: Timestamp,
}

/// A folder of a mailbox.
#[derive(Debug, Serialize, ToSchema)]
struct Folder {
    /// Since when it is open; none while there is no connection.
    connected_since: Option<Timestamp>,
    /// When the server last told all there is.
    last_poll: Option<Timestamp>,
    /// When something last went wrong.
    last_error_at: Option<Timestamp>,
    /// What it was.
    last_error: Option<String>,
}

/// How the desk stands.
#[utoipa::path(
    get, path = "/api/v1/health", operation_id = "get_health", tag = "desk",
    responses((status = 200, description = "How the desk stands", body = Health))
)]
pub(super) async fn show(State(shop): State<Shop>, visit: Visit) -> Told<Health> {
    let (visitor, now) = (visit.visitor()?, Timestamp::now());
    let counted = shop.store.queue_counts(crate::console::queue::viewer(visitor), now).await?;
    let mut queue: BTreeMap<String, u32> =
        View::ALL.into_iter().map(|view| (view.as_str().to_owned(), counted.of(view))).collect();
    queue.insert("answered".to_owned(), counted.answered);
    queue.insert("machine_mail".to_owned(), counted.machine_mail);
    queue.insert("quarantine".to_owned(), counted.quarantine);
    Ok(Json(Health {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: now,
        paused: shop.store.paused().await?,
        restoring_since: shop.store.restore().await?.map(|restore| restore.noticed_at),
        rules: rules(shop.live.standing()),
        accounts: accounts(&shop, visitor),
        queue,
        counts: if visitor.accounts.is_none() { Some(shop.store.counts().await?) } else { None },
    }))
}

fn rules(standing: Standing) -> RulesInForce {
    RulesInForce {
        rule_set: standing.rule_set,
        rules: standing.rules,
        in_force_since: standing.in_force_since,
        stale: standing.stale.map(|stale| StaleFiles {
            since: stale.since,
            errors: stale.refused.errors,
            first: stale.refused.first,
        }),
        restart_to_apply: standing.restart_to_apply,
    }
}

fn accounts(shop: &Shop, visitor: &Visitor) -> Vec<AccountHealth> {
    let (mut down, mut mailboxes) = (shop.accounts.down(), shop.accounts.mailboxes());
    let own = |name: &String| {
        visitor.accounts.as_ref().is_none_or(|own| own.iter().any(|account| account.as_str() == name.as_str()))
    };
    let health = |name: String| AccountHealth {
        down: down.remove(&name).map(|down| Down { since: down.since, reason: down.reason, next_try: down.next_try }),
        folders: mailboxes
            .remove(&name)
            .unwrap_or_default()
            .into_iter()
            .map(|(folder, status)| {
                let (last_error_at, last_error) = status.last_error.unzip();
                let (connected_since, last_poll) = (status.connected_since, status.last_poll);
                (folder, Folder { connected_since, last_poll, last_error_at, last_error })
            })
            .collect(),
        name,
    };
    shop.accounts.names().into_iter().filter(own).map(health).collect()
}
