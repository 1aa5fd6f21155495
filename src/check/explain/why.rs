//! Why one rule stands or does not, and what to do about it: the answer to `explain --rule`.

use serde::Serialize;

use crate::{
    check::{
        derive::Corpus,
        explain::{GUARDS, condition, field, file_of, loss, marked, say, words},
        nearness::{Nearness, Obstacle, nearest_pattern},
    },
    diagnostic::source::SourceMap,
    engine::Engine,
    model::{
        language::Language,
        mode::Mode,
        verdict::{Hit, Loser, LossReason, Verdict},
    },
    rules::{evaluate::ORDER, rule::Rule},
};

/// Why a rule stands or does not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    /// The rule.
    pub rule: String,
    /// Where it is written.
    pub file: String,
    /// Where it stands.
    pub stands: Vec<Hit>,
    /// Where it hit and lost.
    pub lost: Vec<Loser>,
    /// The pattern that came closest, when none hit.
    pub nearest: Option<Nearness>,
    /// What keeps it from being tried at all.
    pub not_tried: Option<String>,
    /// What to do, if it should stand here.
    pub next: Vec<String>,
}

/// Finds out why. `language` is the one a new pattern would be listed under.
pub fn why(rule: &Rule, text: &str, verdict: &Verdict, engine: &Engine, sources: &SourceMap) -> Why {
    let stands: Vec<Hit> = verdict.hits.iter().filter(|hit| hit.rule == rule.id).cloned().collect();
    let lost: Vec<Loser> = verdict.losers.iter().filter(|loser| loser.rule == rule.id).cloned().collect();
    let mut why = Why {
        rule: rule.id.to_string(),
        file: file_of(rule),
        stands,
        lost,
        nearest: None,
        not_tried: None,
        next: Vec::new(),
    };
    if !why.stands.is_empty() {
        return why;
    }
    if let Some(loser) = why.lost.first() {
        why.next = after_loss(rule, loser, &why.file);
        return why;
    }
    why.not_tried = not_tried(rule, verdict);
    if why.not_tried.is_some() {
        why.next.extend((rule.mode == Mode::Off).then(|| format!("write `mode: suggest` in {}", why.file)));
        return why;
    }
    let reading = engine.rules().reading(text);
    why.nearest = nearest_pattern(sources, rule, &reading);
    let language = why.nearest.as_ref().map_or(verdict.language.answer, |nearest| nearest.language);
    why.next = after_miss(&why, rule, text, language, engine, sources);
    why
}

/// Returns it as a person reads it.
pub fn describe(why: &Why, text: &str) -> String {
    let mut out = String::new();
    let rule = &why.rule;
    for hit in &why.stands {
        let by = format_args!("{rule} stands by `{}` [{}] on {}", hit.pattern, hit.language, words(text, &hit.spans));
        say(&mut out, by);
    }
    for loser in &why.lost {
        let on = words(text, &loser.spans);
        say(&mut out, format_args!("{rule} hit by `{}` on {on} and lost: {}", loser.pattern, loss(&loser.why)));
        if matches!(loser.why, LossReason::StolenBy(_)) {
            field(&mut out, "order", ORDER);
        }
    }
    if let Some(not_tried) = &why.not_tried {
        say(&mut out, format_args!("{rule} was not tried: {not_tried}"));
    } else if why.stands.is_empty() && why.lost.is_empty() {
        say(&mut out, format_args!("{rule}: none of its patterns hits this text"));
        near(&mut out, why.nearest.as_ref(), text);
    }
    for (index, step) in why.next.iter().enumerate() {
        field(&mut out, if index == 0 { "next" } else { "" }, step);
    }
    out
}

fn near(out: &mut String, nearest: Option<&Nearness>, text: &str) {
    let Some(near) = nearest else {
        field(out, "nearest", "the text has no word of any of them");
        return;
    };
    field(out, "nearest", format_args!("`{}` [{}]", near.pattern, near.language));
    field(out, "in", marked(text, &(0..text.len()), &near.spans));
    field(out, "but", obstacle(&near.obstacle));
}

fn obstacle(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::Missing { parts, looks_like } => {
            let list = quoted(parts);
            let verb = if parts.len() == 1 { "is" } else { "are" };
            let like = looks_like.as_ref().map_or_else(String::new, |word| format!("; “{word}” looks like it"));
            format!("{list} {verb} missing{like}")
        }
        Obstacle::Sentences => "its parts stand in different sentences, and a pattern works within one".to_owned(),
        Obstacle::Order { first, second } => format!("`{second}` stands before `{first}`, and order matters"),
        Obstacle::Gap { before, after, allowed: 0, found } => {
            format!("{} between `{before}` and `{after}`, and the pattern has them side by side", counted(*found))
        }
        Obstacle::Gap { before, after, allowed, found } => {
            format!("{} between `{before}` and `{after}`, and the pattern allows {allowed}", counted(*found))
        }
        Obstacle::Excluded { pattern } => format!("`none: {pattern}` hits too"),
        Obstacle::Combination => "its parts are all there, but not as the pattern joins them".to_owned(),
    }
}

fn counted(words: usize) -> String {
    if words == 1 { "1 word stands".to_owned() } else { format!("{words} words stand") }
}

fn quoted(parts: &[String]) -> String {
    parts.iter().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(" and ")
}

/// Returns what keeps a rule from being tried.
fn not_tried(rule: &Rule, verdict: &Verdict) -> Option<String> {
    if rule.mode == Mode::Off {
        return Some("its mode is off".to_owned());
    }
    // A guard that suppresses ends a message before any rule is asked; one that escalates still lets rules name it.
    let guard = verdict.guards.first().filter(|_| verdict.sentences.is_empty() && verdict.hits.is_empty())?;
    let known = GUARDS.iter().any(|known| known.id == guard.guard);
    known.then(|| format!("{} ({}) ends it before any rule: {}", condition(&guard.guard), guard.guard, guard.evidence))
}

fn after_loss(rule: &Rule, loser: &Loser, file: &str) -> Vec<String> {
    match &loser.why {
        LossReason::StolenBy(other) => vec![
            format!("if {} is meant: add the words that tell them apart to `unless:` of {other}", rule.id),
            format!("or make the pattern of {} longer; `priority: 1` is the last resort", rule.id),
        ],
        LossReason::Unless(pattern) => vec![format!("narrow or remove `{pattern}` under `unless:` in {file}")],
        LossReason::Language { message, .. } => {
            vec![format!("write what buyers say in {message} under `say: {message}:` in {file}")]
        }
        LossReason::Negated(word) => vec![format!(
            "if “{word}” belongs to what is wanted, put it into a pattern; `negation: ignore` switches this off for the rule"
        )],
        LossReason::When(_) => {
            vec![format!("change `when:` in {file}, or wait until it holds; `--at` tries another time")]
        }
        LossReason::NotAlone(other) => vec![
            format!("if “{other}” changes nothing, put it into a pattern under `say:` in {file}"),
            "or take `alone: true` out, if the rule may count beside something else".to_owned(),
        ],
        LossReason::Mode(_) => vec![format!("write `mode: suggest` in {file} when its records look right")],
    }
}

fn after_miss(
    why: &Why,
    rule: &Rule,
    text: &str,
    language: Language,
    engine: &Engine,
    sources: &SourceMap,
) -> Vec<String> {
    let file = &why.file;
    let mut steps = Vec::new();
    if let Some(Nearness { obstacle: Obstacle::Gap { before, after, found, .. }, .. }) = &why.nearest {
        steps.push(format!("write `{before} *{found} {after}`, if these words belong together"));
    }
    if let Some(Nearness { obstacle: Obstacle::Sentences, .. }) = &why.nearest {
        steps.push("write `all: […]` with `within: message`, if the parts may stand anywhere".to_owned());
    }
    if let Some(Nearness { obstacle: Obstacle::Order { first, second }, .. }) = &why.nearest {
        steps.push(format!("write `all: [{first}, {second}]`, if the order does not matter"));
    }
    let pattern = Corpus::new(sources, engine.rules().rules()).pattern(text, language);
    let such = pattern.map_or_else(String::new, |pattern| format!(", such as `{pattern}`"));
    steps.push(format!("add a pattern under `say:`, `{language}:` in {file}{such}"));
    steps.push(format!("put this sentence under `examples:`, `match:`, then run `nightdesk test {}`", rule.id));
    steps
}
