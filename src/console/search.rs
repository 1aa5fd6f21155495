//! Search over everything that was ever said.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::{
    console::{
        Shop, address, labels,
        problem::Answer,
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        visit::Visit,
        when::{Clock, Moment},
        words::{desk, lists::Words},
    },
    desk::search::{self, Piece},
    model::{
        agent::Role,
        search::{DocumentKind, SearchQuery},
    },
    store::{
        self,
        search::{SearchHit, SearchScope},
    },
};

/// The routes of the search.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![Entry::get("/search", AGENT, Object::None, show)]
}

/// So many results stand on one page.
const FOUND: u32 = 30;

/// What is searched for, and from which result on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    before: Option<i64>,
}

/// The page: the field alone, or what was found.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let visitor = visit.visitor()?;
    let clock = Clock::of(&shop, &visit);
    let query = search::parse(&asked.q);
    let nothing = query.is_empty();
    let scope = SearchScope { accounts: visitor.accounts.as_deref(), before: asked.before, limit: FOUND };
    let found = if nothing { store::search::SearchPage::default() } else { shop.store.search(&query, scope).await? };
    page(&SearchPage {
        words: Words::of(visit.tongue),
        hits: found.hits.iter().map(|hit| shown(hit, &query, &clock)).collect(),
        older: found.next.map(|next| address::with("/search", &[("q", &asked.q), ("before", &next.to_string())])),
        nothing,
        q: asked.q,
        shell: Shell::of(&shop, &visit, Some(Place::Search)).await?,
    })
}

fn shown(hit: &SearchHit, query: &SearchQuery, clock: &Clock) -> Hit {
    let words = Words::of(clock.tongue);
    Hit {
        ticket: hit.ticket.map(|ticket| ticket.0),
        conversation: hit.thread.map(|thread| thread.0),
        noted: hit.noted.map(|buyer| buyer.0),
        inbound: (hit.kind == DocumentKind::Inbound).then_some(hit.source),
        kind: match hit.kind {
            DocumentKind::Inbound => words.kind_inbound,
            DocumentKind::Outbox => words.kind_outbox,
            DocumentKind::Event => words.kind_event,
            DocumentKind::BuyerNote => words.kind_buyer_note,
        },
        state: hit.state.map(|state| labels::state(desk::Words::of(clock.tongue), state)),
        at: clock.hour(hit.at),
        by: if hit.by == "nightdesk" { words.machine_wrote.to_owned() } else { hit.by.clone() },
        buyer: hit.buyer.clone(),
        subject: search::marked(&hit.subject, query),
        excerpt: search::excerpt(&hit.text, query),
    }
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    words: &'static Words,
    q: String,
    /// Nothing was asked for.
    nothing: bool,
    hits: Vec<Hit>,
    older: Option<String>,
}

/// One result.
struct Hit {
    ticket: Option<i64>,
    /// Its conversation; none of machine mail that belongs to none.
    conversation: Option<i64>,
    /// The buyer whom it is a note about.
    noted: Option<i64>,
    /// The message itself, where it is one that came in.
    inbound: Option<i64>,
    kind: &'static str,
    state: Option<&'static str>,
    at: Moment,
    by: String,
    buyer: String,
    subject: Vec<Piece>,
    excerpt: Vec<Piece>,
}
