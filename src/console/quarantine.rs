//! The quarantine: messages that could not be read or decided, what is known of each, and deciding them again.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse as _, Redirect},
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    console::{
        Shop, address, labels, paging,
        path::Path,
        problem::{Answer, Problem},
        queue::{Tabs, tabs, viewer},
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        visit::{Visit, Visitor},
        when::{Clock, Moment},
        words::{desk, lists::Words, queue, reasons},
    },
    model::{
        agent::Role,
        ids::{AccountName, InboundId},
    },
    store::quarantine::{Quarantined, Rerun},
};

/// The routes of the quarantine.
pub(super) fn routes() -> Vec<Entry> {
    const EDITOR: Need = Need::Role(Role::Editor);
    vec![
        Entry::get("/quarantine", EDITOR, Object::None, show),
        Entry::get("/quarantine/{inbound}", EDITOR, Object::Inbound, one),
        Entry::post("/quarantine/{inbound}/rerun", EDITOR, Object::Inbound, rerun),
    ]
}

/// So many messages stand on one page.
const LISTED: u32 = 50;

/// So much of a message's beginning is shown: its header, as a rule.
const SHOWN_BYTES: usize = 4096;

/// Which ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    all: String,
    account: String,
    before: String,
}

impl Asked {
    /// Returns the address of the same list from another place on.
    fn address(&self, before: &str) -> String {
        let all = if self.all == "yes" { "yes" } else { "" };
        address::with("/quarantine", &[("all", all), ("account", &self.account), ("before", before)])
    }
}

/// The list, the newest first.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let visitor = visit.visitor()?;
    let clock = Clock::of(&shop, &visit);
    let all = asked.all == "yes";
    let counted = shop.store.queue_counts(viewer(visitor), clock.now).await?;
    let names = shop.accounts.names().into_iter().map(AccountName::new);
    let mine: Vec<AccountName> =
        names.filter(|name| visitor.accounts.as_ref().is_none_or(|mine| mine.contains(name))).collect();
    // An account that is not theirs, or none, is no account to choose.
    let chosen = mine.iter().find(|name| name.as_str() == asked.account).cloned();
    let accounts = chosen.as_ref().map(std::slice::from_ref).or(visitor.accounts.as_deref());
    let before = asked.before.parse().ok().map(InboundId);
    let found = shop.store.quarantined(all, accounts, before, LISTED).await?;
    let older = paging::next(&found, LISTED, |message| message.id.0).map(|id| asked.address(&id));
    page(&QuarantinePage {
        tabs: tabs(queue::Words::of(visit.tongue), &counted, visitor.role, "/quarantine"),
        queue: queue::Words::of(visit.tongue),
        words: Words::of(visit.tongue),
        messages: found.iter().map(|message| line(message, &clock)).collect(),
        accounts: mine.iter().map(|name| (name.to_string(), chosen.as_ref() == Some(name))).collect(),
        newest: before.is_some().then(|| asked.address("")),
        older,
        all,
        shell: Shell::of(&shop, &visit, Some(Place::Queue)).await?,
    })
}

/// One message: why it was put aside, and how it begins.
pub(super) async fn one(State(shop): State<Shop>, visit: Visit, Path(inbound): Path<i64>) -> Answer {
    let visitor = visit.visitor()?;
    let found = shop.store.quarantined_message(InboundId(inbound)).await?;
    let (message, received) = found.filter(|(message, _)| sees(visitor, message)).ok_or(Problem::NotFound)?;
    let clock = Clock::of(&shop, &visit);
    let shown = &received.raw[..received.raw.len().min(SHOWN_BYTES)];
    page(&MessagePage {
        words: Words::of(visit.tongue),
        line: line(&message, &clock),
        reason: reasons::told(visit.tongue, &message.reason),
        reruns: message.reruns,
        begins: String::from_utf8_lossy(shown).replace('\r', ""),
        cut: received.raw.len() > SHOWN_BYTES,
        shell: Shell::of(&shop, &visit, Some(Place::Queue)).await?,
    })
}

/// Has a message decided again.
pub(super) async fn rerun(State(shop): State<Shop>, visit: Visit, Path(inbound): Path<i64>) -> Answer {
    let visitor = visit.visitor()?;
    let words = Words::of(visit.tongue);
    match shop.store.rerun(InboundId(inbound), visitor.name.as_str(), Timestamp::now()).await? {
        Rerun::Waits(_) => Ok(Redirect::to(&format!("/quarantine/{inbound}")).into_response()),
        Rerun::NotInQuarantine => Err(Problem::Conflict(words.rerun_gone.to_owned())),
        Rerun::Answered => Err(Problem::Conflict(words.rerun_answered.to_owned())),
    }
}

fn sees(visitor: &Visitor, message: &Quarantined) -> bool {
    visitor.accounts.as_ref().is_none_or(|accounts| accounts.contains(&message.account))
}

fn line(message: &Quarantined, clock: &Clock) -> Line {
    let words = Words::of(clock.tongue);
    Line {
        id: message.id.0,
        ticket: message.ticket.0,
        account: message.account.to_string(),
        size: message.size,
        cause: labels::cause(desk::Words::of(clock.tongue), message.cause),
        put_at: clock.hour(message.put_at),
        state: match (message.left_at, message.waits) {
            (Some(_), _) => words.decided,
            (None, true) => words.waits,
            (None, false) => words.aside,
        },
        can_rerun: message.left_at.is_none() && !message.waits,
    }
}

#[derive(Template)]
#[template(path = "quarantine.html")]
struct QuarantinePage {
    shell: Shell,
    words: &'static Words,
    queue: &'static queue::Words,
    tabs: Tabs,
    messages: Vec<Line>,
    /// The accounts to choose from, with the one that is shown alone.
    accounts: Vec<(String, bool)>,
    older: Option<String>,
    newest: Option<String>,
    all: bool,
}

#[derive(Template)]
#[template(path = "quarantine_message.html")]
struct MessagePage {
    shell: Shell,
    words: &'static Words,
    line: Line,
    reason: String,
    reruns: u32,
    begins: String,
    cut: bool,
}

/// One message in the list.
struct Line {
    id: i64,
    ticket: i64,
    account: String,
    size: u64,
    cause: &'static str,
    put_at: Moment,
    state: &'static str,
    can_rerun: bool,
}
