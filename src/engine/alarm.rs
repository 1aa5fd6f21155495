//! What always goes to a person, whatever the seller's rules say: threats with law or payment services, injuries, police,
//! press, self-harm, data protection, and the plain wish for a person.
//!
//! The phrases are rule files of the same language under `always/`, short and of high precision, in twelve languages. A
//! negator right before the words and quotation marks around them take the alarm back; a negator farther off does not:
//! "if you do not refund me I will sue you" is a threat.

use std::{collections::BTreeMap, ops::Range, sync::LazyLock};

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

/// Reads the phrases now; they are read when they are first needed otherwise.
pub(super) fn read() {
    LazyLock::force(&RULES);
}

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
    // An alarm may be a sentence in another language than the rest: in doubt it is one.
    let evaluation = RULES.evaluate(reading, &Moment { written_in: None, ..moment.clone() });
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
    let quotations = quotations(reading);
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

/// Returns the stretches between quotation marks that hold several words and are not all of the text, in its order; they
/// do not overlap.
///
/// Every mark is looked at once, and its partner is known by where marks stand: a text may consist of opening marks.
fn quotations(reading: &Reading) -> Vec<Range<usize>> {
    let text = reading.original();
    let matters = |mark: char| mark == '\n' || QUOTES.iter().any(|(open, close)| [*open, *close].contains(&mark));
    let marks: Vec<(usize, char)> = text.char_indices().filter(|(_, mark)| matters(*mark)).collect();
    let mut places: BTreeMap<char, Vec<usize>> = BTreeMap::new();
    for (place, mark) in &marks {
        places.entry(*mark).or_default().push(*place);
    }
    let next = |mark: char, from: usize| {
        let own = places.get(&mark)?;
        own.get(own.partition_point(|place| *place < from)).copied()
    };
    let length = text.trim().len();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut free = 0;
    for (place, mark) in marks {
        let Some((_, close)) = QUOTES.iter().find(|(open, _)| place >= free && *open == mark) else { continue };
        let start = place + mark.len_utf8();
        let Some(end) = next(*close, start) else { continue };
        let whole = length <= end - start + 2 * mark.len_utf8();
        let one_line = next('\n', start).is_none_or(|newline| newline > end);
        if one_line && !whole && words_between(reading.folded(), &(start..end)) >= MIN_QUOTED_WORDS {
            found.push(start..end);
            free = end + close.len_utf8();
        }
    }
    found
}

fn words_between(folded: &Folded, place: &Range<usize>) -> usize {
    let first = folded.words().partition_point(|word| word.original.start < place.start);
    let behind = folded.words().partition_point(|word| word.original.end <= place.end);
    behind.saturating_sub(first)
}

fn is_quoted(alarm: &Alarm, quotations: &[Range<usize>]) -> bool {
    let inside = |span: &Range<usize>| {
        let opened = quotations.partition_point(|quote| quote.start <= span.start);
        opened.checked_sub(1).is_some_and(|last| span.end <= quotations[last].end)
    };
    !alarm.spans.is_empty() && alarm.spans.iter().all(inside)
}
