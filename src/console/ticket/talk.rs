//! A conversation, with a ticket or without: what was said each way, why the machine said it, and what was done in between.

use std::collections::HashMap;

use askama::Template;

use crate::{
    console::{
        Shop, labels,
        problem::Problem,
        ticket::{
            act_address,
            why::{self, Why},
        },
        visit::{Visit, Visitor},
        when::{Clock, Moment},
        words::{desk, fill, reasons, ticket::Words},
    },
    model::{
        closing::CloseResult,
        delivery::DeliveryState,
        ids::InboundId,
        inbound::{Attachment, ChannelKind},
        outbound::OutboundKind,
        ticket::{EventKind, TicketEvent, Urgency},
        verdict::Verdict,
    },
    service::original::{self, Extras},
    store::{
        conversation::Conversation,
        drafts::IN_A_REPLY,
        outbox::{PATIENCE, SCHEDULED},
        ticket::TicketFile,
        timeline::{self, Came, Happened, Went},
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
    /// Where the forms of the conversation go.
    pub(super) act: String,
    /// What is written on the button that stops the machine.
    pub(super) stop: &'static str,
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
    /// Why the machine did with a message what it did, where that is not told elsewhere on the page.
    pub(super) why: Option<Why>,
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

/// Reads the conversation of a ticket that its reader found in that list. The page has the newest decision beside it.
pub(super) async fn of(
    shop: &Shop,
    visit: &Visit,
    file: &TicketFile,
    clock: &Clock,
    list: &str,
) -> Result<Talk, Problem> {
    let visitor = visit.visitor()?;
    let (words, desk) = (Words::of(visit.tongue), desk::Words::of(visit.tongue));
    let undo = file.undoable.as_ref().filter(|undoable| undoable.until > clock.now).map(|undoable| Undo {
        mine: undoable.by == visitor.name,
        who: labels::actor(desk, undoable.by.as_str(), visitor.name.as_str()),
        did: labels::event(desk, undoable.what),
        until: clock.second(undoable.until),
        seconds: undoable.until.duration_since(clock.now).as_secs().max(1),
    });
    let messages = file.timeline.iter().filter(|moment| matches!(moment.what, Happened::Came(_))).count();
    Ok(Talk {
        words,
        act: act_address(file.ticket.id, list),
        stop: words.stop,
        version: file.ticket.version,
        csrf: visitor.csrf.clone(),
        undo,
        pending: file.pending.as_ref().map(|pending| waiting(pending, clock)),
        scheduled: file.scheduled.as_ref().map(|scheduled| waiting(scheduled, clock)),
        items: items(shop, visitor, &Told::with(file), clock).await?,
        can_split: messages > 1 && file.ticket.merged_into.is_none(),
    })
}

/// Reads a conversation that has no open ticket: all that can be done is to take it over.
pub(super) async fn of_conversation(
    shop: &Shop,
    visit: &Visit,
    conversation: &Conversation,
    clock: &Clock,
) -> Result<Talk, Problem> {
    let visitor = visit.visitor()?;
    let words = Words::of(visit.tongue);
    Ok(Talk {
        words,
        act: conversation.newest.map(|message| format!("/inbound/{message}/take")).unwrap_or_default(),
        stop: words.stop_take,
        version: 0,
        csrf: visitor.csrf.clone(),
        undo: None,
        pending: conversation.pending.as_ref().map(|pending| waiting(pending, clock)),
        scheduled: None,
        items: items(shop, visitor, &Told { timeline: &conversation.timeline, verdict: None, reasons: &[] }, clock)
            .await?,
        can_split: false,
    })
}

fn waiting(waiting: &timeline::Waiting, clock: &Clock) -> Waiting {
    Waiting { text: waiting.text.clone(), at: clock.hour(waiting.at) }
}

/// A conversation, and what of it the page tells elsewhere.
struct Told<'a> {
    timeline: &'a [timeline::Moment],
    verdict: Option<&'a Verdict>,
    reasons: &'a [String],
}

impl<'a> Told<'a> {
    fn with(file: &'a TicketFile) -> Self {
        let TicketFile { timeline, last_verdict, ticket, .. } = file;
        Self { timeline, verdict: last_verdict.as_ref(), reasons: &ticket.reasons }
    }
}

/// Tells everything that was said, each message with its files and why the machine did with it what it did.
async fn items(shop: &Shop, visitor: &Visitor, told: &Told<'_>, clock: &Clock) -> Result<Vec<Item>, Problem> {
    let extras = extras(shop, told.timeline).await?;
    let telling = Telling {
        words: Words::of(clock.tongue),
        desk: desk::Words::of(clock.tongue),
        me: visitor.name.as_str(),
        clock,
        extras: &extras,
        reasons: told.reasons,
    };
    let mut items = telling.all(told.timeline);
    let mut whys = whys(shop, told.timeline, told.verdict, clock).await?;
    for item in &mut items {
        if let Item::Said(bubble) = item {
            bubble.why = bubble.inbound.and_then(|inbound| whys.remove(&inbound));
        }
    }
    Ok(items)
}

/// Reads why the machine did with the newest messages what it did.
async fn whys(
    shop: &Shop,
    timeline: &[timeline::Moment],
    told: Option<&Verdict>,
    clock: &Clock,
) -> Result<HashMap<i64, Why>, Problem> {
    let decisions = shop.store.explained(timeline).await?;
    let engine = shop.live.engine();
    let others = decisions.iter().filter(|decision| Some(&decision.verdict) != told);
    let why = |text: &str, verdict: &Verdict| why::of(text, verdict, &engine, clock.tongue, clock.now);
    Ok(others.map(|decision| (decision.message.0, why(&decision.text, &decision.verdict))).collect())
}

/// Reads which of the newest mails have HTML and files.
async fn extras(shop: &Shop, timeline: &[timeline::Moment]) -> Result<HashMap<i64, Extras>, Problem> {
    let mails = timeline.iter().rev().filter_map(|moment| match &moment.what {
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
    /// Why a person is asked, which stands above the conversation.
    reasons: &'a [String],
}

impl Telling<'_> {
    /// Returns what happened, in order. That a person is asked is said again only where it is for another reason.
    fn all(&self, timeline: &[timeline::Moment]) -> Vec<Item> {
        let mut asked = false;
        let mut items = Vec::new();
        for moment in timeline {
            let Some(item) = self.item(moment) else { continue };
            if let (Happened::Did(event), Item::Done(line)) = (&moment.what, &item)
                && event.what == EventKind::Opened
            {
                let again = asked && line.text.is_empty();
                asked = true;
                if again {
                    continue;
                }
            }
            items.push(item);
        }
        items
    }

    fn item(&self, moment: &timeline::Moment) -> Option<Item> {
        let at = self.clock.hour(moment.at);
        match &moment.what {
            Happened::Came(came) => Some(Item::Said(Box::new(self.came(came, at)))),
            // What waits stands above the conversation, with what can be done about it.
            Happened::Went(went) if went.state == DeliveryState::Held.as_str() => None,
            Happened::Went(went) if went.reason.as_deref() == Some(SCHEDULED) => None,
            // What a person sent stands there as theirs.
            Happened::Went(went) if is_in_a_reply(went) => None,
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
            why: None,
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
                OutboundKind::Draft => self.words.draft_title,
                _ if went.state == DeliveryState::Cancelled.as_str() => self.words.not_by_machine,
                OutboundKind::Ack => self.words.kind_ack,
                OutboundKind::Ask => self.words.kind_ask,
                OutboundKind::Answer => self.words.by_machine,
            }),
            at,
            subject: None,
            text: went.text.clone(),
            state: self.standing(went),
            inbound: None,
            html: false,
            files: Vec::new(),
            why: None,
        }
    }

    fn standing(&self, went: &Went) -> Option<Standing> {
        let state = DeliveryState::from_word(&went.state)?;
        let patient = went.reason.as_deref().is_some_and(|reason| PATIENCE.contains(&reason));
        let (words, bad) = match state {
            DeliveryState::Ready if went.leaves_at.is_some() => (self.words.st_ready, false),
            DeliveryState::RetryAt if patient => (self.words.st_ready, false),
            state => labels::delivery(self.words, state),
        };
        let waits = state == DeliveryState::Ready || patient;
        let reason = went.reason.as_deref().filter(|_| bad);
        Some(Standing {
            words,
            // That a draft was not sent is nobody's trouble.
            bad: bad && went.kind != OutboundKind::Draft,
            at: went.leaves_at.filter(|_| waits).map(|at| self.clock.hour(at)),
            reason: reason.map(|reason| reasons::told(self.clock.tongue, reason)),
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
            why: None,
        }
    }

    fn line(&self, event: &TicketEvent, at: Moment) -> Line {
        Line {
            who: labels::actor(self.desk, &event.by, self.me),
            did: labels::event(self.desk, event.what),
            text: match (event.what, EventKind::from_word(&event.text)) {
                // What was taken back is written down by its word.
                (EventKind::Undone, Some(what)) => labels::event(self.desk, what).to_owned(),
                (EventKind::Urgency, _) => Urgency::from_word(&event.text)
                    .map_or_else(|| event.text.clone(), |urgency| labels::urgency(self.desk, urgency).to_owned()),
                (EventKind::Opened, _) => {
                    let more = event.text.lines().filter(|line| !self.reasons.iter().any(|reason| reason == line));
                    more.map(|line| reasons::told(self.clock.tongue, line)).collect::<Vec<_>>().join(" ")
                }
                (EventKind::Closed, _) => self.closed(&event.text),
                (EventKind::Snoozed, _) => self.until(&event.text),
                (EventKind::Split | EventKind::Merged | EventKind::Alarm | EventKind::Delivery, _) => {
                    reasons::told(self.clock.tongue, &event.text)
                }
                _ => event.text.clone(),
            },
            at,
        }
    }

    /// Tells until when something is put off, by the desk's clock.
    fn until(&self, text: &str) -> String {
        let at = text.strip_prefix("until ").and_then(|at| at.parse().ok());
        at.map_or_else(|| text.to_owned(), |at| fill(self.words.until, &[self.clock.hour(at).words()]))
    }

    /// Tells how a case ended: the words of whoever closed it, then the account that [`crate::desk::close::words`] wrote below.
    fn closed(&self, text: &str) -> String {
        let (said, account) = text.rsplit_once('\n').unwrap_or(("", text));
        match self.account(account) {
            Some(account) if said.is_empty() => account,
            Some(account) => format!("{said}\n{account}"),
            None => text.to_owned(),
        }
    }

    /// Reads an account again; none if it is something else.
    fn account(&self, line: &str) -> Option<String> {
        let parts = line.split(", ").map(|part| {
            let (key, value) = part.split_once(": ")?;
            let (label, value) = match key {
                "result" => (self.words.close_result, labels::result(self.desk, CloseResult::from_word(value)?)),
                "cause" => (self.words.close_cause, labels::case_cause(self.desk, value)),
                "compensation" if value == "none" => (self.words.close_compensation, self.words.close_nothing),
                "compensation" => (self.words.close_compensation, value),
                _ => return None,
            };
            Some(format!("{label}: {value}"))
        });
        Some(parts.collect::<Option<Vec<_>>>()?.join(" · "))
    }
}

/// Returns whether a draft stands below, as what a person sent.
fn is_in_a_reply(went: &Went) -> bool {
    went.kind == OutboundKind::Draft
        && went.state == DeliveryState::Cancelled.as_str()
        && went.reason.as_deref().is_some_and(|reason| IN_A_REPLY.contains(&reason))
}

fn listed(place: usize, file: &Attachment) -> File {
    let size = match file.size {
        bytes @ 0..1024 => format!("{bytes} B"),
        bytes @ 1024..1_048_576 => format!("{} KB", bytes / 1024),
        bytes => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    };
    File { name: file.name.clone(), size, place }
}
