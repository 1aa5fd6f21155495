//! The audit log, page by page: who came in, who was refused, who changed what may be done.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::{
    console::{
        Shop, clock,
        problem::Answer,
        router::{Entry, Need, Object},
        shell::{self, Place, Shell},
        visit::Visit,
        words::{deeds, door::Words},
    },
    model::{agent::Role, audit::Deed},
    store::audit::AuditFilter,
};

/// Entries of one page.
const PAGE: u32 = 100;

/// The routes of this area.
pub(super) fn routes() -> Vec<Entry> {
    vec![Entry::get("/audit", Need::Role(Role::Admin), Object::None, show)]
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    actor: String,
    what: String,
    before: String,
}

/// One entry of the page.
struct Row {
    at: String,
    actor: String,
    what: String,
    text: String,
    address: String,
}

/// One kind of entry to choose.
struct Choice {
    word: &'static str,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    shell: Shell,
    words: &'static Words,
    rows: Vec<Row>,
    actor: String,
    what: String,
    actors: Vec<String>,
    kinds: Vec<Choice>,
    /// The last entry, if there may be older ones.
    older: Option<i64>,
    /// This is not the first page.
    paged: bool,
}

async fn show(State(shop): State<Shop>, visit: Visit, Query(wanted): Query<Wanted>) -> Answer {
    let before = wanted.before.parse().ok();
    let filter = AuditFilter { actor: wanted.actor.trim(), what: &wanted.what, since: None, before, limit: PAGE + 1 };
    let mut entries = shop.store.audit_log(&filter).await?;
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let kinds = Deed::ALL.into_iter().map(|deed| Choice {
        word: deed.as_str(),
        name: deeds::deed(deed.as_str(), visit.tongue),
        chosen: wanted.what == deed.as_str(),
    });
    let page = AuditPage {
        shell: Shell::of(&shop, &visit, Some(Place::Audit)).await?,
        words: Words::of(visit.tongue),
        older: entries.last().map(|entry| entry.id).filter(|_| more),
        paged: before.is_some(),
        actors: shop.store.agents().await?.into_iter().map(|agent| agent.name.to_string()).collect(),
        kinds: kinds.collect(),
        rows: entries
            .into_iter()
            .map(|entry| Row {
                at: clock::minute(&shop, entry.at),
                what: deeds::deed(&entry.what, visit.tongue),
                actor: entry.actor,
                text: entry.text,
                address: entry.address,
            })
            .collect(),
        actor: wanted.actor,
        what: wanted.what,
    };
    shell::page(&page)
}
