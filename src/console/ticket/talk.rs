//! The conversation of a ticket: what was said each way, and what was done in between.

use std::collections::HashMap;

use askama::Template;

use crate::{
    console::{
        Shop, labels,
        problem::Problem,
        visit::Visit,
        when::{Clock, Moment},
        words::{desk, ticket::Words},
    },
    model::{
        delivery::DeliveryState,
        ids::InboundId,
        inbound::{Attachment, ChannelKind},
        outbound::OutboundKind,
        ticket::{EventKind, TicketEvent},
    },
    service::original::{self, Extras},
    store::{
        ticket::TicketFile,
        timeline::{Came, Happened, Went},
    },
};

/// Of so many of the newest mails the files are listed; older ones are downloaded whole.
const MAILS_READ: usize = 20;

/// Mails of more than this together are not read for their files: the page would take too long.
const BYTES_READ: usize = 64 * 1024 * 1024;

/// The conversation with what stands above it.
#[derive(Template)]
#[template(path = "ticket_talk.html")]
pub(super) struct Talk {
    pub(super) words: &'static Words,
    pub(super) id: i64,
    pub(super) version: i64,
    pub(super) csrf: String,
    pub(super) undo: Option<Undo>,
    pub(super) pending: Option<Waiting>,
    pub(super) scheduled: Option<Waiting>,
    pub(super) items: Vec<Item>,
    pub(super) can_split: bool,
}

/// A template writes what it was given with everything escaped.
impl askama::filters::HtmlSafe for Talk {}

/// What can still be taken back.
pub(super) struct Undo {
    pub(super) mine: bool,
    pub(super) who: String,
    pub(super) did: &'static str,
    pub(super) until: Moment,
    pub(super) seconds: i64,
}

/// What has not left yet.
pub(super) struct Waiting {
    pub(super) text: String,
    pub(super) at: Moment,
}

/// One thing of the conversation.
pub(super) enum Item {
    /// Something that was said.
    Said(Box<Bubble>),
    /// Something that was done.
    Done(Line),
}

/// Something that was said.
pub(super) struct Bubble {
    /// `buyer`, `shop`, `machine`, `note` or `draft`.
    pub(super) side: &'static str,
    pub(super) who: String,
    pub(super) badge: Option<&'static str>,
    pub(super) at: Moment,
    pub(super) subject: Option<String>,
    pub(super) text: String,
    /// Where a message of ours stands, and whether that needs attention.
    pub(super) state: Option<Standing>,
    pub(super) inbound: Option<i64>,
    pub(super) html: bool,
    pub(super) files: Vec<File>,
}

/// Where a message of ours stands.
pub(super) struct Standing {
    pub(super) words: &'static str,
    pub(super) bad: bool,
    pub(super) at: Option<Moment>,
    pub(super) reason: Option<String>,
}

/// One file of a message.
pub(super) struct File {
    pub(super) name: String,
    pub(super) size: String,
    pub(super) place: usize,
}

/// Something that was done.
pub(super) struct Line {
    pub(super) who: String,
    pub(super) did: &'static str,
    pub(super) text: String,
    pub(super) at: Moment,
}

/// Reads the conversation of a ticket.
pub(super) async fn of(shop: &Shop, visit: &Visit, file: &TicketFile, clock: &Clock) -> Result<Talk, Problem> {
    let visitor = visit.visitor()?;
    let desk = desk::Words::of(visit.tongue);
    let extras = extras(shop, file).await?;
    let telling = Telling { words: Words::of(visit.tongue), desk, me: visitor.name.as_str(), clock, extras: &extras };
    let undo = file.undoable.as_ref().filter(|undoable| undoable.until > clock.now).map(|undoable| Undo {
        mine: undoable.by == visitor.name,
        who: labels::actor(desk, undoable.by.as_str(), visitor.name.as_str()),
        did: labels::event(desk, undoable.what),
        until: clock.second(undoable.until),
        seconds: undoable.until.duration_since(clock.now).as_secs().max(1),
    });
    let waiting =
        |waiting: &crate::store::timeline::Waiting| Waiting { text: waiting.text.clone(), at: clock.hour(waiting.at) };
    let messages = file.timeline.iter().filter(|moment| matches!(moment.what, Happened::Came(_))).count();
    Ok(Talk {
        words: Words::of(visit.tongue),
        id: file.ticket.id.0,
        version: file.ticket.version,
        csrf: visitor.csrf.clone(),
        undo,
        pending: file.pending.as_ref().map(waiting),
        scheduled: file.scheduled.as_ref().map(waiting),
        items: file.timeline.iter().filter_map(|moment| telling.item(moment)).collect(),
        can_split: messages > 1 && file.ticket.merged_into.is_none(),
    })
}

/// Reads which of the newest mails have HTML and files.
async fn extras(shop: &Shop, file: &TicketFile) -> Result<HashMap<i64, Extras>, Problem> {
    let mails = file.timeline.iter().rev().filter_map(|moment| match &moment.what {
        Happened::Came(came) if came.channel == ChannelKind::Email => Some(came.id),
        _ => None,
    });
    let (mut found, mut read) = (HashMap::new(), 0);
    for id in mails.take(MAILS_READ).collect::<Vec<InboundId>>() {
        let Some(stored) = shop.store.message(id).await? else { continue };
        read += stored.received.raw.len();
        if read > BYTES_READ {
            break;
        }
        let extras = shop.busy.work(move || original::extras(&stored.received)).await?;
        found.insert(id.0, extras);
    }
    Ok(found)
}

/// What everything is told with.
struct Telling<'a> {
    words: &'static Words,
    desk: &'static desk::Words,
    me: &'a str,
    clock: &'a Clock,
    extras: &'a HashMap<i64, Extras>,
}

impl Telling<'_> {
    fn item(&self, moment: &crate::store::timeline::Moment) -> Option<Item> {
        let at = self.clock.hour(moment.at);
        match &moment.what {
            Happened::Came(came) => Some(Item::Said(Box::new(self.came(came, at)))),
            // What waits stands above the conversation, with what can be done about it.
            Happened::Went(went) if went.state == DeliveryState::Held.as_str() => None,
            Happened::Went(went) => Some(Item::Said(Box::new(self.went(went, at)))),
            Happened::Did(event) if event.what == EventKind::Note => Some(Item::Said(Box::new(self.note(event, at)))),
            Happened::Did(event) => Some(Item::Done(self.line(event, at))),
        }
    }

    fn came(&self, came: &Came, at: Moment) -> Bubble {
        let extras = self.extras.get(&came.id.0);
        let files = extras.map(|extras| extras.files.as_slice()).unwrap_or_default();
        Bubble {
            side: if came.in_sent { "shop" } else { "buyer" },
            who: came.from.clone(),
            badge: match came {
                came if came.in_sent => Some(self.words.from_sent),
                came if came.suppressed => Some(self.words.machine_mail),
                _ => None,
            },
            at,
            subject: Some(came.subject.clone()).filter(|subject| !subject.is_empty()),
            text: came.text.clone(),
            state: None,
            inbound: Some(came.id.0),
            html: extras.is_some_and(|extras| extras.html),
            files: files.iter().enumerate().map(|(place, file)| listed(place, file)).collect(),
        }
    }

    fn went(&self, went: &Went, at: Moment) -> Bubble {
        let who = match (&went.author, went.human) {
            (Some(author), true) => labels::actor(self.desk, author, self.me),
            (None, true) => self.desk.shop.to_owned(),
            (_, false) => self.desk.machine.to_owned(),
        };
        Bubble {
            side: if went.human { "shop" } else { "machine" },
            who,
            badge: (!went.human).then_some(match went.kind {
                OutboundKind::Ack => self.words.kind_ack,
                OutboundKind::Ask => self.words.kind_ask,
                OutboundKind::Answer | OutboundKind::Draft => self.words.by_machine,
            }),
            at,
            subject: None,
            text: went.text.clone(),
            state: self.standing(went),
            inbound: None,
            html: false,
            files: Vec::new(),
        }
    }

    fn standing(&self, went: &Went) -> Option<Standing> {
        let state = DeliveryState::from_word(&went.state)?;
        let (words, bad) = match state {
            DeliveryState::Held => (self.words.st_held, false),
            DeliveryState::Ready if went.leaves_at.is_some() => (self.words.st_ready, false),
            DeliveryState::Ready => (self.words.st_on_its_way, false),
            DeliveryState::Sending => (self.words.st_sending, false),
            DeliveryState::RetryAt => (self.words.st_retry, true),
            DeliveryState::Sent | DeliveryState::VerifiedSent => (self.words.st_sent, false),
            DeliveryState::Uncertain | DeliveryState::Escalated => (self.words.st_uncertain, true),
            DeliveryState::Cancelled => (self.words.st_cancelled, true),
        };
        let waits = state == DeliveryState::Ready;
        Some(Standing {
            words,
            bad,
            at: went.leaves_at.filter(|_| waits).map(|at| self.clock.hour(at)),
            reason: went.reason.clone().filter(|_| bad),
        })
    }

    fn note(&self, event: &TicketEvent, at: Moment) -> Bubble {
        Bubble {
            side: "note",
            who: labels::actor(self.desk, &event.by, self.me),
            badge: Some(self.words.note),
            at,
            subject: None,
            text: event.text.clone(),
            state: None,
            inbound: None,
            html: false,
            files: Vec::new(),
        }
    }

    fn line(&self, event: &TicketEvent, at: Moment) -> Line {
        Line {
            who: labels::actor(self.desk, &event.by, self.me),
            did: labels::event(self.desk, event.what),
            text: match (event.what, EventKind::from_word(&event.text)) {
                // What was taken back is written down by its word.
                (EventKind::Undone, Some(what)) => labels::event(self.desk, what).to_owned(),
                _ => event.text.clone(),
            },
            at,
        }
    }
}

fn listed(place: usize, file: &Attachment) -> File {
    let size = match file.size {
        bytes @ 0..1024 => format!("{bytes} B"),
        bytes @ 1024..1_048_576 => format!("{} KB", bytes / 1024),
        bytes => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    };
    File { name: file.name.clone(), size, place }
}
