//! One ticket: what was said, why it needs a person, who the buyer is, and everything that can be done.

pub(super) mod acts;
pub(super) mod conversation;
pub(super) mod refusals;
mod side;
mod suggestions;
mod talk;
pub(super) mod why;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{Html, IntoResponse as _, Response},
};
use serde::Deserialize;

use crate::{
    console::{
        Shop, address, labels,
        path::Path,
        problem::{Answer, Problem},
        queue::{self, Neighbors},
        router::{Entry, Need, Object},
        shell::{Place, Shell, page},
        ticket::{
            acts::Sent,
            side::{Card, Earlier, Whose},
            suggestions::Suggestion,
            talk::Talk,
            why::Why,
        },
        visit::Visit,
        when::{Clock, Moment, length},
        words::{desk, reasons, refusal, ticket::Words},
    },
    desk::close,
    engine::Engine,
    model::{
        agent::{Agent, Role},
        closing::CloseResult,
        ids::TicketId,
        ticket::{EventKind, Ticket, TicketState, Urgency},
    },
    store::{ticket::TicketFile, timeline::Happened},
};

/// The routes of tickets.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![
        Entry::get("/tickets/{ticket}", AGENT, Object::Ticket, show),
        Entry::get("/tickets/{ticket}/live", AGENT, Object::Ticket, live),
        Entry::get("/tickets/{ticket}/head/live", AGENT, Object::Ticket, live_head),
        Entry::post("/tickets/{ticket}/act", AGENT, Object::Ticket, acts::act),
        Entry::get("/conversations/{thread}", AGENT, Object::Thread, conversation::show),
        Entry::get("/conversations/{thread}/live", AGENT, Object::Thread, conversation::live),
        Entry::post("/inbound/{inbound}/take", AGENT, Object::Inbound, conversation::take),
    ]
}

/// What the reply begins with after an act was taken back: the words of the reply, if it was one.
const UNDONE: &str = "undone";

/// What the address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// What the reply begins with: `draft`, [`UNDONE`], or the name of a suggestion.
    #[serde(rename = "use")]
    begin: String,
    /// The list that the reader came from, as the query of its address.
    list: String,
}

/// What the page shows beside the ticket as it is: what somebody had typed, and why it was not done.
#[derive(Debug, Default)]
struct Kept {
    sent: Option<Sent>,
    notice: Option<Notice>,
    asked: Asked,
}

/// What was not done.
#[derive(Debug)]
struct Notice {
    text: String,
    /// What is sent again if the person confirms it; empty where that would not help.
    confirm: Vec<(&'static str, String)>,
}

/// The page.
pub(super) async fn show(
    State(shop): State<Shop>,
    visit: Visit,
    Path(ticket): Path<i64>,
    Query(asked): Query<Asked>,
) -> Answer {
    let kept = Kept { asked, ..Kept::default() };
    page_of(&shop, &visit, TicketId(ticket), &kept).await
}

/// The conversation alone, for pages that look again by themselves.
pub(super) async fn live(
    State(shop): State<Shop>,
    visit: Visit,
    Path(ticket): Path<i64>,
    Query(asked): Query<Asked>,
) -> Answer {
    let clock = Clock::of(&shop, &visit);
    let file = shop.store.ticket_at(TicketId(ticket), clock.now).await?.ok_or(Problem::NotFound)?;
    let talk = talk::of(&shop, &visit, &file, &clock, &asked.list).await?;
    let html =
        talk.render().map_err(|error| Problem::Failed(format!("a conversation could not be filled: {error}")))?;
    Ok(Html(html).into_response())
}

/// What stands above it alone: where the ticket stands, whose it is, and by when the buyer is to be answered.
pub(super) async fn live_head(State(shop): State<Shop>, visit: Visit, Path(ticket): Path<i64>) -> Answer {
    let clock = Clock::of(&shop, &visit);
    let me = visit.visitor()?.name.as_str();
    let file = shop.store.ticket_at(TicketId(ticket), clock.now).await?.ok_or(Problem::NotFound)?;
    let part = HeadPart {
        words: Words::of(visit.tongue),
        head: head(&file, &shop.live.engine(), &clock, me, ""),
        can: Can::of(&file.ticket, me, &file),
    };
    let html =
        part.render().map_err(|error| Problem::Failed(format!("a ticket's head could not be filled: {error}")))?;
    Ok(Html(html).into_response())
}

/// Fills the page of a ticket.
async fn page_of(shop: &Shop, visit: &Visit, id: TicketId, kept: &Kept) -> Result<Response, Problem> {
    let visitor = visit.visitor()?;
    let clock = Clock::of(shop, visit);
    let file = shop.store.ticket_at(id, clock.now).await?.ok_or(Problem::NotFound)?;
    let engine = shop.live.engine();
    let desk = desk::Words::of(visit.tongue);
    let me = visitor.name.as_str();
    let list = &kept.asked.list;
    let talk = talk::of(shop, visit, &file, &clock, list).await?;
    let card = side::of(shop, visitor, &Whose::of(&file), &engine, &clock).await?;
    let suggestions = suggestions::of(&file, &engine, &shop.store.situation_switches().await?, &clock);
    page(&TicketPage {
        shell: Shell::of(shop, visit, Some(Place::Queue)).await?,
        words: Words::of(visit.tongue),
        refusal: refusal::Words::of(visit.tongue),
        head: head(&file, &engine, &clock, me, list),
        neighbors: queue::neighbors(shop, visitor, list, id, clock.now).await?,
        can: Can::of(&file.ticket, me, &file),
        draft: draft(&file, &engine),
        labels: shop.store.labels_in_use(visitor.accounts.as_deref()).await?,
        reply: reply(&file, kept, &suggestions, &clock, me),
        colleagues: colleagues(shop, &file).await?,
        suggestions,
        closing: closing(&file, &engine, &clock),
        urgencies: [Urgency::Normal, Urgency::High, Urgency::Urgent]
            .map(|urgency| (urgency.as_str(), labels::urgency(desk, urgency), urgency == file.ticket.urgency)),
        why: why::newest(&file, &engine, visit.tongue, clock.now),
        notice: kept.notice.as_ref(),
        sent: kept.sent.clone().unwrap_or_default(),
        talk,
        card,
    })
}

fn head(file: &TicketFile, engine: &Engine, clock: &Clock, me: &str, list: &str) -> Head {
    let ticket = &file.ticket;
    let desk = desk::Words::of(clock.tongue);
    Head {
        id: ticket.id.0,
        act: act_address(ticket.id, list),
        live: address::with(&format!("/tickets/{}/live", ticket.id), &[("list", list)]),
        and_list: address::with("", &[("list", list)]).replace('?', "&"),
        version: ticket.version,
        subject: ticket.subject.clone(),
        state: labels::state(desk, ticket.state),
        owner: ticket.assignee.as_ref().map(|owner| labels::actor(desk, owner.as_str(), me)),
        since: ticket.claimed_at.filter(|_| ticket.assignee.is_some()).map(|at| clock.near(at)),
        urgency: (ticket.urgency != Urgency::Normal).then(|| labels::urgency(desk, ticket.urgency)),
        due: ticket.respond_by.map(|at| clock.near(at)),
        late: ticket
            .respond_by
            .map(|at| at.duration_since(clock.now))
            .filter(jiff::SignedDuration::is_negative)
            .map(|left| length(left, clock.tongue)),
        snoozed: ticket.snoozed_until.map(|at| clock.hour(at)),
        intent: ticket
            .intent
            .as_ref()
            .map(|intent| (labels::intent(engine, intent), format!("/rules/{}", address::part(intent.as_str())))),
        reasons: ticket.reasons.iter().map(|why| reasons::told(clock.tongue, why)).collect(),
        tags: ticket.tags.clone(),
        merged_into: ticket.merged_into.map(|into| into.0),
        merged: file.merged.iter().map(|id| id.0).collect(),
        channel: labels::channel(desk, file.recipient.channel),
        account: file.recipient.account.to_string(),
        language: file.recipient.language.map(|code| code.to_string()).unwrap_or_default(),
    }
}

/// Returns where the forms of a ticket go, which its reader found in that list.
fn act_address(id: TicketId, list: &str) -> String {
    address::with(&format!("/tickets/{id}/act"), &[("list", list)])
}

fn draft(file: &TicketFile, engine: &Engine) -> Option<Draft> {
    let (_, payload) = file.draft.as_ref()?;
    let rules = file.draft_rules.iter();
    Some(Draft {
        text: payload.text().to_owned(),
        rules: rules
            .map(|rule| (labels::intent(engine, rule), format!("/rules/{}", address::part(rule.as_str()))))
            .collect(),
    })
}

/// Returns the form for a reply: with what was typed before it was refused, or with the text that was chosen.
fn reply(file: &TicketFile, kept: &Kept, suggestions: &[Suggestion], clock: &Clock, me: &str) -> Reply {
    let draft = file.draft.as_ref().map(|(_, payload)| payload.text().to_owned());
    let draft = (kept.asked.begin == "draft").then_some(draft).flatten();
    let undone = if kept.asked.begin == UNDONE { undone(file, me) } else { None };
    let ready = suggestions.iter().find(|ready| ready.name == kept.asked.begin).and_then(|ready| ready.text.clone());
    let sent = kept.sent.as_ref();
    let typed = sent.map(|sent| sent.text.clone()).filter(|text| !text.is_empty());
    Reply {
        from_draft: draft.is_some() || sent.is_some_and(|sent| sent.from_draft == "yes"),
        text: typed.or(draft).or(undone).or(ready).unwrap_or_default(),
        possible: file.last_inbound.is_some() && !file.recipient.key.is_empty(),
        at: sent.map(|sent| sent.at.clone()).filter(|at| !at.is_empty()).unwrap_or_else(|| clock.field(clock.now)),
        when: sent.map(|sent| sent.when.clone()).unwrap_or_default(),
    }
}

/// Returns the words of the reply that the reader has just taken back.
fn undone(file: &TicketFile, me: &str) -> Option<String> {
    let last = file.events.last().filter(|event| event.what == EventKind::Undone && event.by == me)?;
    EventKind::from_word(&last.text).filter(|what| matches!(what, EventKind::Reply | EventKind::Scheduled))?;
    file.timeline.iter().rev().find_map(|moment| match &moment.what {
        Happened::Went(went) if went.human && went.author.as_deref() == Some(me) => Some(went.text.clone()),
        _ => None,
    })
}

/// Returns those whom the ticket can be given to: name at the login, and the one that people read.
async fn colleagues(shop: &Shop, file: &TicketFile) -> Result<Vec<(String, String)>, Problem> {
    let people = shop.store.agents().await?;
    let can = |agent: &Agent| agent.disabled_at.is_none() && agent.sees(&file.recipient.account);
    let named = |agent: Agent| (agent.name.to_string(), agent.display);
    Ok(people.into_iter().filter(can).map(named).collect())
}

fn closing(file: &TicketFile, engine: &Engine, clock: &Clock) -> Closing {
    let desk = desk::Words::of(clock.tongue);
    Closing {
        accountable: close::is_accountable(&file.ticket),
        results: CloseResult::ALL.map(|result| (result.as_str(), labels::result(desk, result))),
        causes: {
            let causes = engine.settings().causes.iter();
            causes.map(|cause| (cause.clone(), labels::case_cause(desk, cause).to_owned())).collect()
        },
    }
}

#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage<'a> {
    shell: Shell,
    words: &'static Words,
    refusal: &'static refusal::Words,
    head: Head,
    neighbors: Neighbors,
    can: Can,
    notice: Option<&'a Notice>,
    draft: Option<Draft>,
    /// Whom it can be given to: name at the login, and the one that people read.
    colleagues: Vec<(String, String)>,
    /// Labels that tickets had of late.
    labels: Vec<String>,
    reply: Reply,
    suggestions: Vec<Suggestion>,
    closing: Closing,
    urgencies: [(&'static str, &'static str, bool); 3],
    sent: Sent,
    talk: Talk,
    why: Option<Why>,
    card: Card,
}

#[derive(Template)]
#[template(path = "ticket_head.html")]
struct HeadPart {
    words: &'static Words,
    head: Head,
    can: Can,
}

impl TicketPage<'_> {
    /// Returns whether one of the ready texts fits what was understood.
    fn some_fit(&self) -> bool {
        self.suggestions.iter().any(|ready| ready.fits)
    }

    /// Returns the other tickets of the same address that this one can go on in. What a person wrote from another address is
    /// answered there; who joins it all the same types its number, and is asked.
    fn joinable(&self) -> impl Iterator<Item = &Earlier> {
        self.card.earlier.iter().filter(|earlier| earlier.open)
    }

    /// Returns how many others there are; they stay folded, for there are dozens.
    fn others(&self) -> usize {
        self.suggestions.iter().filter(|ready| !ready.fits).count()
    }
}

/// What stands above the conversation.
struct Head {
    id: i64,
    /// Where the forms go, where the conversation is fetched anew, and what stands behind `?use=…`: each knows the list that
    /// the reader came from.
    act: String,
    live: String,
    and_list: String,
    version: i64,
    subject: String,
    state: &'static str,
    owner: Option<String>,
    since: Option<Moment>,
    urgency: Option<&'static str>,
    due: Option<Moment>,
    late: Option<String>,
    snoozed: Option<Moment>,
    intent: Option<(String, String)>,
    reasons: Vec<String>,
    tags: Vec<String>,
    merged_into: Option<i64>,
    merged: Vec<i64>,
    channel: &'static str,
    account: String,
    language: String,
}

/// Which buttons make sense now; what is refused all the same is told when it is pressed.
#[expect(clippy::struct_excessive_bools, reason = "each is one button of the template")]
struct Can {
    claim: bool,
    release: bool,
    snooze: bool,
    wake: bool,
    close: bool,
    reopen: bool,
    bot_is_off: bool,
    hand_back: bool,
    anything: bool,
}

impl Can {
    fn of(ticket: &Ticket, me: &str, file: &TicketFile) -> Self {
        let mine = ticket.assignee.as_ref().is_some_and(|owner| owner.as_str() == me);
        let ended = ticket.state == TicketState::Closed;
        Self {
            claim: !(ended || mine && matches!(ticket.state, TicketState::Claimed | TicketState::Waiting)),
            release: !ended && ticket.assignee.is_some(),
            snooze: !ended && ticket.snoozed_until.is_none(),
            wake: !ended && ticket.snoozed_until.is_some(),
            close: !ended,
            reopen: matches!(ticket.state, TicketState::Closed | TicketState::Waiting),
            bot_is_off: file.bot_off,
            hand_back: !file.bot_off && !ended,
            anything: ticket.merged_into.is_none(),
        }
    }
}

/// The draft of the machine.
struct Draft {
    text: String,
    /// The rules it speaks for, with their addresses.
    rules: Vec<(String, String)>,
}

/// The form for a reply.
struct Reply {
    text: String,
    from_draft: bool,
    possible: bool,
    at: String,
    when: String,
}

/// The form that ends a case.
struct Closing {
    accountable: bool,
    results: [(&'static str, &'static str); 6],
    /// As it is kept, and as the reader calls it.
    causes: Vec<(String, String)>,
}
