//! What the machine answered: the first page of a seller's morning. Each line leads to its conversation.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::{
    console::{
        Shop, address, labels,
        message_line::MessageLine,
        paging,
        problem::Answer,
        queue::{Tabs, tabs, viewer},
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        visit::Visit,
        when::Clock,
        words::{lists::Words, queue, ticket},
    },
    engine::Engine,
    model::{agent::Role, ids::InboundId},
    store::answered::Answered,
};

/// The routes of the list.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![Entry::get("/answered", AGENT, Object::None, show)]
}

/// So many messages stand on one page.
const LISTED: u32 = 50;

/// From which message on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    before: Option<i64>,
}

/// The list, the newest first.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let visitor = visit.visitor()?;
    let clock = Clock::of(&shop, &visit);
    let counted = shop.store.queue_counts(viewer(visitor), clock.now).await?;
    let found = shop.store.answered(visitor.accounts.as_deref(), asked.before.map(InboundId), LISTED).await?;
    let engine = shop.live.engine();
    let older = paging::next(&found, LISTED, |answered| answered.message.id.0);
    page(&AnsweredPage {
        tabs: tabs(queue::Words::of(visit.tongue), &counted, visitor.role, "/answered"),
        queue: queue::Words::of(visit.tongue),
        words: Words::of(visit.tongue),
        lines: found.into_iter().map(|answered| line(answered, &engine, &clock)).collect(),
        older: older.map(|id| address::with("/answered", &[("before", &id)])),
        newest: asked.before.map(|_| "/answered"),
        shell: Shell::of(&shop, &visit, Some(Place::Queue)).await?,
    })
}

fn line(answered: Answered, engine: &Engine, clock: &Clock) -> Line {
    let words = ticket::Words::of(clock.tongue);
    let rules = answered.rules.iter();
    Line {
        message: MessageLine::of(answered.message, clock),
        asked: answered.asked,
        rules: rules
            .map(|rule| (labels::intent(engine, rule), format!("/rules/{}", address::part(rule.as_str()))))
            .collect(),
        answer: answered.answer,
        state: answered.state.map(|state| labels::delivery(words, state)),
    }
}

#[derive(Template)]
#[template(path = "answered.html")]
struct AnsweredPage {
    shell: Shell,
    words: &'static Words,
    queue: &'static queue::Words,
    tabs: Tabs,
    lines: Vec<Line>,
    older: Option<String>,
    newest: Option<&'static str>,
}

/// One message with its answer.
struct Line {
    message: MessageLine,
    asked: bool,
    /// The rules that answered, with their addresses.
    rules: Vec<(String, String)>,
    answer: String,
    /// Where the answer stands, and whether that needs attention.
    state: Option<(&'static str, bool)>,
}
