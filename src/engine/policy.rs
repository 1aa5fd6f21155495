//! From what stands to what is done: answer, ask, draft, ticket, silence.

use std::collections::BTreeMap;

use crate::{
    engine::{
        Engine, confidence,
        escalate::{self, Reasons},
        guard::{self, Case, Proposal, Stage},
        slots::{self, Filled},
        understand::Understanding,
    },
    model::{
        ids::{IntentId, ReplyId},
        mode::Mode,
        outbound::OutboundKind,
        thread::PendingAsk,
        verdict::GuardHit,
    },
    rules::rule::{Action, Category, Rule},
};

/// More topics in one mail are a conversation, and that is a person's.
const MAX_INTENTS: usize = 3;

/// What is to be done with one message.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// The message to write, if any.
    pub message: Option<Draft>,
    /// The ack to write beside a ticket, if no message is sent.
    pub ack: Option<ReplyId>,
    /// Why a person must look; empty means no ticket.
    pub reasons: Reasons,
    /// The rule that ends the message in silence.
    pub silent: Option<IntentId>,
    /// The question to remember.
    pub pending: Option<PendingAsk>,
    /// Guards that spoke when the answer was planned.
    pub guards: Vec<GuardHit>,
}

/// A message to be written.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Answer, ask or draft.
    pub kind: OutboundKind,
    /// The intents it speaks to.
    pub intents: Vec<IntentId>,
    /// The replies, most important first.
    pub replies: Vec<ReplyId>,
    /// Values of slots.
    pub values: BTreeMap<String, String>,
    /// Some questions are left to a person, and the message says so.
    pub uncovered: bool,
}

impl Plan {
    /// Returns a ticket without a word to the buyer.
    pub(super) fn silent_ticket(reasons: Reasons) -> Self {
        Self { reasons, ..Self::default() }
    }

    fn ticket(case: &Case<'_>, reason: impl Into<String>, rule: Option<&Rule>) -> Self {
        Self { reasons: Reasons::one(reason), ack: escalate::ack(case, rule), ..Self::default() }
    }
}

/// Decides what to do with a message that no guard stopped.
///
/// Where an escalating rule stands there is a ticket, and the other half is answered only if every such rule allows it.
pub(super) fn plan(engine: &Engine, case: &Case<'_>, understanding: &Understanding<'_>) -> Plan {
    let escalating = understanding.rules(Action::Escalate);
    let answering = understanding.rules(Action::Answer);
    let strict = escalating.iter().any(|rule| !rule.with_answer);
    if escalating.is_empty() && answering.is_empty() {
        return without_answer(case, understanding);
    }
    let mut plan = if strict || answering.is_empty() {
        let first = escalating.first().copied();
        Plan { ack: escalate::ack(case, first), ..Plan::default() }
    } else {
        answer_if_sure(engine, case, understanding, &escalating, &answering)
    };
    for rule in &escalating {
        plan.reasons.add(format!("For a person: {} (rule {}).", rule.title, rule.id));
    }
    plan
}

/// Answers unless something about the message as a whole raises a doubt.
fn answer_if_sure(
    engine: &Engine,
    case: &Case<'_>,
    understanding: &Understanding<'_>,
    escalating: &[&Rule],
    answering: &[&Rule],
) -> Plan {
    if let Some(doubt) = doubt(engine, understanding, answering) {
        return Plan::ticket(case, doubt, escalating.first().copied());
    }
    let uncovered = understanding.uncovered();
    let rest = !uncovered.is_empty() || !escalating.is_empty();
    let mut plan = answer(engine, case, understanding, answering, rest);
    if !uncovered.is_empty() {
        plan.reasons.add(format!("Not covered by a rule: {}", quoted(&uncovered)));
    }
    plan
}

/// Returns why the message is not answered though rules stand.
fn doubt(engine: &Engine, understanding: &Understanding<'_>, answering: &[&Rule]) -> Option<String> {
    if let Some(language) = understanding.foreign_language {
        return Some(format!("The message is in a language without rules: {language}."));
    }
    if answering.len() > MAX_INTENTS {
        return Some(format!("{} topics in one message, more than {MAX_INTENTS}.", answering.len()));
    }
    let mut answers = understanding.hits.iter().filter(|(rule, _)| rule.action == Action::Answer);
    let doubted =
        answers.find_map(|(rule, hit)| Some((&rule.id, confidence::doubt(engine, understanding, rule, hit)?)));
    if let Some((rule, doubt)) = doubted {
        return Some(format!("Perhaps {rule}: {doubt}."));
    }
    let (asks, covered) = confidence::coverage(understanding);
    let missed = asks - covered;
    let uncovered = quoted(&understanding.uncovered());
    (missed > covered).then(|| format!("{missed} of {asks} questions are not covered by a rule: {uncovered}"))
}

/// Nothing to answer with: silence if a rule says so and nothing else is asked, else a ticket.
fn without_answer(case: &Case<'_>, understanding: &Understanding<'_>) -> Plan {
    let suppressing = understanding.rules(Action::Suppress);
    // Thanks end a conversation only if nothing else is said: a complaint need not be a question.
    let ends = |rule: &&&Rule| match rule.category {
        Category::Closing => understanding.is_explained(),
        _ => understanding.uncovered().is_empty(),
    };
    if let Some(rule) = suppressing.first().filter(ends) {
        return Plan { silent: Some(rule.id.clone()), ..Plan::default() };
    }
    if let Some(pending) = &understanding.pending {
        let reason = format!("Asked for the {}, and the answer does not name one.", pending.slot.replace('_', " "));
        return Plan::ticket(case, reason, None);
    }
    if is_without_words(understanding) {
        // To answer a smiley with a letter is what machines are laughed at for.
        return Plan::silent_ticket(Reasons::one("No words, only signs."));
    }
    Plan::ticket(case, escalate::nothing_covers(understanding), None)
}

/// Returns whether the text is smileys and the like; a question mark alone is a question.
fn is_without_words(understanding: &Understanding<'_>) -> bool {
    let text = understanding.reading.original();
    understanding.reading.sentences().is_empty() && !text.contains(['?', '？', '؟']) && understanding.hits.is_empty()
}

fn answer(
    engine: &Engine,
    case: &Case<'_>,
    understanding: &Understanding<'_>,
    rules: &[&Rule],
    uncovered: bool,
) -> Plan {
    let mut draft = Draft {
        kind: OutboundKind::Answer,
        intents: Vec::new(),
        replies: Vec::new(),
        values: slots::unambiguous(understanding),
        uncovered,
    };
    let (mut pending, mut answered) = (None, false);
    for rule in rules {
        match slots::fill(engine, rule, understanding, case.ctx, case.now) {
            Filled::Ready(values) => {
                draft.values.extend(values);
                draft.replies.extend(rule.reply.as_ref().map(|reply| reply.value.clone()));
                answered = true;
            }
            Filled::Ask { slot, question, known } => {
                draft.replies.push(question);
                pending = Some(PendingAsk { intent: rule.id.clone(), slot, known, asked_at: case.now });
            }
            Filled::Missing { reason } => {
                return Plan::ticket(case, format!("{}: {reason}.", rule.title), Some(rule));
            }
        }
        draft.intents.push(rule.id.clone());
    }
    if !answered {
        draft.kind = OutboundKind::Ask;
    }
    let proposal = Proposal { intents: draft.intents.clone(), replies: draft.replies.clone() };
    let case_with_proposal = Case { proposal: Some(&proposal), ..*case };
    let guards = guard::objections(&case_with_proposal, Stage::Answer);
    if !guards.is_empty() {
        // A cap that was reached also silences the ack: the point is to say less.
        return Plan { reasons: Reasons::of_guards(&guards), guards, ..Plan::default() };
    }
    in_mode(case, rules, draft, pending)
}

/// Applies the trust ladder: what may not be sent becomes a draft on a ticket.
fn in_mode(case: &Case<'_>, rules: &[&Rule], mut draft: Draft, pending: Option<PendingAsk>) -> Plan {
    let ceiling = escalate::ceiling(case);
    let held = rules.iter().find(|rule| rule.mode.min(ceiling) < Mode::Auto);
    let Some(rule) = held else {
        let notices = case.ctx.counters.notices_sender_day;
        if draft.kind == OutboundKind::Ask && notices >= case.settings.limits.notices_per_sender_day {
            return Plan::ticket(case, format!("{notices} acks and questions to this sender within 24 hours."), None);
        }
        return Plan { message: Some(draft), pending, ..Plan::default() };
    };
    draft.kind = OutboundKind::Draft;
    let whose = if rule.mode <= ceiling { "the rule's mode" } else { "the channel's highest mode" };
    let mode = rule.mode.min(ceiling).as_str();
    let reason = format!("{}: a draft waits for a person, because {whose} is {mode}.", rule.title);
    let mut plan = Plan::ticket(case, reason, None);
    plan.message = Some(draft);
    plan
}

fn quoted(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("“{sentence}”")).collect::<Vec<_>>().join(", ")
}
