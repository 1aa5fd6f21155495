//! From the plan to the verdict: replies are rendered, and what cannot be rendered becomes a ticket that says why.

use std::collections::BTreeMap;

use crate::{
    engine::{
        Engine, circumstances, clock,
        doubt::{self, Purpose},
        escalate::{self, Reasons},
        evidence::Whole,
        guard::{self, Case},
        policy::{Draft, Plan},
        relay, rest, shadow, slots,
        understand::Understanding,
    },
    model::{
        ids::ReplyId,
        inbound::Inbound,
        language::Language,
        outbound::OutboundKind,
        profile::Relayed,
        thread::PendingAsk,
        ticket::Due,
        verdict::{FactUsed, GuardHit, Hit, Outcome, PlannedMessage, Verdict},
    },
    replies::{
        catalog::{Order, Rendered, Rest, Values},
        format::hours::{self, Clock},
    },
    rules::rule::{Action, Category, Rule},
};

/// Renders the plan and puts everything that was seen into one record.
pub(super) fn verdict(
    engine: &Engine,
    case: &Case<'_>,
    understanding: &Understanding<'_>,
    mut plan: Plan,
    mut guards: Vec<GuardHit>,
) -> Verdict {
    guards.append(&mut plan.guards);
    let words = Words { engine, case, understanding };
    let mut written = Written::default();
    if let Some(draft) = plan.message.take() {
        written.write(&words, &draft, &mut plan);
    }
    if let Some(ack) = plan.ack.take() {
        written.acknowledge(&words, &ack, &mut plan.reasons);
    }
    let mut shadow = shadow::of_rules(engine, case, understanding);
    shadow.extend(plan.shadow.take().map(|draft| shadow::of_draft(engine, case, understanding, &draft)));
    let pending = plan.pending.take().or_else(|| still_waiting(&plan, understanding));
    // Somebody whom a guard distrusts teaches us nothing about the buyer he claims to be.
    let learned = if guards.is_empty() { slots::learned(understanding) } else { BTreeMap::new() };
    let due = due(case, understanding, &written, &mut plan.reasons);
    let outcome = outcome(&plan, &written);
    let mut ticket = (!plan.reasons.is_empty()).then(|| escalate::ticket(plan.reasons.clone(), understanding));
    if let Some(ticket) = &mut ticket {
        ticket.urgency = ticket.urgency.max(relay::urgency(case.inbound));
    }
    let hits = most_important_first(understanding);
    let confidence = hits.first().map_or(0.0, |hit| hit.confidence);
    let confident = confident(engine, understanding, hits.first());
    Verdict {
        decided_at: case.now,
        rule_set_hash: engine.hash.clone(),
        outcome,
        guards,
        relay: case.inbound.relay.read().map(Relayed::record),
        language: understanding.language.clone(),
        sentences: understanding.sentences(),
        hits,
        losers: understanding.losers.clone(),
        alarms: understanding.alarms.clone(),
        doubts: understanding.doubts.clone(),
        entities: understanding.entities.clone(),
        facts: written.facts,
        order: circumstances::order_in_question(case.ctx, &understanding.named).cloned(),
        orders_unseen: case.ctx.orders_missing.clone(),
        situation: written.situation,
        messages: written.messages,
        shadow,
        mode: plan.mode,
        ticket,
        pending,
        due,
        not_before: clock::not_before(case, understanding),
        learned,
        confident,
        confidence,
        similar: understanding.witness.named(&engine.rules),
    }
}

/// Returns by when a person must have answered. What a machine says is no answer to a marketplace that does not count it,
/// and that is a reason for a ticket.
fn due(case: &Case<'_>, understanding: &Understanding<'_>, written: &Written, reasons: &mut Reasons) -> Option<Due> {
    let due = clock::due(case, understanding);
    let uncounted = case.profile().filter(|_| written.answers_or_asks()).and_then(relay::uncounted);
    let Some(reason) = uncounted else { return due };
    let nothing_else = reasons.is_empty();
    reasons.add(reason);
    // The buyer was answered, so the marketplace's own clock alone runs on.
    let marketplaces = if nothing_else { clock::due_at_marketplace(case, understanding) } else { None };
    marketplaces.or(due)
}

/// Returns our earlier question if this message neither answered it nor went to a person: "thanks" in between does not
/// make us forget what we asked.
fn still_waiting(plan: &Plan, understanding: &Understanding<'_>) -> Option<PendingAsk> {
    let pending = understanding.pending.as_ref().filter(|_| plan.reasons.is_empty())?;
    let answered = understanding.hits.iter().any(|(rule, _)| rule.id == pending.intent);
    (!answered).then(|| pending.clone())
}

/// Returns what stands, a person's cases first, as the intents are named in lists. A thank-you does not name the intent
/// of a message that says more.
fn most_important_first(understanding: &Understanding<'_>) -> Vec<Hit> {
    let explained = understanding.is_explained();
    let names = |(rule, _): &&(&Rule, Hit)| explained || rule.category != Category::Closing;
    let mut hits: Vec<_> = understanding.hits.iter().filter(names).collect();
    hits.sort_by_key(|(rule, _)| {
        let rank = match rule.action {
            Action::Escalate => 0,
            Action::Answer => 1,
            Action::Suppress => 2,
        };
        (rank, std::cmp::Reverse(rule.priority))
    });
    hits.into_iter().map(|(_, hit)| hit.clone()).collect()
}

/// The engine asserts the first intent when nothing raises a doubt that it is this one, nor about any other rule that would
/// answer. Two rules that both ask for a person do not doubt one another.
fn confident(engine: &Engine, understanding: &Understanding<'_>, first: Option<&Hit>) -> bool {
    let Some(first) = first.filter(|_| understanding.foreign_language.is_none()) else { return false };
    // What would answer was judged already, by the stricter measure.
    let doubted = |rule: &Rule| understanding.doubts.iter().any(|doubt| doubt.rule == rule.id);
    let open = |(rule, hit): &&(&Rule, Hit)| if rule.action == Action::Answer { doubted(rule) } else { hit == first };
    let whole = Whole::of(understanding);
    let mut open = understanding.hits.iter().filter(open).take(doubt::MAX_JUDGED);
    open.all(|(rule, hit)| doubt::of(engine, understanding, &whole, (rule, hit), Purpose::Name).is_none())
}

fn outcome(plan: &Plan, written: &Written) -> Outcome {
    let sent = |kind: OutboundKind| written.messages.iter().any(|message| message.kind == kind);
    if let Some(rule) = &plan.silent {
        return Outcome::Suppressed { reason: format!("rule {rule}") };
    }
    if !plan.reasons.is_empty() {
        return Outcome::Escalated { with_answer: sent(OutboundKind::Answer) };
    }
    if sent(OutboundKind::Ask) {
        return Outcome::Asked;
    }
    Outcome::Answered
}

/// What was rendered.
#[derive(Debug, Default)]
struct Written {
    messages: Vec<PlannedMessage>,
    facts: Vec<FactUsed>,
    situation: Option<String>,
}

impl Written {
    /// Returns whether more goes out by itself than an ack.
    fn answers_or_asks(&self) -> bool {
        self.messages.iter().any(|message| matches!(message.kind, OutboundKind::Answer | OutboundKind::Ask))
    }

    /// Renders an answer, a question or a draft. What cannot be sent becomes a draft where that can be written, the buyer
    /// gets an ack, and a person the reason.
    fn write(&mut self, words: &Words<'_>, draft: &Draft, plan: &mut Plan) {
        let language = words.understanding.language.answer;
        let problem = match words.write(draft.kind, draft, language) {
            Ok(rendered) => match words.made_up(&rendered).filter(|_| draft.kind == OutboundKind::Answer) {
                Some(what) => format!(
                    "The reply tells what the starter pack made up: {what}; put in your own and remove `example: true`."
                ),
                None => return self.keep(rendered, draft.kind, draft, language),
            },
            Err(problem) => format!("The reply could not be written: {problem}."),
        };
        plan.reasons.add(problem);
        plan.pending = None;
        if plan.ack.is_none() {
            plan.ack = escalate::ack(words.case, None);
        }
        // A person may say what a machine must not, and may translate.
        for language in [language, words.engine.settings.default_language] {
            if let Ok(rendered) = words.write(OutboundKind::Draft, draft, language) {
                return self.keep(rendered, OutboundKind::Draft, draft, language);
            }
        }
    }

    /// Renders the ack, in the shop's default language if it does not exist in the buyer's.
    fn acknowledge(&mut self, words: &Words<'_>, ack: &ReplyId, reasons: &mut Reasons) {
        let offered = words.engine.replies.languages(ack);
        let wanted = words.understanding.language.answer;
        let language = if offered.contains(&wanted) { wanted } else { words.engine.settings.default_language };
        let draft = Draft {
            kind: OutboundKind::Ack,
            intents: words.understanding.hits.iter().map(|(rule, _)| rule.id.clone()).take(1).collect(),
            replies: vec![ack.clone()],
            values: words.understanding.named.unambiguous(),
            rest: Vec::new(),
            uncovered: false,
            choices: Vec::new(),
        };
        if let Some(why) = guard::paused_rule(words.case, &draft.intents) {
            return reasons.add(format!("No ack was sent: {why}."));
        }
        match words.write(OutboundKind::Ack, &draft, language) {
            Ok(rendered) => self.keep(rendered, OutboundKind::Ack, &draft, language),
            Err(reason) => reasons.add(format!("No ack was sent: {reason}.")),
        }
    }

    fn keep(&mut self, rendered: Rendered, kind: OutboundKind, draft: &Draft, language: Language) {
        self.facts.extend(rendered.facts);
        self.situation = self.situation.take().or(rendered.situation);
        self.messages.push(PlannedMessage {
            kind,
            intents: draft.intents.clone(),
            replies: draft.replies.clone(),
            language,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            choices: draft.choices.clone(),
        });
    }
}

/// Writes messages about one inbound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    /// Replies and settings.
    pub engine: &'a Engine,
    /// The message and its context.
    pub case: &'a Case<'a>,
    /// What it says.
    pub understanding: &'a Understanding<'a>,
}

impl Words<'_> {
    /// Renders a draft as a message of that kind; the error says why it cannot be, as a clause.
    pub(super) fn write(&self, kind: OutboundKind, draft: &Draft, language: Language) -> Result<Rendered, String> {
        let values = self.values(kind, draft.values.clone(), language);
        let named = rest::name(self.understanding, &draft.rest);
        let rest = match &named {
            Some(named) => Rest::Named(named),
            None if draft.uncovered => Rest::Unnamed,
            None => Rest::Nothing,
        };
        let order = Order {
            kind,
            replies: &draft.replies,
            language,
            channel: self.case.inbound.channel,
            values: &values,
            today: self.engine.today(self.case.now),
            switched: &self.case.ctx.switches.situations,
            rest,
        };
        let rendered = self.engine.replies.render(&order).map_err(|error| error.to_string())?;
        // A person may send a draft only after taking it out.
        match self.case.profile().filter(|_| kind != OutboundKind::Draft) {
            Some(profile) => relay::allowed(rendered, profile, self.case.inbound),
            None => Ok(rendered),
        }
    }

    /// Returns what of a text the starter pack made up, unless the shop lets that be told.
    fn made_up(&self, rendered: &Rendered) -> Option<String> {
        if self.engine.settings.tell_made_up_facts {
            return None;
        }
        let facts = rendered.facts.iter().filter(|fact| fact.made_up).map(|fact| fact.name.clone());
        let situations = self.engine.replies.situations().iter();
        let situations =
            situations.filter(|known| known.example.is_some() && rendered.situation.as_ref() == Some(&known.id));
        let mut names: Vec<String> = facts.chain(situations.map(|known| known.id.clone())).collect();
        names.dedup();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Returns what replies may name. A draft is a person's message once it is sent, so it carries no notice of a machine.
    fn values(&self, kind: OutboundKind, entities: BTreeMap<String, String>, language: Language) -> Values {
        Values {
            buyer_first_name: first_name(self.case.inbound),
            shop_name: self.engine.settings.shop_name.clone(),
            entities,
            buyer_next_workday: circumstances::next_workday(self.case.ctx, &self.understanding.named, self.case.now),
            order: circumstances::order_in_question(self.case.ctx, &self.understanding.named).cloned(),
            human_eta: clock::human_eta(self.case, self.understanding),
            satisfaction_url: None,
            desk_hours: self.desk_hours(language),
            automatic: kind != OutboundKind::Draft,
        }
    }

    /// Returns when people are at the desk: on the buyer's clock if it is known for sure, otherwise as people there say it;
    /// none if the desk has no hours.
    fn desk_hours(&self, language: Language) -> Option<String> {
        let desk = &self.engine.settings.desk;
        let buyers = Some(clock::told_on(self.case, self.understanding)).filter(|clock| clock.sure);
        let clock = match buyers {
            Some(buyers) => Clock { zone: buyers.zone, is_buyers: true },
            None => Clock { zone: desk.zone.clone(), is_buyers: false },
        };
        hours::describe(desk, &clock, self.case.now, language)
    }
}

/// The longest first name that is greeted by name; longer ones are company names or attacks.
const MAX_NAME_CHARACTERS: usize = 24;
/// Display names of shared mailboxes, which are greeted without a name.
const NO_NAMES: [&str; 12] = [
    "info", "support", "customer", "sales", "admin", "office", "contact", "shop", "order", "orders", "service", "team",
];

/// Returns the name to greet by: the first word of a spaced name, the whole of a Chinese one; none if it does not look
/// like a name.
fn first_name(inbound: &Inbound) -> Option<String> {
    let telegram = inbound.telegram.as_ref().and_then(|telegram| telegram.name.as_deref());
    let name = telegram.or_else(|| inbound.from.as_ref()?.name.as_deref())?.trim();
    // "Doe, Jane" is how directories write it.
    let given = name.split_once(',').map_or(name, |(_, given)| given.trim());
    let first = given.split_whitespace().next()?;
    let letters = first.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '\'' | '’' | '-' | '·'));
    let fits = (2..=MAX_NAME_CHARACTERS).contains(&first.chars().count());
    let shared = NO_NAMES.contains(&first.to_lowercase().as_str());
    (letters && fits && !shared).then(|| first.to_owned())
}
