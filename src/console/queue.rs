//! The queue: which tickets wait, in the order in which they are to be worked.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Html,
    response::IntoResponse as _,
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    console::{
        Shop, address, labels,
        problem::{Answer, Problem},
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        visit::{Visit, Visitor},
        when::{Clock, Moment, length},
        words::{desk, fill, queue::Words},
    },
    desk::{days, figures},
    engine::Engine,
    model::{
        agent::Role,
        ids::{AgentName, IntentId, TicketId},
        inbound::ChannelKind,
        ticket::{TicketState, Urgency},
    },
    store::queue::{Counted, Listed, MOST_COUNTED, Mark, Narrowed, View, Viewer},
};

/// The routes of the queue.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![
        Entry::get("/queue", AGENT, Object::None, show),
        Entry::get("/queue/rows", AGENT, Object::None, rows),
        Entry::get("/queue/tabs", AGENT, Object::None, counts),
    ]
}

/// So many tickets stand on one page: more than a person works before looking again.
const LISTED: u32 = 50;

/// What somebody asks to see. Every field may be missing or empty, as browsers send forms.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    view: String,
    assignee: String,
    tag: String,
    intent: String,
    language: String,
    channel: String,
    from: String,
}

impl Asked {
    fn view(&self) -> View {
        View::from_word(&self.view).unwrap_or(View::Unclaimed)
    }

    fn narrowed(&self) -> Narrowed {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Narrowed {
            assignee: given(&self.assignee).map(AgentName::new),
            tag: given(&self.tag),
            intent: given(&self.intent).map(IntentId::new),
            language: given(&self.language).and_then(|code| code.parse().ok()),
            channel: [ChannelKind::Email, ChannelKind::Telegram]
                .into_iter()
                .find(|channel| channel.as_str() == self.channel),
            state: None,
        }
    }

    /// Reads what a page was asked for from the query of its address; the usual list where that cannot be read.
    pub(super) fn of(query: &str) -> Self {
        let uri = format!("/queue?{query}").parse().ok();
        uri.and_then(|uri| Query::try_from_uri(&uri).ok()).map(|Query(asked)| asked).unwrap_or_default()
    }

    /// Returns the query of this list's address, for pages that lead back to it; empty for the usual list.
    fn query(&self) -> String {
        self.query_from(&self.from)
    }

    /// Returns the query of the same list from another place on.
    fn query_from(&self, from: &str) -> String {
        let usual = self.view() == View::Unclaimed && self.narrowed() == Narrowed::default() && from.is_empty();
        let address = if usual { String::new() } else { self.address("", from) };
        address.trim_start_matches('?').to_owned()
    }

    /// Returns the address of the same list from another place on.
    fn address(&self, path: &str, from: &str) -> String {
        let values = [
            ("view", self.view().as_str()),
            ("assignee", &self.assignee),
            ("tag", &self.tag),
            ("intent", &self.intent),
            ("language", &self.language),
            ("channel", &self.channel),
            ("from", from),
        ];
        address::with(path, &values)
    }
}

/// The page.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let visitor = visit.visitor()?;
    let words = Words::of(visit.tongue);
    let now = Timestamp::now();
    let counted = shop.store.queue_counts(viewer(visitor), now).await?;
    let list = list(&shop, &visit, &asked).await?;
    let engine = shop.live.engine();
    let languages = engine.settings().languages.iter();
    page(&QueuePage {
        shell: Shell::of(&shop, &visit, Some(Place::Queue)).await?,
        tabs: tabs(words, &counted, visitor.role, &address::with("/queue", &[("view", asked.view().as_str())])),
        words,
        live: asked.address("/queue/rows", &asked.from),
        languages: languages.map(|code| (code.to_string(), labels::language(visit.tongue, *code))).collect(),
        channels: [ChannelKind::Email, ChannelKind::Telegram]
            .map(|kind| (kind.as_str(), labels::channel(desk::Words::of(visit.tongue), kind))),
        narrowed: asked.narrowed() != Narrowed::default(),
        asked,
        list,
    })
}

/// The rows alone, for pages that look again by themselves.
pub(super) async fn rows(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let rows = QueueRows { words: Words::of(visit.tongue), list: list(&shop, &visit, &asked).await? };
    let html = rows.render().map_err(|error| Problem::Failed(format!("the queue could not be filled: {error}")))?;
    Ok(Html(html).into_response())
}

/// Which list the reader is in, by its address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Here {
    here: String,
}

/// The row of lists alone, for pages that look again by themselves.
pub(super) async fn counts(State(shop): State<Shop>, visit: Visit, Query(Here { here }): Query<Here>) -> Answer {
    let visitor = visit.visitor()?;
    let counted = shop.store.queue_counts(viewer(visitor), Timestamp::now()).await?;
    let tabs = QueueTabs { tabs: tabs(Words::of(visit.tongue), &counted, visitor.role, &here) };
    let html = tabs.render().map_err(|error| Problem::Failed(format!("the lists could not be named: {error}")))?;
    Ok(Html(html).into_response())
}

pub(super) fn viewer(visitor: &Visitor) -> Viewer<'_> {
    Viewer { name: &visitor.name, accounts: visitor.accounts.as_deref() }
}

/// The tickets around one in the list that its reader came from.
pub(super) struct Neighbors {
    /// The list itself.
    pub list: String,
    /// The one above it.
    pub previous: Option<Neighbor>,
    /// The one below it; the first of the list where the ticket has left it, as one that was answered has.
    pub next: Option<Neighbor>,
}

/// One of them.
pub(super) struct Neighbor {
    pub id: i64,
    pub href: String,
    pub subject: String,
}

/// Finds the tickets around one in a list, which is named by the query of its address.
pub(super) async fn neighbors(
    shop: &Shop,
    visitor: &Visitor,
    query: &str,
    id: TicketId,
    now: Timestamp,
) -> Result<Neighbors, Problem> {
    let asked = Asked::of(query);
    let narrowed = asked.narrowed();
    let read = async |from, many| shop.store.queue(asked.view(), viewer(visitor), &narrowed, from, many, now).await;
    let found = read(asked.from.parse().ok(), LISTED).await?;
    let listed = &found.tickets;
    let place = listed.iter().position(|listed| listed.ticket.id == id);
    // The ticket below, and from where on its page of the list is read.
    let (below, page) = match (place, found.next) {
        (Some(place), Some(next)) if place + 1 == listed.len() => {
            (read(Some(next), 1).await?.tickets, next.to_string())
        }
        (Some(place), _) => (listed.get(place + 1).cloned().into_iter().collect(), asked.from.clone()),
        // It is no longer there: what must be worked first is next.
        (None, _) => (read(None, 2).await?.tickets, String::new()),
    };
    let above = place.and_then(|place| listed.get(place.checked_sub(1)?));
    let neighbor = |listed: &Listed, from: &str| Neighbor {
        id: listed.ticket.id.0,
        href: ticket_address(listed.ticket.id, &asked.query_from(from)),
        subject: listed.ticket.subject.clone(),
    };
    let below = below.iter().find(|listed| listed.ticket.id != id);
    Ok(Neighbors {
        list: asked.address("/queue", &asked.from),
        previous: above.map(|listed| neighbor(listed, &asked.from)),
        next: below.map(|listed| neighbor(listed, &page)),
    })
}

/// Returns the address of a ticket in a list, which is named by the query of its address.
fn ticket_address(id: TicketId, list: &str) -> String {
    address::with(&format!("/tickets/{id}"), &[("list", list)])
}

async fn list(shop: &Shop, visit: &Visit, asked: &Asked) -> Result<List, Problem> {
    let visitor = visit.visitor()?;
    let clock = Clock::of(shop, visit);
    let narrowed = asked.narrowed();
    let from: Option<Mark> = asked.from.parse().ok();
    let found = shop.store.queue(asked.view(), viewer(visitor), &narrowed, from, LISTED, clock.now).await?;
    let engine = shop.live.engine();
    let words = Words::of(visit.tongue);
    let narrow = narrowed != Narrowed::default();
    let done =
        if found.tickets.is_empty() && from.is_none() && !narrow { night(shop, visit, &clock).await? } else { None };
    let query = asked.query();
    let reading = Reading { clock: &clock, engine: &engine, visitor, words, list: &query };
    Ok(List {
        rows: found.tickets.iter().map(|listed| reading.row(listed)).collect(),
        next: found.next.map(|next| asked.address("/queue", &next.to_string())),
        first: from.is_some().then(|| asked.address("/queue", "")),
        csrf: visitor.csrf.clone(),
        done,
        empty: match asked.view() {
            _ if narrow => words.empty_narrowed,
            View::Mine => words.empty_mine,
            View::Unclaimed => words.empty_unclaimed,
            _ => words.empty_other,
        },
    })
}

/// Says what the machine did since the desk was left; none where nothing came in.
async fn night(shop: &Shop, visit: &Visit, clock: &Clock) -> Result<Option<String>, Problem> {
    let engine = shop.live.engine();
    let hours = &engine.settings().desk;
    let Ok(days) = days::night(hours, clock.now) else { return Ok(None) };
    let counted = shop.store.figures(&days, visit.visitor()?.accounts.as_deref(), clock.now).await?;
    let night = figures::night(&figures::report(&counted, &hours.zone));
    let parts = [night.answered, night.came_in, night.waiting].map(|count| count.to_string());
    let since = clock.hour(night.since);
    let told = fill(Words::of(visit.tongue).night, &[since.words(), &parts[0], &parts[1], &parts[2]]);
    Ok((night.came_in > 0).then_some(told))
}

/// What every row is read with.
struct Reading<'a> {
    clock: &'a Clock,
    engine: &'a Engine,
    visitor: &'a Visitor,
    words: &'static Words,
    /// The query of the list's address.
    list: &'a str,
}

impl Reading<'_> {
    fn row(&self, listed: &Listed) -> Row {
        let ticket = &listed.ticket;
        let tongue = self.clock.tongue;
        let desk = desk::Words::of(tongue);
        let mine = ticket.assignee.as_ref() == Some(&self.visitor.name);
        let owner = match &ticket.assignee {
            Some(_) if mine => self.words.yours.to_owned(),
            Some(owner) => owner.to_string(),
            None => String::new(),
        };
        Row {
            id: ticket.id.0,
            href: ticket_address(ticket.id, self.list),
            act: address::with(&format!("/tickets/{}/act", ticket.id), &[("list", self.list)]),
            version: ticket.version,
            due: ticket.respond_by.map(|at| self.due(at)),
            opened: self.clock.near(ticket.opened_at),
            buyer: ticket.buyer.clone(),
            grade: listed.grade.clone(),
            subject: ticket.subject.clone(),
            preview: listed.preview.clone(),
            intent: ticket.intent.as_ref().map(|intent| labels::intent(self.engine, intent)),
            language: listed.language.map(|code| labels::language(tongue, code)),
            language_code: listed.language.map(|code| code.to_string()).unwrap_or_default(),
            channel: labels::channel(desk, listed.channel),
            account: listed.account.to_string(),
            state: labels::state(desk, ticket.state),
            urgency: (ticket.urgency != Urgency::Normal).then(|| labels::urgency(desk, ticket.urgency)),
            owner,
            mine,
            tags: ticket.tags.clone(),
            draft: listed.draft,
            leaves: listed.leaves_at.map(|at| self.clock.hour(at)),
            back: ticket.snoozed_until.map(|at| self.clock.hour(at)),
            claimable: ticket.assignee.is_none() && ticket.state != TicketState::Closed,
        }
    }

    fn due(&self, at: Timestamp) -> Due {
        let left = at.duration_since(self.clock.now);
        let late = left.is_negative().then(|| length(left, self.clock.tongue));
        Due { at: self.clock.near(at), late, soon: left.as_hours() < 2 }
    }
}

/// The lists there are, with how much is in each; the last ones are lists of messages. The one at that
/// address is the present one.
pub(super) fn tabs(words: &Words, counted: &Counted, role: Role, here: &str) -> Tabs {
    let name = |view| match view {
        View::Mine => words.mine,
        View::Unclaimed => words.unclaimed,
        View::Drafts => words.drafts,
        View::Waiting => words.waiting,
        View::Snoozed => words.snoozed,
        View::Scheduled => words.scheduled,
        View::All => words.all,
        View::Closed => words.closed,
    };
    let tab = |href: String, name, many| Tab { here: href == here, href, name, count: count(many) };
    let lists = View::ALL
        .into_iter()
        .map(|view| tab(address::with("/queue", &[("view", view.as_str())]), name(view), counted.of(view)));
    let mut list: Vec<Tab> = lists.collect();
    list.push(tab("/answered".to_owned(), words.answered, counted.answered));
    list.push(tab("/machine".to_owned(), words.machine, counted.machine_mail));
    if role >= Role::Editor {
        list.push(tab("/quarantine".to_owned(), words.quarantine, counted.quarantine));
    }
    Tabs { live: address::with("/queue/tabs", &[("here", here)]), list }
}

/// Returns a count as it is shown: beyond the limit nobody counts on.
fn count(many: u32) -> String {
    if many >= MOST_COUNTED { format!("{}+", MOST_COUNTED - 1) } else { many.to_string() }
}

/// The row of lists.
#[derive(Debug)]
pub(super) struct Tabs {
    pub list: Vec<Tab>,
    /// Where it is fetched anew.
    pub live: String,
}

/// One list in the row of lists.
#[derive(Debug)]
pub(super) struct Tab {
    pub href: String,
    pub name: &'static str,
    pub count: String,
    pub here: bool,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    shell: Shell,
    words: &'static Words,
    tabs: Tabs,
    /// Where the rows alone are.
    live: String,
    languages: Vec<(String, String)>,
    channels: [(&'static str, &'static str); 2],
    narrowed: bool,
    asked: Asked,
    list: List,
}

#[derive(Template)]
#[template(path = "queue_tabs_list.html")]
struct QueueTabs {
    tabs: Tabs,
}

#[derive(Template)]
#[template(path = "queue_rows.html")]
struct QueueRows {
    words: &'static Words,
    list: List,
}

/// A part of a list.
struct List {
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
    csrf: String,
    /// What the machine did meanwhile, where there is nothing else to show.
    done: Option<String>,
    empty: &'static str,
}

/// One ticket.
struct Row {
    id: i64,
    /// Where it is read, and where its form goes; both know the list.
    href: String,
    act: String,
    version: i64,
    due: Option<Due>,
    opened: Moment,
    buyer: String,
    grade: Option<String>,
    subject: String,
    preview: String,
    intent: Option<String>,
    language: Option<String>,
    language_code: String,
    channel: &'static str,
    account: String,
    state: &'static str,
    urgency: Option<&'static str>,
    owner: String,
    mine: bool,
    tags: Vec<String>,
    draft: bool,
    leaves: Option<Moment>,
    back: Option<Moment>,
    claimable: bool,
}

/// By when a person must have answered.
struct Due {
    at: Moment,
    /// By how much it is overdue.
    late: Option<String>,
    soon: bool,
}
