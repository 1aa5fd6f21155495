//! What no rule knew: the messages behind a number of the reports, for whoever writes the next rule.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::{
    console::{
        Shop, address,
        message_line::MessageLine,
        paging,
        problem::Answer,
        reports,
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        visit::Visit,
        when::Clock,
        words::lists::Words,
    },
    model::{agent::Role, ids::InboundId},
};

/// The routes of the list.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![Entry::get(PATH, AGENT, Object::None, show)]
}

/// Where the list is.
const PATH: &str = "/reports/unrecognized";

/// So many messages stand on one page.
const LISTED: u32 = 50;

/// Of which days and accounts, and from which message on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    since: String,
    account: String,
    before: Option<i64>,
}

/// Returns the address of the list for what a report was asked about.
pub(super) fn address(since: &str, account: &str) -> String {
    address::with(PATH, &[("since", since), ("account", account)])
}

/// The list, the newest first.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let clock = Clock::of(&shop, &visit);
    let of = reports::Asked { since: asked.since, account: asked.account };
    let (days, accounts) = reports::wanted(&shop, &visit, &of, clock.now)?;
    let before = asked.before.map(InboundId);
    let found = shop.store.unrecognized(&days, accounts.as_deref(), before, LISTED).await?;
    let older = paging::next(&found, LISTED, |message| message.id.0);
    let values = [("since", of.since.as_str()), ("account", of.account.as_str())];
    page(&UnrecognizedPage {
        words: Words::of(visit.tongue),
        back: address::with("/reports", &values),
        older: older.map(|id| address::with(PATH, &[values[0], values[1], ("before", &id)])),
        newest: asked.before.map(|_| address(&of.since, &of.account)),
        lines: found.into_iter().map(|message| MessageLine::of(message, &clock)).collect(),
        shell: Shell::of(&shop, &visit, Some(Place::Reports)).await?,
    })
}

#[derive(Template)]
#[template(path = "unrecognized.html")]
struct UnrecognizedPage {
    shell: Shell,
    words: &'static Words,
    /// The report that the list is of.
    back: String,
    lines: Vec<MessageLine>,
    older: Option<String>,
    newest: Option<String>,
}
