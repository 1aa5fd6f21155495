//! A conversation that has no open ticket: what the machine said, why, to whom, and the one button that takes it over.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse as _, Redirect},
};
use jiff::Timestamp;

use crate::{
    console::{
        Shop, labels,
        path::Path,
        problem::{Answer, Problem},
        shell::{Place, Shell, page},
        ticket::{
            side::{self, Card, Whose},
            talk::{self, Talk},
        },
        visit::Visit,
        when::Clock,
        words::{desk, ticket::Words},
    },
    model::ids::{InboundId, ThreadId},
    service::openings,
    store::open_ticket::{Hands, OpenTicket, Opening},
};

/// The page; where a ticket is open, that one.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Path(thread): Path<i64>) -> Answer {
    let visitor = visit.visitor()?;
    let clock = Clock::of(&shop, &visit);
    let found = shop.store.conversation(ThreadId(thread)).await?.ok_or(Problem::NotFound)?;
    if let Some(ticket) = found.open {
        return Ok(Redirect::to(&format!("/tickets/{ticket}")).into_response());
    }
    let (engine, desk) = (shop.live.engine(), desk::Words::of(visit.tongue));
    let whose = Whose {
        recipient: &found.recipient,
        card: &found.card,
        buyer: &found.recipient.key,
        without: (None, Some(found.id)),
    };
    let card = side::of(&shop, visitor, &whose, &engine, &clock).await?;
    let words = Words::of(visit.tongue);
    page(&ConversationPage {
        shell: Shell::of(&shop, &visit, Some(Place::Queue)).await?,
        words,
        id: thread,
        subject: Some(found.subject.clone())
            .filter(|subject| !subject.is_empty())
            .unwrap_or_else(|| words.conversation.to_owned()),
        channel: labels::channel(desk, found.recipient.channel),
        account: found.recipient.account.to_string(),
        language: found.recipient.language.map(|code| code.to_string()).unwrap_or_default(),
        bot_off: found.recipient.bot_off,
        tickets: found.tickets.iter().map(|(id, state)| (id.0, labels::state(desk, *state))).collect(),
        newest: found.newest.map(|message| message.0),
        talk: talk::of_conversation(&shop, &visit, &found, &clock).await?,
        card,
    })
}

/// What was said alone, for pages that look again by themselves; with a link to the ticket that somebody opened meanwhile.
pub(super) async fn live(State(shop): State<Shop>, visit: Visit, Path(thread): Path<i64>) -> Answer {
    let clock = Clock::of(&shop, &visit);
    let found = shop.store.conversation(ThreadId(thread)).await?.ok_or(Problem::NotFound)?;
    let part = LivePart {
        words: Words::of(visit.tongue),
        ticket: found.open.map(|ticket| ticket.0),
        talk: talk::of_conversation(&shop, &visit, &found, &clock).await?,
    };
    let html =
        part.render().map_err(|error| Problem::Failed(format!("a conversation could not be filled: {error}")))?;
    Ok(Html(html).into_response())
}

/// Makes a ticket of the conversation, which the visitor has from then on; if there is one by now, leads to it.
pub(super) async fn take(State(shop): State<Shop>, visit: Visit, Path(inbound): Path<i64>) -> Answer {
    open(&shop, &visit, inbound, Hands::Own, Words::of(visit.tongue).take_over_gone).await
}

/// Makes a ticket of a message and leads to it; `gone` is said where none can be made of it any more.
pub(in crate::console) async fn open(shop: &Shop, visit: &Visit, inbound: i64, hands: Hands, gone: &str) -> Answer {
    let visitor = visit.visitor()?;
    let (message, accounts) = (InboundId(inbound), visitor.accounts.as_deref());
    let wanted = OpenTicket { message, by: &visitor.name, hands, accounts };
    match openings::open(&shop.handle, &wanted, Timestamp::now()).await? {
        Opening::Opened(ticket) | Opening::Already(ticket) => {
            Ok(Redirect::to(&format!("/tickets/{ticket}")).into_response())
        }
        Opening::Gone => Err(Problem::Conflict(gone.to_owned())),
    }
}

#[derive(Template)]
#[template(path = "conversation_live.html")]
struct LivePart {
    words: &'static Words,
    /// Its ticket that is not closed.
    ticket: Option<i64>,
    talk: Talk,
}

#[derive(Template)]
#[template(path = "conversation.html")]
struct ConversationPage {
    shell: Shell,
    words: &'static Words,
    id: i64,
    subject: String,
    channel: &'static str,
    account: String,
    language: String,
    bot_off: bool,
    /// Its closed tickets.
    tickets: Vec<(i64, &'static str)>,
    /// What a ticket would begin with.
    newest: Option<i64>,
    talk: Talk,
    card: Card,
}
