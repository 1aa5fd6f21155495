//! A decision in words: what was seen, what stands, what lost and why, what is said.
//!
//! Everything is read from the verdict; nothing is computed a second time. Why a rule does not stand is told in [`why`].

pub mod why;

use std::{
    fmt::{Arguments, Display, Write as _},
    ops::Range,
};

use jiff::Timestamp;

use crate::{
    engine::{Engine, guard::GUARDS, settings::HeldBy},
    model::{
        inbound::ChannelKind,
        order::{Order, OrderSource, OrderStatus},
        profile::RelayRecord,
        time::offset_name,
        verdict::{Hit, LossReason, Outcome, SentenceKind, Verdict},
    },
    rules::{
        evaluate::ORDER,
        rule::{Action, Rule},
    },
};

/// The column of labels; the longest, `situation`, and two blanks.
const BLANK: &str = "           ";
/// A pattern longer than this hides what it stands beside.
const MAX_PATTERN: usize = 36;

/// So much is shown of each part that was cut from a marketplace's mail; the other formats show more.
const MAX_CUT: usize = 120;

/// Words that hit stand between these, where color cannot show them.
pub const MARKS: [char; 2] = ['⟦', '⟧'];

/// Returns the decision as a person reads it: how the message was read, the rules that stand as they are in the engine,
/// then what is said. `text` is the text that was decided on, `channel` the way it came.
pub fn describe(text: &str, verdict: &Verdict, engine: &Engine, channel: ChannelKind) -> String {
    let mut out = understood(text, verdict);
    for intent in verdict.intents() {
        if let Some(rule) = engine.rules().rule(&intent) {
            field(&mut out, "rule", standing(rule, engine, channel, verdict));
        }
    }
    if let Some(due) = verdict.due.as_ref().filter(|_| verdict.ticket.is_some()) {
        let at = due.at.to_zoned(engine.settings().desk.zone.clone());
        let words = format_args!("{} {} ({})", at.strftime("%a %Y-%m-%d %H:%M"), offset_name(&at), due.clock);
        field(&mut out, "answer by", words);
    }
    out += &consequence(verdict);
    for message in &verdict.messages {
        say(&mut out, format_args!("\n{} in {}:", message.kind.as_str(), message.language));
        if let Some(subject) = &message.subject {
            say(&mut out, format_args!("  Subject: {subject}\n"));
        }
        for line in message.text.lines() {
            say(&mut out, format_args!("  {line}"));
        }
    }
    out
}

/// Returns how the message was read and what follows from it, without the words that are said.
pub fn reading(text: &str, verdict: &Verdict) -> String {
    understood(text, verdict) + &consequence(verdict)
}

/// What the message says.
fn understood(text: &str, verdict: &Verdict) -> String {
    let mut out = String::new();
    say(&mut out, format_args!("{}", headline(verdict)));
    if let Some(relay) = &verdict.relay {
        marketplace(&mut out, relay);
    }
    field(&mut out, "language", language(verdict));
    sentences(&mut out, text, verdict);
    for hit in verdict.hits.iter().filter(|hit| hit.sentence.is_none()) {
        field(
            &mut out,
            "subject",
            format_args!("{} by `{}` [{}]{}", hit.rule, hit.pattern, hit.language, strength(hit)),
        );
    }
    for loser in verdict.losers.iter().filter(|loser| loser.sentence.is_none()) {
        let pattern = shortened(&loser.pattern);
        field(&mut out, "subject", format_args!("not {}: `{pattern}` hit, but {}", loser.rule, loss(&loser.why)));
    }
    if verdict.losers.iter().any(|loser| matches!(loser.why, LossReason::StolenBy(_))) {
        field(&mut out, "order", format_args!("where two rules want the same words: {ORDER}"));
    }
    for (index, like) in verdict.similar.iter().enumerate() {
        let label = if index == 0 { "examples" } else { "" };
        field(&mut out, label, format_args!("{} {:.2}, most like “{}”", like.rule, like.score, like.example));
    }
    for entity in &verdict.entities {
        field(&mut out, "value", format_args!("{} = {} (“{}”)", entity.kind, entity.value, part(text, &entity.span)));
    }
    out
}

/// Whose mail it is and how its profile read it.
fn marketplace(out: &mut String, relay: &RelayRecord) {
    let notice = relay.notice.as_ref().map(|notice| format!(", its own notice: {notice}")).unwrap_or_default();
    field(out, "profile", format_args!("{} (profiles/{}.yaml){notice}", relay.title, relay.profile));
    let facts = [("order", &relay.order), ("reference", &relay.reference), ("thread", &relay.thread)];
    for (name, value) in facts {
        if let Some(value) = value {
            say(out, format_args!("{BLANK}{name} {value}"));
        }
    }
    for cut in &relay.cut {
        let words: Vec<&str> = cut.split_whitespace().collect();
        let words = words.join(" ");
        let short: String = words.chars().take(MAX_CUT).collect();
        let more = if short.len() < words.len() { "…" } else { "" };
        field(out, "cut", format_args!("{short}{more}"));
    }
}

/// Returns an order in one line: where it stands, and where that is written down.
pub fn order(order: &Order, now: Timestamp) -> String {
    let status = order.status.map_or("status not known", OrderStatus::as_str);
    let mut words = format!("{}: {status}", order.number);
    let days = [("placed", order.placed), ("shipped", order.shipped), ("delivered", order.delivered)];
    for (what, day) in days.into_iter().filter_map(|(what, day)| Some((what, day?))) {
        let _infallible = write!(words, ", {what} {day}");
    }
    for part in [&order.carrier, &order.tracking].into_iter().flatten() {
        let _infallible = write!(words, ", {part}");
    }
    if let Some(OrderSource { file, line, as_of }) = &order.source {
        let hours = now.duration_since(*as_of).as_hours();
        let _infallible = write!(words, " ({file} line {line}, written {hours} h before)");
    }
    words
}

/// What follows from it.
fn consequence(verdict: &Verdict) -> String {
    let mut out = String::new();
    for fact in &verdict.facts {
        let until = fact.valid_until.as_deref().unwrap_or("no end");
        let words = format_args!("{} = {} (source: {}; valid until {until})", fact.name, fact.value, fact.source);
        field(&mut out, "fact", words);
    }
    if let Some(order) = &verdict.order {
        field(&mut out, "order", self::order(order, verdict.decided_at));
    }
    if let Some(why) = &verdict.orders_unseen {
        field(&mut out, "orders", format_args!("not looked at: {why}"));
    }
    if let Some(situation) = &verdict.situation {
        field(&mut out, "situation", situation);
    }
    for guard in &verdict.guards {
        field(&mut out, "guard", format_args!("{} ({}): {}", condition(&guard.guard), guard.guard, guard.evidence));
    }
    for doubt in &verdict.doubts {
        field(&mut out, "doubt", format_args!("{} ({}): {}", doubt.rule, doubt.gate.as_str(), doubt.evidence));
    }
    if let Some(ticket) = &verdict.ticket {
        field(&mut out, "ticket", ticket.urgency.as_str());
        for reason in &ticket.reasons {
            say(&mut out, format_args!("{BLANK}- {reason}"));
        }
    }
    if let Some(pending) = &verdict.pending {
        field(&mut out, "waits for", format_args!("{}, to go on with {}", pending.slot, pending.intent));
    }
    field(&mut out, "rule set", &verdict.rule_set_hash);
    out
}

/// Returns what a rule that stands is, and how far it may go.
fn standing(rule: &Rule, engine: &Engine, channel: ChannelKind, verdict: &Verdict) -> String {
    let settings = engine.settings();
    let open = settings.desk.is_open(verdict.decided_at);
    let profile = verdict.relay.as_ref().and_then(|relay| settings.profiles.get(&relay.profile));
    let ceiling = settings.ceiling(channel, open, profile.map(AsRef::as_ref));
    let mode = match rule.action {
        Action::Answer if ceiling.mode < rule.mode => {
            format!(", mode {} held to {} by {}", rule.mode.as_str(), ceiling.mode.as_str(), setting(&ceiling.by))
        }
        Action::Answer if settings.overnight.is_some() && !open => {
            format!(", mode {}, nobody is at the desk (`overnight`)", rule.mode.as_str())
        }
        Action::Answer => format!(", mode {}", rule.mode.as_str()),
        Action::Escalate | Action::Suppress => String::new(),
    };
    let priority = if rule.priority == 0 { String::new() } else { format!(", priority {}", rule.priority) };
    format!("{} (action {}{mode}{priority}): {}", file_of(rule), rule.action.as_str(), rule.title)
}

/// Returns which setting holds a rule down, and when.
fn setting(by: &HeldBy) -> String {
    match by {
        HeldBy::MaxMode => "`max_mode`".to_owned(),
        HeldBy::Overnight => "`overnight`, because somebody is at the desk".to_owned(),
        HeldBy::Marketplace { name, .. } => format!("profiles/{name}.yaml"),
    }
}

/// Returns where a rule is written.
fn file_of(rule: &Rule) -> String {
    format!("rules/{}/{}.yaml", rule.category.as_str(), rule.id)
}

fn headline(verdict: &Verdict) -> String {
    let intents: Vec<String> = verdict.intents().iter().map(ToString::to_string).collect();
    let about = if intents.is_empty() { "no intent recognized".to_owned() } else { intents.join(", ") };
    match &verdict.outcome {
        Outcome::Answered => format!("ANSWER: {about}"),
        Outcome::Asked => format!("ASK BACK: {about}"),
        Outcome::Escalated { with_answer: true } => format!("ANSWER, AND A TICKET: {about}"),
        Outcome::Escalated { with_answer: false } => format!("TICKET: {about}"),
        Outcome::Suppressed { reason } => format!("SILENCE: {} ({reason})", condition(reason)),
    }
}

/// Returns what a guard looks for; its id if it is none of ours any more.
fn condition(guard: &str) -> &str {
    GUARDS.iter().find(|known| known.id == guard).map_or(guard, |known| known.condition)
}

fn language(verdict: &Verdict) -> String {
    let (answer, reason) = (verdict.language.answer, &verdict.language.reason);
    let detected = verdict.language.detected.map_or_else(|| "nothing".to_owned(), |language| language.to_string());
    format!("{answer}, by {reason} (the detector says {detected}, {:.2})", verdict.language.confidence)
}

fn sentences(out: &mut String, text: &str, verdict: &Verdict) {
    for (index, sentence) in verdict.sentences.iter().enumerate() {
        let kind = match sentence.kind {
            SentenceKind::Asks => "asks",
            SentenceKind::States => "states",
            SentenceKind::Courtesy => "courtesy",
        };
        let here: Vec<&Hit> = verdict.hits.iter().filter(|hit| hit.sentence == Some(index)).collect();
        let spans: Vec<Range<usize>> = here.iter().flat_map(|hit| hit.spans.clone()).collect();
        field(out, kind, marked(text, &sentence.span, &spans));
        for hit in here {
            let by = shortened(&hit.pattern);
            say(out, format_args!("{BLANK}{} [{}] by `{by}`{}", hit.rule, hit.language, strength(hit)));
            for repair in &hit.repairs {
                say(out, format_args!("{BLANK}“{}” was read as “{}”", part(text, &repair.span), repair.meant));
            }
        }
        for loser in verdict.losers.iter().filter(|loser| loser.sentence == Some(index)) {
            let pattern = shortened(&loser.pattern);
            say(out, format_args!("{BLANK}not {}: `{pattern}` hit, but {}", loser.rule, loss(&loser.why)));
        }
        if sentence.kind == SentenceKind::Asks && sentence.covered_by.is_empty() {
            say(out, format_args!("{BLANK}no rule covers this"));
        }
    }
}

/// Returns how much the hit weighs, as a clause.
fn strength(hit: &Hit) -> String {
    let words = if hit.words == 1 { "1 word".to_owned() } else { format!("{} words", hit.words) };
    if hit.confidence > 0.0 { format!(", {words}, {:.0} % sure", hit.confidence * 100.0) } else { format!(", {words}") }
}

/// Returns the beginning of a long pattern; `--rule` and the other formats show it whole.
fn shortened(pattern: &str) -> String {
    if pattern.chars().count() <= MAX_PATTERN {
        return pattern.to_owned();
    }
    let beginning: String = pattern.chars().take(MAX_PATTERN).collect();
    format!("{beginning}…")
}

fn loss(why: &LossReason) -> String {
    match why {
        LossReason::StolenBy(rule) => format!("{rule} took the same words"),
        LossReason::Unless(pattern) => format!("`unless: {pattern}` hit too"),
        LossReason::Language { pattern, message } => {
            format!("it is {pattern}, and the message is {message} and holds other forms of its words")
        }
        LossReason::Negated(word) => format!("“{word}” stands before it"),
        LossReason::When(condition) => format!("the condition does not hold: {condition}"),
        LossReason::Mode(mode) => format!("its mode is {mode}"),
        LossReason::NotAlone(other) => format!("it counts alone, and “{other}” is said as well"),
    }
}

/// Returns the sentence on one line with the words that hit in ⟦ ⟧.
fn marked(text: &str, sentence: &Range<usize>, spans: &[Range<usize>]) -> String {
    let mut spans: Vec<&Range<usize>> =
        spans.iter().filter(|span| sentence.start <= span.start && span.end <= sentence.end).collect();
    spans.sort_by_key(|span| span.start);
    let (mut out, mut at) = (String::new(), sentence.start);
    for span in spans {
        if span.start < at {
            continue;
        }
        out.push_str(part(text, &(at..span.start)));
        out.push(MARKS[0]);
        out.push_str(part(text, span));
        out.push(MARKS[1]);
        at = span.end;
    }
    out.push_str(part(text, &(at..sentence.end)));
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn words(text: &str, spans: &[Range<usize>]) -> String {
    if spans.is_empty() {
        return "the subject".to_owned();
    }
    spans.iter().map(|span| format!("“{}”", part(text, span))).collect::<Vec<_>>().join(" ")
}

/// Returns a part of the text; nothing if the span belongs to another text.
fn part<'t>(text: &'t str, span: &Range<usize>) -> &'t str {
    text.get(span.clone()).unwrap_or_default()
}

/// Writes one labelled line; labels have a column of their own.
fn field(out: &mut String, label: &str, value: impl Display) {
    say(out, format_args!("{label:<width$}{value}", width = BLANK.len()));
}

fn say(out: &mut String, line: Arguments<'_>) {
    out.write_fmt(line).and_then(|()| out.write_char('\n')).expect("writing to a String never fails");
}
