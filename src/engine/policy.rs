//! From what stands to what is done: answer, ask, draft, ticket, silence.

use std::collections::BTreeMap;

use crate::{
    engine::{
        Engine,
        alike::Alike,
        confidence, consent,
        escalate::{self, Reasons},
        guard::{self, Case, Proposal, Stage},
        slots::{self, Filled, Question},
        told,
        understand::Understanding,
    },
    model::{
        ids::{IntentId, ReplyId},
        mode::Mode,
        outbound::OutboundKind,
        thread::PendingAsk,
        verdict::{Choice, GuardHit},
    },
    rules::rule::{Action, Category, Rule},
};

/// More topics in one mail are a conversation, and that is a person's.
const MAX_INTENTS: usize = 3;

/// Questions that a ticket quotes; the message itself stands beside them, and it may hold thousands.
const MAX_QUOTED: usize = 10;

/// What is to be done with one message.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// The message to write, if any.
    pub message: Option<Draft>,
    /// What would have been written, had the channel not been in shadow.
    pub shadow: Option<Draft>,
    /// How far the answer is trusted; none where nothing is answered.
    pub mode: Option<Mode>,
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
    /// Sentences that are left to a person, and the message says so.
    pub rest: Vec<usize>,
    /// Something is left to a person, in whichever sentence it stands.
    pub uncovered: bool,
    /// The few answers its question can have.
    pub choices: Vec<Choice>,
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
/// What always goes to a person allows nothing.
pub(super) fn plan(engine: &Engine, case: &Case<'_>, understanding: &Understanding<'_>) -> Plan {
    let escalating = understanding.rules(Action::Escalate);
    let answering = understanding.rules(Action::Answer);
    let alarmed = !understanding.alarms.is_empty();
    if escalating.is_empty() && answering.is_empty() && !alarmed && understanding.unfinished.is_none() {
        return without_answer(engine, case, understanding);
    }
    let strict = alarmed || understanding.unfinished.is_some() || escalating.iter().any(|rule| !rule.with_answer);
    let mut plan = if strict || answering.is_empty() {
        let first = escalating.first().copied();
        Plan { ack: escalate::ack(case, first), ..Plan::default() }
    } else {
        answer_if_sure(engine, case, understanding, &escalating, &answering)
    };
    plan.reasons
        .extend(understanding.unfinished.as_ref().map(|why| format!("Not all of the message was looked at: {why}.")));
    plan.reasons.extend(escalate::always(understanding));
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
    if let Some(doubt) = doubt(understanding, answering) {
        return Plan::ticket(case, doubt, escalating.first().copied());
    }
    let uncovered = understanding.uncovered();
    let mut plan = answer(engine, case, understanding, answering, escalating);
    if !uncovered.is_empty() {
        plan.reasons.add(format!("Not covered by a rule: {}", quoted(&uncovered)));
    }
    plan
}

/// Returns why the message is not answered though rules stand.
fn doubt(understanding: &Understanding<'_>, answering: &[&Rule]) -> Option<String> {
    if let Some(language) = understanding.foreign_language {
        return Some(format!("The message is in a language without rules: {language}."));
    }
    if answering.len() > MAX_INTENTS {
        return Some(format!("{} topics in one message, more than {MAX_INTENTS}.", answering.len()));
    }
    if let Some(doubt) = understanding.doubts.first() {
        return Some(format!("Perhaps {}: {}.", doubt.rule, doubt.evidence));
    }
    let (asks, covered) = confidence::coverage(understanding);
    let missed = asks - covered;
    let uncovered = quoted(&understanding.uncovered());
    (missed > covered).then(|| format!("{missed} of {asks} questions are not covered by a rule: {uncovered}"))
}

/// Nothing to answer with: silence if a rule says so and nothing else is asked, else a ticket.
fn without_answer(engine: &Engine, case: &Case<'_>, understanding: &Understanding<'_>) -> Plan {
    let suppressing = understanding.rules(Action::Suppress);
    // Thanks end a conversation only if nothing else is said: a complaint need not be a question.
    let ends = |rule: &&&Rule| match rule.category {
        Category::Closing => understanding.is_explained(),
        _ => understanding.uncovered().is_empty(),
    };
    // "Ok" closes nothing while we wait for an answer: whoever says it believes to have given one.
    let consents = understanding.pending.is_some() && consent::is_given(&understanding.reading);
    if let Some(rule) = suppressing.first().filter(|rule| !consents && ends(rule)) {
        return Plan { silent: Some(rule.id.clone()), ..Plan::default() };
    }
    if let Some(pending) = &understanding.pending {
        return Plan::ticket(case, slots::in_vain(pending), None);
    }
    if let Some(lapsed) = &understanding.lapsed {
        return Plan::ticket(case, slots::too_late(lapsed), None);
    }
    if is_without_words(understanding) {
        // To answer a smiley with a letter is what machines are laughed at for.
        return Plan::silent_ticket(Reasons::one("No words, only signs."));
    }
    match &understanding.alike {
        Some(alike) => resembling(engine, case, understanding, alike),
        None => Plan::ticket(case, escalate::nothing_covers(understanding), None),
    }
}

/// No pattern hits and the examples suggest a rule: a person gets its answer as a draft, never the buyer.
fn resembling(engine: &Engine, case: &Case<'_>, understanding: &Understanding<'_>, alike: &Alike<'_>) -> Plan {
    let mut plan = Plan::ticket(case, escalate::nothing_covers(understanding), None);
    plan.reasons.add(format!("It resembles an example of {}: “{}”.", alike.rule.id, alike.example));
    if alike.rule.action == Action::Answer {
        let answer = answer(engine, case, understanding, &[alike.rule], &[]);
        let draft = answer.message.filter(|draft| draft.kind != OutboundKind::Ask);
        plan.message = draft.map(|draft| Draft { kind: OutboundKind::Draft, ..draft });
    }
    plan
}

/// Returns whether the text is smileys and the like; a question mark alone is a question.
fn is_without_words(understanding: &Understanding<'_>) -> bool {
    let text = understanding.reading.original();
    understanding.reading.sentences().is_empty() && !text.contains(['?', '？', '؟']) && understanding.hits.is_empty()
}

/// What the rules that answer have to say.
#[derive(Debug, Default)]
struct Said<'r> {
    intents: Vec<IntentId>,
    replies: Vec<ReplyId>,
    values: BTreeMap<String, String>,
    rules: Vec<&'r Rule>,
    /// A reply settles something; otherwise all of them ask.
    answers: bool,
    choices: Vec<Choice>,
    pending: Option<PendingAsk>,
    /// Rules whose values are missing and cannot be asked for, with the reason.
    stuck: Vec<(&'r Rule, String)>,
}

fn answer(
    engine: &Engine,
    case: &Case<'_>,
    understanding: &Understanding<'_>,
    rules: &[&Rule],
    escalating: &[&Rule],
) -> Plan {
    let said = fill(engine, case, understanding, rules);
    let reasons: Vec<String> = said.stuck.iter().map(|(rule, reason)| format!("{}: {reason}.", rule.title)).collect();
    if said.rules.is_empty() {
        let mut plan = Plan::ticket(case, reasons.join(" "), said.stuck.first().map(|(rule, _)| *rule));
        plan.mode = Some(mode(case, rules));
        return plan;
    }
    let left: Vec<&IntentId> =
        escalating.iter().copied().chain(said.stuck.iter().map(|(rule, _)| *rule)).map(|rule| &rule.id).collect();
    let rest = understanding.left_to_a_person(&said.intents);
    let draft = Draft {
        kind: if said.answers { OutboundKind::Answer } else { OutboundKind::Ask },
        uncovered: !left.is_empty() || !rest.is_empty(),
        rest,
        intents: said.intents,
        replies: said.replies,
        values: said.values,
        choices: said.choices,
    };
    let proposal = Proposal { intents: draft.intents.clone(), replies: draft.replies.clone() };
    let told = told::before(case, &proposal);
    let guards = guard::objections(&Case { proposal: Some(&proposal), ..*case }, Stage::Answer);
    let mut plan = match told {
        None if guards.is_empty() => in_mode(case, &said.rules, draft, said.pending),
        Some(told) if guards.is_empty() => Plan::ticket(case, told, None),
        told => {
            // A cap that was reached also silences the ack: the point is to say less.
            let mut reasons = Reasons::default();
            reasons.extend(told);
            reasons.extend(Reasons::of_guards(&guards));
            Plan { reasons, guards, ..Plan::default() }
        }
    };
    plan.mode = Some(mode(case, &said.rules));
    plan.reasons.extend(reasons);
    plan
}

/// Fills the needs of every rule, most important first.
fn fill<'r>(engine: &Engine, case: &Case<'_>, understanding: &Understanding<'_>, rules: &[&'r Rule]) -> Said<'r> {
    let mut said = Said { values: understanding.named.unambiguous(), ..Said::default() };
    for rule in rules {
        match slots::fill(engine, rule, understanding, case.ctx, case.now) {
            Filled::Ready(values) => {
                said.values.extend(values);
                said.replies.extend(rule.reply.as_ref().map(|reply| reply.value.clone()));
                said.answers = true;
            }
            Filled::Ask(Question { slot, replies, known, choices }) => {
                said.replies.extend(replies);
                said.choices = choices;
                said.pending = Some(PendingAsk { intent: rule.id.clone(), slot, known, asked_at: case.now });
            }
            Filled::Missing { reason } => {
                said.stuck.push((rule, reason));
                continue;
            }
        }
        said.intents.push(rule.id.clone());
        said.rules.push(rule);
    }
    said
}

/// Returns how far these rules are trusted together on this channel.
fn mode(case: &Case<'_>, rules: &[&Rule]) -> Mode {
    rules.iter().map(|rule| rule.mode).min().unwrap_or(Mode::Auto).min(escalate::ceiling(case).mode)
}

/// Applies the trust ladder: what may not be sent becomes a draft on a ticket, and below that a record.
fn in_mode(case: &Case<'_>, rules: &[&Rule], mut draft: Draft, pending: Option<PendingAsk>) -> Plan {
    let ceiling = escalate::ceiling(case);
    let held = rules.iter().find(|rule| rule.mode.min(ceiling.mode) < Mode::Auto);
    let Some(rule) = held else {
        let notices = case.ctx.counters.notices_sender_day;
        if draft.kind == OutboundKind::Ask && notices >= case.settings.limits.notices_per_sender_day {
            return Plan::ticket(case, format!("{notices} acks and questions to this sender within 24 hours."), None);
        }
        return Plan { message: Some(draft), pending, ..Plan::default() };
    };
    let whose = if rule.mode <= ceiling.mode { "the rule's mode".to_owned() } else { ceiling.by.words() };
    let mode = rule.mode.min(ceiling.mode);
    if mode < Mode::Suggest {
        let mut plan =
            Plan::ticket(case, format!("{}: no answer, because {whose} is {}.", rule.title, mode.as_str()), None);
        plan.shadow = (mode == Mode::Shadow).then_some(draft);
        return plan;
    }
    draft.kind = OutboundKind::Draft;
    let reason = format!("{}: a draft waits for a person, because {whose} is {}.", rule.title, mode.as_str());
    let mut plan = Plan::ticket(case, reason, None);
    plan.message = Some(draft);
    plan
}

/// Returns the first of the sentences, quoted, and how many there are beside.
fn quoted(sentences: &[String]) -> String {
    let (told, rest) = sentences.split_at(sentences.len().min(MAX_QUOTED));
    let quoted = told.iter().map(|sentence| format!("“{sentence}”")).collect::<Vec<_>>().join(", ");
    if rest.is_empty() { quoted } else { format!("{quoted} and {} more", rest.len()) }
}
