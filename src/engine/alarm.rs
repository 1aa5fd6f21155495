//! What always goes to a person, whatever the seller's rules say: threats with law or payment services, injuries, police,
//! press, self-harm, data protection, and the plain wish for a person.
//!
//! The phrases are rule files of the same language under `always/`, short and of high precision, in twelve languages. A
//! negator right before the words and quotation marks around them take the alarm back; a negator farther off does not:
//! "if you do not refund me I will sue you" is a threat.

use std::{ops::Range, sync::LazyLock};

use crate::{
    model::verdict::{Alarm, Loser, LossReason},
    rules::{
        built_in::{self, BuiltIn},
        condition::Moment,
        rule::Rule,
        set::RuleSet,
    },
    text::{folded::Folded, reading::Reading},
};

/// The topics.
pub const FILES: &[BuiltIn] = &[
    BuiltIn { path: "rules/complaint/legal_threat.yaml", text: include_str!("always/legal_threat.yaml") },
    BuiltIn { path: "rules/complaint/police.yaml", text: include_str!("always/police.yaml") },
    BuiltIn { path: "rules/complaint/chargeback.yaml", text: include_str!("always/chargeback.yaml") },
    BuiltIn { path: "rules/complaint/human.yaml", text: include_str!("always/human.yaml") },
    BuiltIn { path: "rules/complaint/injury_or_safety.yaml", text: include_str!("always/injury_or_safety.yaml") },
    BuiltIn { path: "rules/complaint/self_harm.yaml", text: include_str!("always/self_harm.yaml") },
    BuiltIn { path: "rules/complaint/press.yaml", text: include_str!("always/press.yaml") },
    BuiltIn { path: "rules/complaint/data_protection.yaml", text: include_str!("always/data_protection.yaml") },
];

/// A negator with more words between it and the phrase speaks of something else: "not going to sue" has two.
const NEGATOR_REACH: usize = 2;
/// Who stands between a negator and a phrase begins a new thought: "if not, I will sue you".
const SUBJECTS: [&str; 14] =
    ["i", "we", "ich", "wir", "je", "nous", "yo", "nosotros", "eu", "io", "noi", "я", "мы", "ja"];
/// Shorter quotations are names and emphasis, not somebody else's words.
const MIN_QUOTED_WORDS: usize = 3;
/// Quotation marks in pairs; a straight one closes itself.
const QUOTES: [(char, char); 6] = [('“', '”'), ('„', '“'), ('«', '»'), ('「', '」'), ('『', '』'), ('"', '"')];

static RULES: LazyLock<RuleSet> = LazyLock::new(|| built_in::read(FILES).0);

/// Returns the topic's rule.
pub(super) fn rule(alarm: &Alarm) -> Option<&'static Rule> {
    RULES.rule(&alarm.topic)
}

/// What a text raises.
#[derive(Debug)]
pub(super) struct Raised {
    /// The alarms in the order of the text, each topic once.
    pub alarms: Vec<Alarm>,
    /// Why some of the text was not looked at.
    pub unfinished: Option<String>,
}

/// Looks for alarms in a text.
pub(super) fn find(reading: &Reading, moment: &Moment<'_>) -> Raised {
    let evaluation = RULES.evaluate(reading, moment);
    let hits = evaluation.hits.into_iter();
    let hits =
        hits.map(|hit| Alarm { topic: hit.rule, sentence: hit.sentence, pattern: hit.pattern, spans: hit.spans });
    let others = evaluation.losers.into_iter().filter(|loser| counts(reading, loser));
    let others = others.map(|lost| Alarm {
        topic: lost.rule,
        sentence: lost.sentence,
        pattern: lost.pattern,
        spans: lost.spans,
    });
    let quotations = quotations(reading.original());
    let mut alarms: Vec<Alarm> = hits.chain(others).filter(|alarm| !is_quoted(alarm, &quotations)).collect();
    alarms.sort_by_key(|alarm| (alarm.sentence, alarm.spans.first().map(|span| span.start)));
    let mut topics = Vec::new();
    alarms.retain(|alarm| {
        let new = !topics.contains(&alarm.topic);
        topics.push(alarm.topic.clone());
        new
    });
    Raised { alarms, unfinished: evaluation.unfinished }
}

/// Returns whether a phrase that lost is an alarm all the same: another topic has its words, or what negates is far off.
fn counts(reading: &Reading, loser: &Loser) -> bool {
    match &loser.why {
        LossReason::StolenBy(_) => true,
        LossReason::Negated(negator) => !is_near(reading, negator, loser),
        _ => false,
    }
}

fn is_near(reading: &Reading, negator: &str, loser: &Loser) -> bool {
    let Some(start) = loser.spans.first().map(|span| span.start) else { return true };
    let before = &reading.original()[..start];
    let Some(found) = before.rfind(negator) else { return true };
    let between = Folded::new(&before[found + negator.len()..]);
    let begins = between.words().iter().any(|word| SUBJECTS.contains(&between.form(word)));
    between.words().len() <= NEGATOR_REACH && !begins
}

/// Returns the stretches between quotation marks that hold several words and are not all of the text.
fn quotations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(mark) = text[at..].chars().next() {
        let start = at + mark.len_utf8();
        at = start;
        let close = QUOTES.iter().filter(|(open, _)| *open == mark).find_map(|(_, close)| text[start..].find(*close));
        let Some(length) = close else { continue };
        let inside = &text[start..start + length];
        let whole = text.trim().len() <= inside.len() + 2 * mark.len_utf8();
        if !inside.contains('\n') && !whole && Folded::new(inside).words().len() >= MIN_QUOTED_WORDS {
            found.push(start..start + length);
            at = start + length + 1;
            at = text.ceil_char_boundary(at);
        }
    }
    found
}

fn is_quoted(alarm: &Alarm, quotations: &[Range<usize>]) -> bool {
    let inside =
        |span: &Range<usize>| quotations.iter().any(|quote| quote.start <= span.start && span.end <= quote.end);
    !alarm.spans.is_empty() && alarm.spans.iter().all(inside)
}
