//! The buyer beside the ticket: who it is, what time it is there, what was ordered and said before.

use crate::{
    check::explain,
    console::{
        Shop, labels,
        problem::Problem,
        visit::Visitor,
        when::{Clock, Moment},
        words::{desk, ticket::Words},
    },
    desk::schedule::ZoneSource,
    engine::Engine,
    service::agents,
    store::ticket::TicketFile,
};

/// The buyer's card.
pub(super) struct Card {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) language: Option<String>,
    pub(super) country: Option<String>,
    pub(super) wall: String,
    pub(super) wall_by: &'static str,
    pub(super) grade: String,
    pub(super) suppressed: bool,
    pub(super) first_seen: Option<Moment>,
    pub(super) messages: u32,
    pub(super) buyer: Option<i64>,
    pub(super) notes: Vec<Note>,
    pub(super) orders: Vec<String>,
    pub(super) earlier: Vec<Earlier>,
}

/// What a person noted of the buyer.
pub(super) struct Note {
    pub(super) who: String,
    pub(super) at: Moment,
    pub(super) text: String,
}

/// Another ticket of the buyer.
pub(super) struct Earlier {
    pub(super) id: i64,
    pub(super) subject: String,
    pub(super) state: &'static str,
    pub(super) at: Moment,
}

/// Fills the card.
pub(super) async fn of(
    shop: &Shop,
    visitor: &Visitor,
    file: &TicketFile,
    engine: &Engine,
    clock: &Clock,
) -> Result<Card, Problem> {
    let (words, desk) = (Words::of(clock.tongue), desk::Words::of(clock.tongue));
    let zone = agents::buyers_zone(engine, file);
    let card = &file.card;
    let key = &file.recipient.key;
    let accounts = visitor.accounts.as_deref();
    let tickets = shop.store.tickets_of_buyer(key, accounts).await?;
    let earlier = tickets.iter().filter(|ticket| ticket.id != file.ticket.id).map(|ticket| Earlier {
        id: ticket.id.0,
        subject: ticket.subject.clone(),
        state: labels::state(desk, ticket.state),
        at: clock.hour(ticket.opened_at),
    });
    Ok(Card {
        name: card.name.clone().unwrap_or_else(|| file.ticket.buyer.clone()),
        address: key.clone(),
        language: file.recipient.language.or(card.language).map(|code| labels::language(clock.tongue, code)),
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
        first_seen: card.first_seen.map(|at| clock.hour(at)),
        messages: card.messages,
        buyer: shop.store.buyer_of_key(key).await?.map(|id| id.0),
        notes: card
            .notes
            .iter()
            .map(|note| Note {
                who: labels::actor(desk, &note.by, visitor.name.as_str()),
                at: clock.hour(note.at),
                text: note.text.clone(),
            })
            .collect(),
        orders: file.orders.iter().map(|order| explain::order(order, clock.now)).collect(),
        earlier: earlier.collect(),
    })
}
