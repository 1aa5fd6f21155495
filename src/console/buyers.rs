//! Buyers: everybody who ever wrote, and everything about one of them.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse as _, Redirect},
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    console::{
        Shop, address, labels, order_line,
        other_address::{self, Note, Other},
        paging,
        path::Path,
        problem::{Answer, Problem},
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        ticket::refusals,
        visit::{Visit, Visitor},
        when::{Clock, Moment},
        words::{buyers::Words, desk, fill, refusal},
    },
    model::{
        agent::Role,
        ids::{BuyerId, TicketId},
        ticket::TicketState,
    },
    store::{
        buyers::{ListedBuyer, TicketOfBuyer},
        card::BuyerAct,
        conversation::ConversationOfBuyer,
        person::{Joining, MOST_ADDRESSES},
    },
};

/// The routes of buyers.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![
        Entry::get("/buyers", AGENT, Object::None, show),
        Entry::get("/buyers/{buyer}", AGENT, Object::Buyer, one),
        Entry::post("/buyers/{buyer}/act", AGENT, Object::Buyer, act),
    ]
}

/// So many buyers stand on one page.
const LISTED: u32 = 50;

/// Whom somebody looks for, and from which buyer on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    before: Option<i64>,
    /// The buyer whose other address is looked for.
    same: Option<i64>,
}

/// What the page of a buyer sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    act: String,
    note: String,
    grade: String,
    country: String,
    language: String,
    /// The number of another buyer.
    other: i64,
}

/// The list.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let visitor = visit.visitor()?;
    let clock = Clock::of(&shop, &visit);
    let accounts = visitor.accounts.as_deref();
    let found = shop.store.buyers(accounts, &asked.q, asked.before.map(BuyerId), LISTED).await?;
    let older = paging::next(&found, LISTED, |buyer| buyer.id.0);
    let same = match asked.same {
        Some(id) => Some(shop.store.buyer(BuyerId(id), accounts).await?.ok_or(Problem::NotFound)?),
        None => None,
    };
    let number = same.as_ref().map(|same| same.id.to_string()).unwrap_or_default();
    let list = |q: &str, before: &str| address::with("/buyers", &[("q", q), ("same", &number), ("before", before)]);
    let others = found.iter().filter(|buyer| same.as_ref().is_none_or(|same| same.id != buyer.id));
    page(&BuyersPage {
        words: Words::of(visit.tongue),
        buyers: others.map(|buyer| line(buyer, &clock)).collect(),
        older: older.map(|id| list(&asked.q, &id)),
        newest: asked.before.is_some().then(|| list(&asked.q, "")),
        everybody: list("", ""),
        everything: address::with("/search", &[("q", &asked.q)]),
        same: same.as_ref().map(|same| line(same, &clock)),
        q: asked.q.trim().to_owned(),
        shell: Shell::of(&shop, &visit, Some(Place::Buyers)).await?,
    })
}

/// One buyer.
pub(super) async fn one(State(shop): State<Shop>, visit: Visit, Path(buyer): Path<i64>) -> Answer {
    let visitor = visit.visitor()?;
    let clock = Clock::of(&shop, &visit);
    let accounts = visitor.accounts.as_deref();
    let found = shop.store.buyer(BuyerId(buyer), accounts).await?.ok_or(Problem::NotFound)?;
    let person = shop.store.person(&found.key, accounts).await?;
    let others = other_address::others(&person, visitor, &clock);
    let own = person.own;
    page(&BuyerPage {
        words: Words::of(visit.tongue),
        line: line(&found, &clock),
        country: found.country.clone().unwrap_or_default(),
        language: found.language.map(|code| code.to_string()).unwrap_or_default(),
        languages: labels::languages(visit.tongue, found.language),
        first_seen: own.first_seen.map(|at| clock.hour(at)),
        messages: own.messages,
        notes: other_address::notes(&own.notes, visitor, &clock),
        orders: own.orders.iter().map(|order| order_line::of(order, clock.now, clock.tongue)).collect(),
        tickets: own.tickets.iter().map(|ticket| ticket_line(ticket, &clock)).collect(),
        talks: own.conversations.into_iter().map(|talk| talk_line(talk, &clock)).collect(),
        others,
        find_other: address::with(
            "/buyers",
            &[("q", found.name.as_deref().unwrap_or_default()), ("same", &found.id.to_string())],
        ),
        said: address::with("/search", &[("q", &format!("\"{}\"", found.key))]),
        shell: Shell::of(&shop, &visit, Some(Place::Buyers)).await?,
    })
}

/// Says something of a buyer.
pub(super) async fn act(
    State(shop): State<Shop>,
    visit: Visit,
    Path(buyer): Path<i64>,
    Form(sent): Form<Sent>,
) -> Answer {
    let visitor = visit.visitor()?;
    let words = refusal::Words::of(visit.tongue);
    let found = shop.store.buyer(BuyerId(buyer), visitor.accounts.as_deref()).await?.ok_or(Problem::NotFound)?;
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let act = match sent.act.as_str() {
        "same" => {
            join(&shop, &visit, &found, BuyerId(sent.other)).await?;
            return Ok(Redirect::to(&format!("/buyers/{buyer}")).into_response());
        }
        "apart" => {
            part(&shop, visitor, &found, BuyerId(sent.other)).await?;
            return Ok(Redirect::to(&format!("/buyers/{buyer}")).into_response());
        }
        "note" => BuyerAct::Note(sent.note.trim().replace("\r\n", "\n")),
        "grade" => BuyerAct::Grade(given(&sent.grade)),
        "country" => BuyerAct::Country(given(&sent.country)),
        "language" => {
            let code = given(&sent.language).map(|code| code.parse()).transpose();
            BuyerAct::Language(code.map_err(|_| Problem::Bad(words.unknown_act.to_owned()))?)
        }
        _ => return Err(Problem::Bad(words.unknown_act.to_owned())),
    };
    let act = act.checked().map_err(|bad| Problem::Bad(refusals::buyer(&bad, words)))?;
    shop.store.change_buyer(&found.key, &visitor.name, &act, Timestamp::now()).await?;
    Ok(Redirect::to(&format!("/buyers/{buyer}")).into_response())
}

/// Says that another address is the same person's.
async fn join(shop: &Shop, visit: &Visit, found: &ListedBuyer, other: BuyerId) -> Result<(), Problem> {
    let (visitor, words) = (visit.visitor()?, Words::of(visit.tongue));
    let other = shop.store.buyer(other, visitor.accounts.as_deref()).await?.ok_or(Problem::NotFound)?;
    match shop.store.join_buyers(found.id, other.id, &visitor.name, Timestamp::now()).await? {
        Joining::Joined | Joining::Already => Ok(()),
        Joining::Itself => Err(Problem::Bad(words.same_itself.to_owned())),
        Joining::TooMany => Err(Problem::Conflict(fill(words.same_too_many, &[&MOST_ADDRESSES.to_string()]))),
        Joining::Gone => Err(Problem::NotFound),
    }
}

/// Says that an address is a person of its own: the one of the page, or another one that belongs to it.
async fn part(shop: &Shop, visitor: &Visitor, found: &ListedBuyer, other: BuyerId) -> Result<(), Problem> {
    let others = shop.store.other_addresses(&found.key, visitor.accounts.as_deref()).await?;
    if others.iter().any(|one| one.id == other) {
        shop.store.part_buyer(other, &visitor.name, Timestamp::now()).await?;
    }
    Ok(())
}

fn line(buyer: &ListedBuyer, clock: &Clock) -> Line {
    Line {
        id: buyer.id.0,
        name: buyer.name.clone().unwrap_or_else(|| buyer.key.clone()),
        address: buyer.key.clone(),
        language: buyer.language.map(|code| labels::language(clock.tongue, code)).unwrap_or_default(),
        country: buyer.country.clone().unwrap_or_default(),
        grade: buyer.grade.clone().unwrap_or_default(),
        suppressed: buyer.suppressed,
        changed: clock.near(buyer.changed_at),
    }
}

fn ticket_line(ticket: &TicketOfBuyer, clock: &Clock) -> TicketLine {
    let desk = desk::Words::of(clock.tongue);
    let TicketId(id) = ticket.id;
    TicketLine {
        id,
        subject: ticket.subject.clone(),
        state: labels::state(desk, ticket.state),
        ended: ticket.state == TicketState::Closed,
        channel: labels::channel(desk, ticket.channel),
        account: ticket.account.to_string(),
        opened: clock.hour(ticket.opened_at),
    }
}

fn talk_line(talk: ConversationOfBuyer, clock: &Clock) -> TalkLine {
    let desk = desk::Words::of(clock.tongue);
    TalkLine {
        id: talk.id.0,
        ticket: talk.ticket.map(|ticket| ticket.0),
        state: talk.state.map(|state| labels::state(desk, state)),
        subject: talk.subject,
        channel: labels::channel(desk, talk.channel),
        account: talk.account.to_string(),
        messages: talk.messages,
        last: talk.last_at.map(|at| clock.hour(at)),
    }
}

#[derive(Template)]
#[template(path = "buyers.html")]
struct BuyersPage {
    shell: Shell,
    words: &'static Words,
    buyers: Vec<Line>,
    /// Whom somebody looks for; empty: everybody.
    q: String,
    /// The list of everybody.
    everybody: String,
    /// The search for the same words in everything that was said.
    everything: String,
    /// The buyer whose other address is looked for.
    same: Option<Line>,
    older: Option<String>,
    newest: Option<String>,
}

#[derive(Template)]
#[template(path = "buyer.html")]
struct BuyerPage {
    shell: Shell,
    words: &'static Words,
    line: Line,
    country: String,
    /// The code of the language that is known, and what it can be set to.
    language: String,
    languages: Vec<(String, String)>,
    first_seen: Option<Moment>,
    messages: u32,
    notes: Vec<Note>,
    orders: Vec<String>,
    tickets: Vec<TicketLine>,
    talks: Vec<TalkLine>,
    said: String,
    /// The other addresses of the person; all the rest is of this one.
    others: Vec<Other>,
    /// Where another address is looked for.
    find_other: String,
}

/// One buyer.
struct Line {
    id: i64,
    name: String,
    address: String,
    language: String,
    country: String,
    grade: String,
    suppressed: bool,
    changed: Moment,
}

impl Line {
    /// Asks who is the same person.
    fn asked(&self, words: &Words) -> String {
        fill(words.same_title, &[&self.name])
    }
}

/// One ticket of the buyer.
struct TicketLine {
    id: i64,
    subject: String,
    state: &'static str,
    ended: bool,
    channel: &'static str,
    account: String,
    opened: Moment,
}

/// One conversation of the buyer.
struct TalkLine {
    id: i64,
    ticket: Option<i64>,
    state: Option<&'static str>,
    subject: String,
    channel: &'static str,
    account: String,
    messages: u32,
    last: Option<Moment>,
}
