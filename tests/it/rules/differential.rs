//! Evaluation against a second one that is slow and obvious: every pattern tried at every word of every sentence, every
//! way written out, and the rules of order applied to plain lists.

use std::{collections::BTreeMap, ops::Range};

use nightdesk::{model::verdict::LossReason, rules::evaluate::Evaluation};
use proptest::{
    prelude::{Strategy, any, prop, prop_assert_eq, proptest},
    prop_oneof,
    strategy::Just,
    test_runner::Config,
};

use crate::rules::{
    evaluate,
    properties::{Part, WORDS, pattern, ways, written},
    rule,
};

/// One entry of `say`.
#[derive(Debug, Clone)]
enum Entry {
    Words(Vec<Part>),
    Group { all: Vec<Vec<Part>>, any: Vec<Vec<Part>>, none: Vec<Vec<Part>>, wide: bool },
}

#[derive(Debug, Clone)]
struct Probe {
    say: Vec<Entry>,
    unless: Vec<Vec<Part>>,
    priority: i32,
    shadow: bool,
}

fn few(most: usize) -> impl Strategy<Value = Vec<Vec<Part>>> {
    prop::collection::vec(pattern(), 0..=most)
}

fn entry() -> impl Strategy<Value = Entry> {
    let group = (pattern(), few(1), few(2), few(1), any::<bool>()).prop_map(|(first, all, any, none, wide)| {
        let all = std::iter::once(first).chain(all).collect();
        Entry::Group { all, any, none, wide }
    });
    let choice = (pattern(), few(1)).prop_map(|(first, more)| {
        let any = std::iter::once(first).chain(more).collect();
        Entry::Group { all: Vec::new(), any, none: Vec::new(), wide: false }
    });
    prop_oneof![4 => pattern().prop_map(Entry::Words), 1 => group, 1 => choice]
}

fn probe() -> impl Strategy<Value = Probe> {
    let say = prop::collection::vec(entry(), 1..4);
    let unless = prop_oneof![3 => few(0), 1 => few(1)];
    (say, unless, -1..2i32, prop_oneof![5 => Just(false), 1 => Just(true)])
        .prop_map(|(say, unless, priority, shadow)| Probe { say, unless, priority, shadow })
}

fn text() -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    let word = prop_oneof![8 => prop::sample::select(&WORDS[..]), 1 => Just("und"), 1 => Just("kamina")];
    prop::collection::vec(prop::collection::vec(word, 1..7), 1..4)
}

fn file(number: usize, probe: &Probe) -> (String, String) {
    let list = |patterns: &[Vec<Part>]| {
        let quoted: Vec<String> = patterns.iter().map(|pattern| format!("'{}'", written(pattern))).collect();
        quoted.join(", ")
    };
    let entries: Vec<String> = probe
        .say
        .iter()
        .map(|entry| match entry {
            Entry::Words(pattern) => format!("'{}'", written(pattern)),
            Entry::Group { all, any, none, wide } => {
                let mut parts = Vec::new();
                for (key, patterns) in [("all", all), ("any", any), ("none", none)] {
                    if !patterns.is_empty() {
                        parts.push(format!("{key}: [{}]", list(patterns)));
                    }
                }
                parts.extend(wide.then(|| "within: message".to_owned()));
                format!("{{{}}}", parts.join(", "))
            }
        })
        .collect();
    let mut body = format!("priority: {}\nsay: {{xx: [{}]}}\n", probe.priority, entries.join(", "));
    if !probe.unless.is_empty() {
        body.push_str("unless: {xx: [");
        body.push_str(&list(&probe.unless));
        body.push_str("]}\n");
    }
    body.push_str(if probe.shadow { "mode: shadow\n" } else { "mode: auto\n" });
    rule(&format!("probe_{number}"), &body)
}

/// The text as one row of words, with the sentences as ranges of them and the bytes of each word.
struct Text {
    words: Vec<&'static str>,
    sentences: Vec<Range<usize>>,
    bytes: Vec<Range<usize>>,
    joined: String,
}

impl Text {
    fn new(sentences: &[Vec<&'static str>]) -> Self {
        let mut text = Self { words: Vec::new(), sentences: Vec::new(), bytes: Vec::new(), joined: String::new() };
        for sentence in sentences {
            let start = text.words.len();
            for word in sentence {
                let at = text.joined.len();
                text.joined.push_str(word);
                text.bytes.push(at..text.joined.len());
                text.joined.push(' ');
                text.words.push(word);
            }
            text.joined.push_str("! ");
            text.sentences.push(start..text.words.len());
        }
        text
    }

    /// Returns the best match from every word of a sentence.
    fn matches(&self, pattern: &[Part], sentence: &Range<usize>) -> Vec<Vec<usize>> {
        let words = &self.words[..sentence.end];
        sentence
            .clone()
            .filter_map(|start| {
                let ways = ways(pattern, words, start);
                ways.into_iter().min_by_key(|(own, end)| (usize::MAX - own.len(), *end)).map(|(own, _)| own)
            })
            .collect()
    }

    fn found(&self, entry: &Entry, scope: &[Range<usize>]) -> Vec<Vec<usize>> {
        let find = |pattern: &Vec<Part>| -> Vec<Vec<usize>> {
            scope.iter().flat_map(|sentence| self.matches(pattern, sentence)).collect()
        };
        let best = |found: Vec<Vec<usize>>| found.into_iter().min_by_key(|own| (usize::MAX - own.len(), own[0]));
        match entry {
            Entry::Words(pattern) => find(pattern),
            Entry::Group { none, .. } if none.iter().any(|pattern| !find(pattern).is_empty()) => Vec::new(),
            Entry::Group { all, any, .. } => {
                let of_any: Vec<Vec<usize>> = any.iter().flat_map(find).collect();
                if all.is_empty() {
                    return of_any;
                }
                let first = if any.is_empty() { Some(Vec::new()) } else { best(of_any) };
                let parts = std::iter::once(first).chain(all.iter().map(|pattern| best(find(pattern))));
                let Some(parts) = parts.collect::<Option<Vec<_>>>() else { return Vec::new() };
                let mut union = parts.concat();
                union.sort_unstable();
                union.dedup();
                vec![union]
            }
        }
    }

    fn spans(&self, words: &[usize]) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            match spans.last_mut() {
                Some(open) if at > 0 && words[at - 1] + 1 == *word => open.end = self.bytes[*word].end,
                _ => spans.push(self.bytes[*word].clone()),
            }
        }
        spans
    }
}

type Line = (usize, usize, Vec<Range<usize>>, String);

/// Returns hits and losers as lines: rule, sentence, spans, why.
fn slowly(probes: &[Probe], text: &Text) -> (Vec<Line>, Vec<Line>) {
    let (mut hits, mut losers): (Vec<Line>, Vec<Line>) = (Vec::new(), Vec::new());
    let mut owners: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, sentence) in text.sentences.iter().enumerate() {
        let mut findings = Vec::new();
        for (number, probe) in probes.iter().enumerate() {
            for (phrase, entry) in probe.say.iter().enumerate() {
                let wide = matches!(entry, Entry::Group { wide: true, .. });
                let scope = if wide { &text.sentences[..] } else { std::slice::from_ref(sentence) };
                let here = text.found(entry, scope).into_iter().filter(|words| sentence.contains(&words[0]));
                findings.extend(here.map(|words| (number, phrase, words)));
            }
        }
        let rank = |(number, phrase, words): &(usize, usize, Vec<usize>)| {
            let (start, end) = (text.bytes[words[0]].start, text.bytes[words[words.len() - 1]].end);
            let (fewer, shorter) = (usize::MAX - words.len(), usize::MAX - (end - start));
            (-probes[*number].priority, fewer, shorter, *number, start, *phrase)
        };
        findings.sort_by_key(rank);
        let off = |number: usize| {
            let unless = probes[number].unless.iter();
            unless.clone().find(|pattern| !text.matches(pattern, sentence).is_empty())
        };
        for number in 0..probes.len() {
            if let (Some((_, _, words)), Some(pattern)) = (findings.iter().find(|own| own.0 == number), off(number)) {
                losers.push((number, index, text.spans(words), format!("unless {}", written(pattern))));
            }
        }
        findings.retain(|own| off(own.0).is_none());
        let mut standing = Vec::new();
        let mut lost: BTreeMap<usize, Line> = BTreeMap::new();
        for (number, _, words) in findings {
            let line = |why: String| (number, index, text.spans(&words), why);
            if standing.contains(&number) {
                continue;
            }
            if let Some(owner) = words.iter().find_map(|word| owners.get(word)) {
                lost.entry(number).or_insert_with(|| line(format!("stolen by probe_{owner}")));
            } else if probes[number].shadow {
                lost.insert(number, line("mode shadow".to_owned()));
            } else {
                standing.push(number);
                lost.remove(&number);
                owners.extend(words.iter().map(|word| (*word, number)));
                hits.push(line(String::new()));
            }
        }
        losers.extend(lost.into_values());
    }
    (hits, losers)
}

fn lines(evaluation: &Evaluation) -> (Vec<Line>, Vec<Line>) {
    let number = |rule: &str| rule.trim_start_matches("probe_").parse().expect("rules are called so");
    let hits = evaluation
        .hits
        .iter()
        .map(|hit| (number(hit.rule.as_str()), hit.sentence.expect("of the text"), hit.spans.clone(), String::new()));
    let losers = evaluation.losers.iter().map(|loser| {
        let why = match &loser.why {
            LossReason::StolenBy(rule) => format!("stolen by {rule}"),
            LossReason::Unless(pattern) => format!("unless {pattern}"),
            LossReason::Mode(mode) => format!("mode {mode}"),
            other => format!("{other:?}"),
        };
        (number(loser.rule.as_str()), loser.sentence.expect("of the text"), loser.spans.clone(), why)
    });
    (hits.collect(), losers.collect())
}

proptest! {
    #![proptest_config(Config::with_cases(400))]

    #[test]
    fn evaluation_equals_a_slow_and_obvious_one(
        probes in prop::collection::vec(probe(), 1..5),
        sentences in text(),
    ) {
        let text = Text::new(&sentences);
        let rules: Vec<(String, String)> =
            probes.iter().enumerate().map(|(number, probe)| file(number, probe)).collect();
        let evaluation = evaluate(&rules, &text.joined);
        prop_assert_eq!(&evaluation.unfinished, &None);
        prop_assert_eq!(lines(&evaluation), slowly(&probes, &text), "{:#?}\n{}", rules, text.joined);
    }
}
