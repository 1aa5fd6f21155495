//! Machine mail: what was kept and answered by nobody, with the reason; a person can make a ticket of it.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::{
    console::{
        Shop, address, labels, paging,
        path::Path,
        problem::Answer,
        queue::{Tabs, tabs, viewer},
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        ticket::conversation,
        visit::Visit,
        when::{Clock, Moment},
        words::{lists::Words, queue},
    },
    model::{agent::Role, ids::InboundId},
    store::open_ticket::Hands,
};

/// The routes of the machine mail.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![
        Entry::get("/machine", AGENT, Object::None, show),
        Entry::post("/machine/{inbound}/open", AGENT, Object::Inbound, open),
    ]
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
    let accounts = visitor.accounts.as_deref();
    let found = shop.store.machine_mail(accounts, asked.before.map(InboundId), LISTED).await?;
    let engine = shop.live.engine();
    let older = paging::next(&found, LISTED, |message| message.id.0);
    let mails = found.into_iter().map(|mail| Mail {
        id: mail.id.0,
        received: clock.hour(mail.received_at),
        why: labels::silence(&engine, &mail.reason, visit.tongue),
        account: mail.account.to_string(),
        language: mail.language.map(|code| labels::language(visit.tongue, code)),
        language_code: mail.language.map(|code| code.to_string()).unwrap_or_default(),
        sender: mail.sender,
        subject: mail.subject,
        preview: mail.preview,
    });
    page(&MachinePage {
        tabs: tabs(queue::Words::of(visit.tongue), &counted, visitor.role, "/machine"),
        queue: queue::Words::of(visit.tongue),
        words: Words::of(visit.tongue),
        mails: mails.collect(),
        older: older.map(|id| address::with("/machine", &[("before", &id)])),
        newest: asked.before.map(|_| "/machine"),
        shell: Shell::of(&shop, &visit, Some(Place::Queue)).await?,
    })
}

/// Makes a ticket of a message, which waits in the queue.
pub(super) async fn open(State(shop): State<Shop>, visit: Visit, Path(inbound): Path<i64>) -> Answer {
    conversation::open(&shop, &visit, inbound, Hands::Queue, Words::of(visit.tongue).machine_gone).await
}

#[derive(Template)]
#[template(path = "machine.html")]
struct MachinePage {
    shell: Shell,
    words: &'static Words,
    queue: &'static queue::Words,
    tabs: Tabs,
    mails: Vec<Mail>,
    older: Option<String>,
    newest: Option<&'static str>,
}

/// One message.
struct Mail {
    id: i64,
    received: Moment,
    sender: String,
    subject: String,
    preview: String,
    why: String,
    account: String,
    language: Option<String>,
    language_code: String,
}
