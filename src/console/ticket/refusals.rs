//! Why an act did not happen, in the language of the page.

use crate::{
    console::{
        labels,
        when::Clock,
        words::{desk, fill, refusal::Words},
    },
    desk::{schedule::BadMoment, transition::Refusal},
    model::{ids::AgentName, ticket::TicketEvent},
    service::{
        agents::{ActError, UndoError},
        colleague::{CannotTake, WhyNot},
    },
    store::card::BadBuyerAct,
};

/// Says why an act did not happen.
pub(super) fn act(error: &ActError, clock: &Clock, me: &str) -> String {
    let words = Words::of(clock.tongue);
    match error {
        ActError::NoTicket(ticket) => fill(words.no_ticket, &[&ticket.to_string()]),
        ActError::Refused(refused) => refusal(refused, clock),
        ActError::Conflict { last, .. } => {
            let what = last.as_ref().map_or_else(|| words.conflict_plain.to_owned(), |event| told(event, clock, me));
            fill(words.conflict, &[&what])
        }
        ActError::Colleague(cannot) => colleague(cannot, words),
        ActError::NothingToAnswer(_) => words.nothing_to_answer.to_owned(),
        ActError::TargetEnded(ticket) => fill(words.target_ended, &[&ticket.to_string()]),
        ActError::OtherBuyer { .. } => words.other_buyer.to_owned(),
        ActError::NotHere(_) => words.not_here.to_owned(),
        ActError::OnlyMessage(_) => words.only_message.to_owned(),
        ActError::Doubtful { phrases, also } => {
            let doubt = fill(words.doubtful, &[&phrases.join(", ")]);
            let also = also.as_ref().map(|also| format!(" {}", refusal(also, clock)));
            format!("{doubt}{}", also.unwrap_or_default())
        }
        ActError::Outgoing(error) => fill(words.outgoing, &[&error.to_string()]),
        ActError::NameTaken(_) | ActError::Store(_) => error.to_string(),
    }
}

/// Says why somebody cannot be given a ticket, and who could.
fn colleague(cannot: &CannotTake, words: &Words) -> String {
    let why = match cannot.why {
        WhyNot::Unknown => words.no_colleague,
        WhyNot::ShutOut => words.shut_out,
        WhyNot::OtherAccounts => words.other_accounts,
    };
    let why = fill(why, &[cannot.person.as_str()]);
    if cannot.could.is_empty() {
        return why;
    }
    let names: Vec<&str> = cannot.could.iter().map(AgentName::as_str).collect();
    format!("{why} {}", fill(words.could_take, &[&names.join(", ")]))
}

/// Says who did what, and when.
fn told(event: &TicketEvent, clock: &Clock, me: &str) -> String {
    let desk = desk::Words::of(clock.tongue);
    let who = labels::actor(desk, &event.by, me);
    format!("{who} {} ({})", labels::event(desk, event.what), clock.second(event.at).words())
}

fn refusal(refused: &Refusal, clock: &Clock) -> String {
    let words = Words::of(clock.tongue);
    match refused {
        Refusal::TakenBy { owner, at, .. } => {
            let since = at.map(|at| clock.hour(at).words().to_owned()).unwrap_or_default();
            fill(words.taken, &[owner.as_str(), &since])
        }
        Refusal::AlreadyYours(_) => words.yours.to_owned(),
        Refusal::Nobodys(_) => words.nobodys.to_owned(),
        Refusal::Closed(_) => words.closed.to_owned(),
        Refusal::AlreadyOpen(_) => words.already_open.to_owned(),
        Refusal::Merged { into, .. } => fill(words.merged, &[&into.to_string()]),
        Refusal::EmptyText => words.empty.to_owned(),
        Refusal::NoDraft(_) => words.no_draft.to_owned(),
        Refusal::NothingScheduled(_) => words.nothing_scheduled.to_owned(),
        Refusal::Scheduled { at, .. } => fill(words.scheduled, &[clock.hour(*at).words()]),
        Refusal::PastDeadline { at, respond_by, .. } => {
            fill(words.past_deadline, &[clock.hour(*respond_by).words(), clock.hour(*at).words()])
        }
        Refusal::KeepsAccount { tag, .. } => fill(words.keeps_account, &[tag]),
        Refusal::Several(refusals) => {
            refusals.iter().map(|refused| refusal(refused, clock)).collect::<Vec<_>>().join(" ")
        }
        Refusal::NothingPending(_) => words.nothing_pending.to_owned(),
        Refusal::NotSnoozed(_) => words.not_snoozed.to_owned(),
        Refusal::Moment(BadMoment::Past(_)) => words.past.to_owned(),
        Refusal::Moment(BadMoment::TooFar(_)) => words.too_far.to_owned(),
        Refusal::Unaccounted { missing, .. } => fill(words.unaccounted, &[&parts(missing, words)]),
        Refusal::UnknownCause { cause, .. } => fill(words.unknown_cause, &[cause]),
        Refusal::BadTag(tag) => fill(words.bad_tag, &[tag]),
        Refusal::HasTag(tag) => fill(words.has_tag, &[tag]),
        Refusal::NoTag(tag) => fill(words.no_tag, &[tag]),
        Refusal::TooManyTags => words.too_many_tags.to_owned(),
        Refusal::IntoItself(_) => words.itself.to_owned(),
    }
}

fn parts(missing: &[&'static str], words: &Words) -> String {
    let named = missing.iter().map(|part| match *part {
        "result" => words.part_result,
        "cause" => words.part_cause,
        "compensation" => words.part_compensation,
        other => other,
    });
    named.collect::<Vec<_>>().join(", ")
}

/// Says why an act was not taken back.
pub(super) fn undo(error: &UndoError, words: &Words) -> String {
    match error {
        UndoError::Nothing(_) => words.undo_nothing.to_owned(),
        UndoError::TooLate(_) => words.undo_late.to_owned(),
        UndoError::Left(_) => words.undo_left.to_owned(),
        UndoError::Overtaken(..) => words.undo_overtaken.to_owned(),
        UndoError::Store(error) => error.to_string(),
    }
}

/// Says why something cannot be said of a buyer.
pub(in crate::console) fn buyer(bad: &BadBuyerAct, words: &Words) -> String {
    match bad {
        BadBuyerAct::EmptyNote => words.empty.to_owned(),
        BadBuyerAct::BadGrade(grade) => fill(words.bad_grade, &[grade]),
        BadBuyerAct::NoCountry(country) => fill(words.no_country, &[country]),
    }
}
