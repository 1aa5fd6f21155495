//! Properties over random patterns and texts, against a matcher that is too simple to be wrong.

use nightdesk::text::reading::Reading;
use proptest::{
    prelude::{Strategy, prop, prop_assert, prop_assert_eq, proptest},
    prop_oneof,
    strategy::Just,
};
use serde_json::{Value, json};

use crate::rules::{evaluate, moment, read, rule, valid};

/// A pattern as a tree that can be written in the pattern language and matched naively.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Word(&'static str),
    Beginning(&'static str),
    Gap(u8),
    Choice(Vec<Vec<Self>>),
    Optional(Vec<Vec<Self>>),
}

/// Words without inflection, so that equality is what matters; two of them are Chinese characters.
pub(super) const WORDS: [&str; 6] = ["ka", "lo", "mi", "kalo", "包", "邮"];

fn part() -> impl Strategy<Value = Part> {
    let leaf = prop_oneof![
        4 => prop::sample::select(&WORDS[..]).prop_map(Part::Word),
        1 => prop::sample::select(&["ka", "mi"][..]).prop_map(Part::Beginning),
        1 => (1u8..4).prop_map(Part::Gap),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let word = prop::sample::select(&WORDS[..]).prop_map(Part::Word);
        let branch = (word, prop::collection::vec(inner, 0..2)).prop_map(|(first, rest)| {
            let mut branch = vec![first];
            branch.extend(rest);
            branch
        });
        let branches = prop::collection::vec(branch, 1..3);
        prop_oneof![branches.clone().prop_map(Part::Choice), branches.prop_map(Part::Optional)]
    })
}

/// A pattern that begins and ends with a word, as every sensible one does.
pub(super) fn pattern() -> impl Strategy<Value = Vec<Part>> {
    let word = || prop::sample::select(&WORDS[..]).prop_map(Part::Word);
    (word(), prop::collection::vec(part(), 0..4), word()).prop_map(|(first, middle, last)| {
        let mut whole = vec![first];
        whole.extend(middle);
        whole.push(last);
        whole
    })
}

fn text() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(
        prop_oneof![8 => prop::sample::select(&WORDS[..]), 1 => Just("und"), 1 => Just("kamina")],
        0..12,
    )
}

pub(super) fn written(sequence: &[Part]) -> String {
    let branches = |branches: &[Vec<Part>]| branches.iter().map(|branch| written(branch)).collect::<Vec<_>>().join("|");
    let parts = sequence.iter().map(|part| match part {
        Part::Word(word) => (*word).to_owned(),
        Part::Beginning(word) => format!("{word}*"),
        Part::Gap(longest) => format!("*{longest}"),
        Part::Choice(choices) => format!("({})", branches(choices)),
        Part::Optional(choices) => format!("[{}]", branches(choices)),
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// Returns every way a sequence matches from a position: the words it took and where it ended.
pub(super) fn ways(sequence: &[Part], text: &[&str], at: usize) -> Vec<(Vec<usize>, usize)> {
    let Some((part, rest)) = sequence.split_first() else { return vec![(Vec::new(), at)] };
    let heads: Vec<(Vec<usize>, usize)> = match part {
        Part::Word(word) => {
            text.get(at).filter(|found| *found == word).map(|_| (vec![at], at + 1)).into_iter().collect()
        }
        Part::Beginning(word) => {
            text.get(at).filter(|found| found.starts_with(word)).map(|_| (vec![at], at + 1)).into_iter().collect()
        }
        Part::Gap(longest) => (0..=usize::from(*longest))
            .map(|skipped| (Vec::new(), at + skipped))
            .filter(|(_, end)| *end <= text.len())
            .collect(),
        Part::Choice(branches) => branches.iter().flat_map(|branch| ways(branch, text, at)).collect(),
        Part::Optional(branches) => {
            let nothing = std::iter::once((Vec::new(), at));
            branches.iter().flat_map(|branch| ways(branch, text, at)).chain(nothing).collect()
        }
    };
    let mut found = Vec::new();
    for (words, end) in heads {
        for (more, last) in ways(rest, text, end) {
            found.push(([words.clone(), more].concat(), last));
        }
    }
    found
}

/// Returns the words and bytes of the best match: most words, then the longer span of the tightest match of each start.
fn naive(sequence: &[Part], text: &[&str]) -> Option<(usize, usize)> {
    let offsets: Vec<usize> =
        (0..text.len()).map(|index| text[..index].iter().map(|word| word.len() + 1).sum()).collect();
    let starts = (0..text.len()).filter_map(|start| {
        let best =
            ways(sequence, text, start).into_iter().max_by_key(|(words, end)| (words.len(), usize::MAX - end))?;
        let last = *best.0.last()?;
        Some((best.0.len(), offsets[last] + text[last].len() - offsets[start]))
    });
    starts.max()
}

/// Reads a rule with these patterns, which may be refused, and evaluates what is left of it.
fn any_rule(say: &Value, text: &str) {
    let (path, file) = rule("probe", &format!("say: {say}"));
    let (_, set, _) = read(&[(&path, &file)]);
    set.evaluate(&Reading::new(text), &moment());
}

proptest! {
    #[test]
    fn evaluation_equals_a_naive_matcher(pattern in pattern(), text in text()) {
        let joined = text.join(" ");
        let rules = [rule("probe", &format!("negation: ignore\nsay: {{xx: ['{}']}}", written(&pattern)))];
        let evaluation = evaluate(&rules, &joined);
        let found = evaluation.hits.first().map(|hit| {
            let (first, last) = (&hit.spans[0], &hit.spans[hit.spans.len() - 1]);
            (hit.words, last.end - first.start)
        });
        prop_assert_eq!(found, naive(&pattern, &text), "`{}` in `{}`", written(&pattern), joined);
    }

    #[test]
    fn a_rule_that_matches_nothing_changes_nothing(patterns in prop::collection::vec(pattern(), 1..4), text in text()) {
        let joined = text.join(" ");
        let mut rules: Vec<(String, String)> = (0..).zip(&patterns).map(|(number, pattern)| {
            rule(&format!("probe_{number}"), &format!("say: {{xx: ['{}']}}", written(pattern)))
        }).collect();
        let before = evaluate(&rules, &joined);
        rules.push(rule("a_stranger", "priority: 100\nsay: {xx: [zzyzx, 'ka zzyzx', '包 zzyzx', {all: [ka, zzyzx]}, {regex: 'ka zzyzx'}], de: [ka zzyzx]}"));
        prop_assert_eq!(evaluate(&rules, &joined), before);
    }

    #[test]
    fn patterns_of_any_text_never_panic(pattern in "\\PC{0,40}", text in "\\PC{0,80}") {
        any_rule(&json!({"en": [pattern], "zh": [{"all": [pattern]}], "ko": [{"none": [pattern], "any": ["a"]}]}), &text);
    }

    #[test]
    fn patterns_of_pattern_signs_never_panic(
        pattern in "[a包い배ก<>{}()\\[\\]|*\"' ,.0-9:_-]{0,40}",
        text in "[a包い배ก ,.!?\n0-9]{0,80}",
    ) {
        any_rule(&json!({"en": [pattern], "ja": [{"all": [pattern], "within": "message"}]}), &text);
    }

    #[test]
    fn expressions_of_any_text_never_panic(
        expression in prop_oneof!["\\PC{0,40}", "[ab包.*+?{}()\\[\\]|^$0-9,\\\\wdpLPb:<>-]{0,40}"],
        text in "\\PC{0,80}",
    ) {
        any_rule(&json!({"en": [{"regex": expression}], "zh": [{"all": [{"regex": expression}, "a"]}]}), &text);
    }

    #[test]
    fn spans_lie_on_characters_of_the_text(text in "\\PC{0,60}") {
        let (path, file) = rule("probe", "say: {en: [a, the, 'i*', {regex: '[a-z]{2}'}], zh: [的], ko: [이]}");
        let set = valid(&[(&path, &file)]);
        let reading = Reading::new(&text);
        for hit in set.evaluate(&reading, &moment()).hits {
            for span in hit.spans {
                prop_assert!(reading.original().get(span.clone()).is_some_and(|words| !words.is_empty()), "{:?}", span);
            }
        }
    }
}
