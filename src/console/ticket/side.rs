//! The buyer beside the ticket: who it is, what time it is there, what was ordered and said before.

use crate::{
    console::{
        Shop, labels, order_line,
        other_address::{self, Note, Other},
        problem::Problem,
        visit::Visitor,
        when::{Clock, Moment},
        words::{buyers, desk, ticket::Words},
    },
    desk::schedule::{self, ZoneSource},
    engine::Engine,
    model::{
        ids::{ThreadId, TicketId},
        ticket::TicketState,
    },
    store::{
        card::BuyerCard,
        ticket::{Recipient, TicketFile},
    },
};

/// So many other conversations stand on the card; all of them are on the buyer's page.
const TALKS: usize = 10;

/// The buyer's card.
pub(super) struct Card {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) language: Option<String>,
    /// Its code.
    pub(super) code: String,
    /// What the language can be set to.
    pub(super) languages: Vec<(String, String)>,
    pub(super) country: Option<String>,
    pub(super) wall: String,
    pub(super) wall_by: &'static str,
    pub(super) grade: String,
    pub(super) suppressed: bool,
    pub(super) first_seen: Option<Moment>,
    pub(super) messages: u32,
    /// The other addresses of the person; all the rest of the card is of this one.
    pub(super) others: Vec<Other>,
    pub(super) others_hint: &'static str,
    pub(super) buyer: Option<i64>,
    pub(super) notes: Vec<Note>,
    pub(super) orders: Vec<String>,
    pub(super) earlier: Vec<Earlier>,
    pub(super) talks: Vec<Talk>,
}

/// Another ticket of the same address.
pub(super) struct Earlier {
    pub(super) id: i64,
    pub(super) subject: String,
    pub(super) state: &'static str,
    /// It is not closed, so this one can go on in it.
    pub(super) open: bool,
    pub(super) at: Moment,
}

/// Another conversation of the buyer, that has no ticket.
pub(super) struct Talk {
    pub(super) id: i64,
    pub(super) subject: String,
    pub(super) at: Option<Moment>,
}

/// Whose card it is, and what it lies beside.
pub(super) struct Whose<'a> {
    pub(super) recipient: &'a Recipient,
    pub(super) card: &'a BuyerCard,
    /// What the buyer is called where no name is known.
    pub(super) buyer: &'a str,
    /// The ticket and the conversation that the reader has before them.
    pub(super) without: (Option<TicketId>, Option<ThreadId>),
}

impl<'a> Whose<'a> {
    /// Returns the buyer of a ticket.
    pub(super) fn of(file: &'a TicketFile) -> Self {
        Self {
            recipient: &file.recipient,
            card: &file.card,
            buyer: &file.ticket.buyer,
            without: (Some(file.ticket.id), Some(file.ticket.thread)),
        }
    }
}

/// Fills the card.
pub(super) async fn of(
    shop: &Shop,
    visitor: &Visitor,
    whose: &Whose<'_>,
    engine: &Engine,
    clock: &Clock,
) -> Result<Card, Problem> {
    let (words, desk) = (Words::of(clock.tongue), desk::Words::of(clock.tongue));
    let (card, recipient, key) = (whose.card, whose.recipient, &whose.recipient.key);
    let language = recipient.language.or(card.language);
    let zone = schedule::buyers_zone(card.country.as_deref(), language, &engine.settings().desk.zone);
    let accounts = visitor.accounts.as_deref();
    let person = shop.store.person(key, accounts).await?;
    let (ticket, thread) = whose.without;
    let others = other_address::others(&person, visitor, clock);
    let own = person.own;
    let talks =
        own.conversations.into_iter().filter(|talk| talk.ticket.is_none() && Some(talk.id) != thread).take(TALKS);
    let earlier = own.tickets.iter().filter(|earlier| Some(earlier.id) != ticket).map(|ticket| Earlier {
        id: ticket.id.0,
        subject: ticket.subject.clone(),
        state: labels::state(desk, ticket.state),
        open: ticket.state != TicketState::Closed,
        at: clock.hour(ticket.opened_at),
    });
    Ok(Card {
        name: card.name.clone().unwrap_or_else(|| whose.buyer.to_owned()),
        address: key.clone(),
        language: language.map(|code| labels::language(clock.tongue, code)),
        code: language.map(|code| code.to_string()).unwrap_or_default(),
        languages: labels::languages(clock.tongue, language),
        country: card.country.clone(),
        wall: clock.wall(&zone.zone),
        wall_by: match zone.by {
            ZoneSource::Country => words.by_country,
            ZoneSource::MostOfCountry => words.by_most,
            ZoneSource::Language => words.by_language,
            ZoneSource::Desk => words.by_desk,
        },
        grade: card.grade.clone().unwrap_or_default(),
        suppressed: card.suppressed,
        first_seen: own.first_seen.map(|at| clock.hour(at)),
        messages: own.messages,
        others,
        others_hint: buyers::Words::of(clock.tongue).under_hint,
        buyer: shop.store.buyer_of_key(key).await?.map(|id| id.0),
        notes: other_address::notes(&own.notes, visitor, clock),
        orders: own.orders.iter().map(|order| order_line::of(order, clock.now, clock.tongue)).collect(),
        earlier: earlier.collect(),
        talks: talks
            .map(|talk| Talk { id: talk.id.0, subject: talk.subject, at: talk.last_at.map(|at| clock.hour(at)) })
            .collect(),
    })
}
