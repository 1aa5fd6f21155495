//! What a story expects of one step, and whether it came about.

use std::fmt::Display;

use jiff::Timestamp;

use crate::{
    check::story::silence,
    diagnostic::source::Span,
    model::{
        ids::{IntentId, ReplyId},
        language::Language,
        outbound::OutboundKind,
        ticket::{Ticket, TicketState, Urgency},
        verdict::{LossReason, Outcome, PlannedMessage, Verdict},
    },
};

/// One expectation with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// What must hold.
    pub what: Expected,
    /// Where it is written.
    pub span: Span,
}

/// What must hold after a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// These intents stand, and no others.
    Intent(Vec<IntentId>),
    /// An answer of these replies goes out.
    Answer(Vec<ReplyId>),
    /// The buyer is asked with this reply.
    Ask(ReplyId),
    /// The buyer is told with this reply that a person will write.
    Ack(ReplyId),
    /// A draft of these replies waits for a person.
    Draft(Vec<ReplyId>),
    /// A person must look, for this intent where one is named.
    Escalate(Option<IntentId>),
    /// It is no case for a person.
    NoEscalation,
    /// Nothing goes out; because of this guard or rule where one is named.
    Silent(Option<String>),
    /// The words for the buyer hold these texts.
    Says(Vec<String>),
    /// The words for the buyer hold none of these texts.
    NotSays(Vec<String>),
    /// The words for the buyer are in this language.
    Lang(Language),
    /// The conversation's ticket is this urgent.
    Urgency(Urgency),
    /// The conversation's ticket stands so; none: there is none that is not closed.
    Ticket(Option<TicketState>),
    /// By when a person must have answered; none: no response clock runs.
    Due(Option<Timestamp>),
    /// The reasons on the ticket hold these texts.
    Reason(Vec<String>),
    /// The ticket carries these labels.
    Tag(Vec<String>),
    /// This rule would have hit, and its mode keeps it from counting.
    Shadow(IntentId),
}

/// What a step left behind, as far as claims look at it.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The decision; none after a step that is no message.
    pub verdict: Option<&'a Verdict>,
    /// The conversation's newest ticket.
    pub ticket: Option<&'a Ticket>,
}

/// An expectation that did not come about, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// What was expected.
    pub expected: String,
    /// What came instead.
    pub came: String,
    /// Where the expectation is written.
    pub span: Span,
}

impl Claim {
    /// Returns what came instead, if it did not come about.
    pub fn missed(&self, found: Found<'_>) -> Option<Miss> {
        let miss = |expected: String, came: String| Some(Miss { expected, came, span: self.span.clone() });
        match (&self.what, found.verdict) {
            (Expected::Ticket(wanted), _) => {
                let state = found.ticket.map(|ticket| ticket.state).filter(|state| *state != TicketState::Closed);
                let closed = found.ticket.is_some_and(|ticket| ticket.state == TicketState::Closed);
                let holds = state == *wanted || closed && *wanted == Some(TicketState::Closed);
                let word = |state: Option<TicketState>| state.map_or("none", TicketState::as_str);
                let came = if closed { "closed" } else { word(state) };
                if holds { None } else { miss(format!("ticket {}", word(*wanted)), format!("ticket {came}")) }
            }
            (Expected::Urgency(wanted), _) => match found.ticket.map(|ticket| ticket.urgency) {
                Some(urgency) if urgency == *wanted => None,
                Some(urgency) => miss(format!("urgency {}", wanted.as_str()), format!("urgency {}", urgency.as_str())),
                None => miss(format!("urgency {}", wanted.as_str()), "no ticket".to_owned()),
            },
            (Expected::Due(wanted), _) => {
                let due = found.ticket.and_then(|ticket| ticket.respond_by);
                let word =
                    |due: Option<Timestamp>| due.map_or_else(|| "due at no time".to_owned(), |at| format!("due {at}"));
                if due == *wanted { None } else { miss(word(*wanted), word(due)) }
            }
            (_, None) => miss("a decision".to_owned(), "nothing was decided in this step".to_owned()),
            (what, Some(verdict)) => {
                let (expected, came) = of_verdict(what, verdict)?;
                miss(expected, came)
            }
        }
    }
}

/// Returns what was expected and what came, if they differ.
fn of_verdict(what: &Expected, verdict: &Verdict) -> Option<(String, String)> {
    match what {
        Expected::Intent(intents) => {
            let found = verdict.intents();
            let same = found.len() == intents.len() && intents.iter().all(|intent| found.contains(intent));
            (!same).then(|| (format!("intent {}", listed(intents)), format!("intent {}", listed(&found))))
        }
        Expected::Answer(replies) => message(verdict, OutboundKind::Answer, replies),
        Expected::Ask(reply) => message(verdict, OutboundKind::Ask, std::slice::from_ref(reply)),
        Expected::Ack(reply) => message(verdict, OutboundKind::Ack, std::slice::from_ref(reply)),
        Expected::Draft(replies) => message(verdict, OutboundKind::Draft, replies),
        Expected::Escalate(intent) => escalation(verdict, intent.as_ref()),
        Expected::NoEscalation => {
            let escalated = matches!(verdict.outcome, Outcome::Escalated { .. });
            escalated.then(|| ("no case for a person".to_owned(), said(verdict)))
        }
        Expected::Silent(because) => silent(verdict, because.as_deref()),
        Expected::Says(texts) => {
            let spoken = words(verdict);
            let missing: Vec<&String> = texts.iter().filter(|text| !spoken.contains(&plain(text))).collect();
            (!missing.is_empty()).then(|| (format!("to say {}", quoted(&missing)), shown(verdict)))
        }
        Expected::NotSays(texts) => {
            let spoken = words(verdict);
            let there: Vec<&String> = texts.iter().filter(|text| spoken.contains(&plain(text))).collect();
            (!there.is_empty()).then(|| (format!("not to say {}", quoted(&there)), shown(verdict)))
        }
        Expected::Lang(language) => {
            let found = verdict.messages.first().map(|message| message.language);
            let came = found.map_or_else(|| said(verdict), |found| format!("language {found}"));
            (found != Some(*language)).then(|| (format!("language {language}"), came))
        }
        Expected::Reason(texts) => {
            let reasons = verdict.ticket.as_ref().map(|ticket| ticket.reasons.join(" ")).unwrap_or_default();
            let missing: Vec<&String> = texts.iter().filter(|text| !plain(&reasons).contains(&plain(text))).collect();
            let came = if reasons.is_empty() { "no reason".to_owned() } else { format!("“{reasons}”") };
            (!missing.is_empty()).then(|| (format!("the reason {}", quoted(&missing)), came))
        }
        Expected::Tag(tags) => {
            let found = verdict.ticket.as_ref().map(|ticket| ticket.tags.clone()).unwrap_or_default();
            let holds = tags.iter().all(|tag| found.contains(tag));
            (!holds).then(|| (format!("tag {}", tags.join(", ")), format!("tag {}", listed(&found))))
        }
        Expected::Shadow(rule) => {
            let kept =
                |loser: &crate::model::verdict::Loser| loser.rule == *rule && matches!(loser.why, LossReason::Mode(_));
            let shadowed = verdict.losers.iter().any(kept);
            (!shadowed).then(|| (format!("{rule} in the shadow"), said(verdict)))
        }
        Expected::Ticket(_) | Expected::Urgency(_) | Expected::Due(_) => None,
    }
}

fn message(verdict: &Verdict, kind: OutboundKind, replies: &[ReplyId]) -> Option<(String, String)> {
    let fits = |message: &PlannedMessage| {
        message.kind == kind
            && message.replies.len() == replies.len()
            && replies.iter().all(|reply| message.replies.contains(reply))
    };
    let found = verdict.messages.iter().any(fits);
    (!found).then(|| (format!("{} {}", kind.as_str(), listed(replies)), said(verdict)))
}

fn escalation(verdict: &Verdict, intent: Option<&IntentId>) -> Option<(String, String)> {
    let expected = intent.map_or_else(|| "a person".to_owned(), |intent| format!("a person, for {intent}"));
    let Some(ticket) = &verdict.ticket else { return Some((expected, said(verdict))) };
    let fits = intent.is_none_or(|intent| ticket.intent.as_ref() == Some(intent));
    (!fits).then(|| (expected, said(verdict)))
}

fn silent(verdict: &Verdict, because: Option<&str>) -> Option<(String, String)> {
    let spoken = verdict.messages.iter().any(|message| message.kind != OutboundKind::Draft);
    let Some(because) = because else {
        return spoken.then(|| ("silence".to_owned(), said(verdict)));
    };
    let by_rule = match &verdict.outcome {
        Outcome::Suppressed { reason } => reason.strip_prefix("rule ") == Some(because),
        _ => false,
    };
    let by_guard = silence::guard(because).is_some_and(|id| verdict.guards.iter().any(|hit| hit.guard == id));
    (spoken || !by_rule && !by_guard).then(|| (format!("silence, because of {because}"), said(verdict)))
}

/// Says in one line what a verdict does.
pub fn said(verdict: &Verdict) -> String {
    let mut parts: Vec<String> = verdict
        .messages
        .iter()
        .map(|message| format!("{} {} in {}", message.kind.as_str(), listed(&message.replies), message.language))
        .collect();
    if parts.is_empty() {
        parts.push("silence".to_owned());
    }
    match &verdict.outcome {
        Outcome::Suppressed { reason } => parts.push(format!("because of {}", because(reason))),
        Outcome::Escalated { .. } => {
            let intent = verdict.ticket.as_ref().and_then(|ticket| ticket.intent.as_ref());
            parts.push(intent.map_or_else(|| "a person".to_owned(), |intent| format!("a person, for {intent}")));
        }
        Outcome::Answered | Outcome::Asked => {}
    }
    if let (Some(guard), Outcome::Escalated { .. }) = (verdict.guards.first(), &verdict.outcome) {
        parts.push(format!("because of {}", silence::name(&guard.guard)));
    }
    parts.join("; ")
}

/// Returns the guard's or rule's name.
fn because(reason: &str) -> String {
    reason.strip_prefix("rule ").map_or_else(|| silence::name(reason).to_owned(), str::to_owned)
}

fn words(verdict: &Verdict) -> String {
    verdict.messages.iter().map(|message| plain(&message.text)).collect::<Vec<_>>().join(" ")
}

/// Returns the text on one line, so that line breaks of a reply do not matter.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown(verdict: &Verdict) -> String {
    let spoken = words(verdict);
    if spoken.is_empty() { said(verdict) } else { format!("“{spoken}”") }
}

fn quoted(texts: &[&String]) -> String {
    texts.iter().map(|text| format!("“{text}”")).collect::<Vec<_>>().join(", ")
}

fn listed<T: Display>(names: &[T]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
