//! Machine mail: what was kept and answered by nobody, with the reason; a person can make a ticket of it.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse as _, Redirect},
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    console::{
        Shop, address, labels,
        path::Path,
        problem::{Answer, Problem},
        queue::{Tab, tabs, viewer},
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        visit::Visit,
        when::{Clock, Moment},
        words::{lists::Words, queue},
    },
    model::{agent::Role, ids::InboundId},
    service::openings,
    store::open_ticket::{Hands, OpenTicket, Opening},
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
    let full = found.len() >= usize::try_from(LISTED).unwrap_or(usize::MAX);
    let older = found.last().filter(|_| full).map(|last| last.id.to_string());
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
        newest: asked.before.is_some(),
        shell: Shell::of(&shop, &visit, Some(Place::Queue)).await?,
    })
}

/// Makes a ticket of a message.
pub(super) async fn open(State(shop): State<Shop>, visit: Visit, Path(inbound): Path<i64>) -> Answer {
    let visitor = visit.visitor()?;
    let wanted = OpenTicket {
        message: InboundId(inbound),
        by: &visitor.name,
        hands: Hands::Queue,
        accounts: visitor.accounts.as_deref(),
    };
    match openings::open(&shop.handle, &wanted, Timestamp::now()).await? {
        Opening::Opened(ticket) | Opening::Already(ticket) => {
            Ok(Redirect::to(&format!("/tickets/{ticket}")).into_response())
        }
        Opening::Gone => Err(Problem::Conflict(Words::of(visit.tongue).machine_gone.to_owned())),
    }
}

#[derive(Template)]
#[template(path = "machine.html")]
struct MachinePage {
    shell: Shell,
    words: &'static Words,
    queue: &'static queue::Words,
    tabs: Vec<Tab>,
    mails: Vec<Mail>,
    older: Option<String>,
    newest: bool,
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
