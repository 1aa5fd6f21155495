//! What is known of a person under other addresses than the one before the reader, each under its own heading: people said
//! that they are one person's, and people err, so whoever reads an order or a note must see whose it is.

use crate::{
    console::{
        labels, order_line,
        visit::Visitor,
        when::{Clock, Moment},
        words::{buyers::Words, desk},
    },
    store::{
        card::BuyerNote,
        person::{OtherAddress, Person},
    },
};

/// So many conversations without a ticket stand under an address; all of them are on its own page.
const TALKS: usize = 10;

/// Another address. The template is `pages/buyer_other.html`, included where a page has an `other`.
pub(super) struct Other {
    pub(super) words: &'static Words,
    pub(super) id: i64,
    pub(super) address: String,
    pub(super) name: String,
    pub(super) messages: u32,
    pub(super) orders: Vec<String>,
    pub(super) tickets: Vec<TicketThere>,
    pub(super) talks: Vec<TalkThere>,
    pub(super) notes: Vec<Note>,
}

/// A ticket of that address.
pub(super) struct TicketThere {
    pub(super) id: i64,
    pub(super) subject: String,
    pub(super) state: &'static str,
    pub(super) at: Moment,
}

/// A conversation of that address that has no ticket.
pub(super) struct TalkThere {
    pub(super) id: i64,
    pub(super) subject: String,
    pub(super) at: Option<Moment>,
}

/// What a person noted of an address.
pub(super) struct Note {
    pub(super) who: String,
    pub(super) at: Moment,
    pub(super) text: String,
}

/// Tells of every other address of a person.
pub(super) fn others(person: &Person, visitor: &Visitor, clock: &Clock) -> Vec<Other> {
    person.others.iter().map(|other| told(other, visitor, clock)).collect()
}

/// Tells what was noted.
pub(super) fn notes(notes: &[BuyerNote], visitor: &Visitor, clock: &Clock) -> Vec<Note> {
    let desk = desk::Words::of(clock.tongue);
    let told = |note: &BuyerNote| Note {
        who: labels::actor(desk, &note.by, visitor.name.as_str()),
        at: clock.hour(note.at),
        text: note.text.clone(),
    };
    notes.iter().map(told).collect()
}

fn told(other: &OtherAddress, visitor: &Visitor, clock: &Clock) -> Other {
    let OtherAddress { buyer, known } = other;
    let desk = desk::Words::of(clock.tongue);
    let tickets = known.tickets.iter().map(|ticket| TicketThere {
        id: ticket.id.0,
        subject: ticket.subject.clone(),
        state: labels::state(desk, ticket.state),
        at: clock.hour(ticket.opened_at),
    });
    let talks = known.conversations.iter().filter(|talk| talk.ticket.is_none()).take(TALKS).map(|talk| TalkThere {
        id: talk.id.0,
        subject: talk.subject.clone(),
        at: talk.last_at.map(|at| clock.hour(at)),
    });
    Other {
        words: Words::of(clock.tongue),
        id: buyer.id.0,
        address: buyer.key.clone(),
        name: buyer.name.clone().unwrap_or_default(),
        messages: known.messages,
        orders: known.orders.iter().map(|order| order_line::of(order, clock.now, clock.tongue)).collect(),
        tickets: tickets.collect(),
        talks: talks.collect(),
        notes: notes(&known.notes, visitor, clock),
    }
}
