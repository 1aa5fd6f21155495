//! Every rule in every sentence: what hits, what stands, what lost and why.
//!
//! Rows come from the [`trie`](crate::rules::trie), all other candidates from the
//! [`prefilter`](crate::rules::prefilter) and are confirmed by [`find`](crate::rules::find);
//! [`judge`](crate::rules::judge) weighs them against `unless`, negators and `when`, and puts them in order. What is
//! answered with is decided elsewhere (`engine`).

use std::{cell::LazyCell, ops::Range};

use crate::{
    model::{
        language::Language,
        verdict::{EntityFound, Hit, Loser},
    },
    rules::{
        alone,
        condition::{Moment, Scene},
        entity_list::Kinds,
        find::{Finder, Found, Manner, word_number},
        judge::{Finding, Judge},
        prefilter::{Filed, Key, Keys, PhraseId, Postings, RowPhrase},
        program::{Machine, Words as _},
        rule::{Phrase, Rule},
        scratch::Scratch,
        set::RuleSet,
        view::{Entities, View},
    },
    text::{reading::Reading, sentence::Place},
};

/// The order of hits in one sentence, in words, for people who ask why.
pub const ORDER: &str = "higher priority, then a hit without spelling repair, then more words matched, then the longer \
                         span, then the order of the files";

/// Steps of patterns' programs and of the trie for one message, about five milliseconds of work. Honest messages stay below a
/// hundredth, even with ten thousand rules; what is beyond is written to keep us busy.
const MAX_STEPS: u64 = 500_000;
/// Matches and candidates of one message; beyond it the rules are too alike, or the message is built of their words.
const MAX_MATCHES: usize = 2000;

/// What the rules say about a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    /// Hits that stand, in the order of the sentences, best first within one.
    pub hits: Vec<Hit>,
    /// Rules that hit and do not stand, in the same order.
    pub losers: Vec<Loser>,
    /// Values that patterns of standing hits named (`{country:destination}`, named groups of `regex:`); `kind` is the
    /// name.
    pub captured: Vec<EntityFound>,
    /// Set if the text was too much work and some of it was not looked at; why, for a person.
    pub unfinished: Option<String>,
}

/// A row of the trie that matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) struct Row {
    /// The phrase, as a number of the trie.
    number: u32,
    first: u32,
    end: u32,
    /// It needs misspelt words to be what they stand for.
    repaired: bool,
}

/// Evaluates all rules of a set.
pub(in crate::rules) fn evaluate(
    set: &RuleSet,
    reading: &Reading,
    moment: &Moment<'_>,
    scratch: &mut Scratch,
) -> Evaluation {
    let subject = LazyCell::new(|| set.reading(moment.subject));
    let in_subject = |phrase: &Phrase| set.hits(&subject, phrase);
    let scene = Scene { moment, in_subject: &in_subject };
    let mut judge = Judge::new(set, &scene, reading.places());
    let mut evaluation = Evaluation::default();
    let unfinished = each_sentence(set, reading, scratch, |index, findings, finder| {
        judge.judge(index, findings, finder, &mut evaluation);
    });
    alone::take_back(set, reading, &mut evaluation);
    evaluation.unfinished = unfinished;
    evaluation
}

/// One pattern that matches a text, before anything is weighed: what `check` compares patterns by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The rule, by its place in the set.
    pub rule: usize,
    /// The pattern, by its place in the rule's `say`.
    pub phrase: usize,
    /// The sentence, by its place in the text.
    pub sentence: usize,
    /// The language of the pattern.
    pub language: Language,
    /// A word of it is only a repair of what was written.
    pub repaired: bool,
    /// The words it matches, in order.
    pub words: Vec<usize>,
    /// Bytes from its first to its last word in the text.
    pub span: Range<usize>,
    /// A negator before the words takes them away.
    pub negated: bool,
}

/// Returns every match of every pattern, in no particular order.
pub(in crate::rules) fn attempts(set: &RuleSet, reading: &Reading, scratch: &mut Scratch) -> Vec<Attempt> {
    let all = reading.folded().words();
    let mut attempts = Vec::new();
    each_sentence(set, reading, scratch, |sentence, findings, _| {
        attempts.extend(findings.drain(..).map(|Finding { id, found, .. }| {
            let words: Vec<usize> = found.words.iter().collect();
            let start = words.first().map_or(0, |word| all[*word].original.start);
            let end = words.last().map_or(start, |word| all[*word].original.end);
            let (rule, phrase) = (id.rule as usize, id.phrase as usize);
            let language = set.rules[rule].say[phrase].language;
            let (repaired, negated) = (found.repaired, found.negated.is_some());
            Attempt { rule, phrase, sentence, language, repaired, words, span: start..end, negated }
        }));
    });
    attempts
}

/// Hands what matches to `visit`, sentence after sentence; it leaves nothing behind. Returns why some of the text was
/// not looked at, if so.
fn each_sentence(
    set: &RuleSet,
    reading: &Reading,
    scratch: &mut Scratch,
    visit: impl FnMut(usize, &mut Vec<Finding>, &mut Finder<'_>),
) -> Option<String> {
    let Scratch { memory, atoms, repaired, machine, keys, rows, row_keys, literals, candidates } = scratch;
    memory.look_up(&set.vocabulary, &set.negators, reading.folded(), atoms);
    let entities = Entities::new(reading, Kinds(set.entity_lists()));
    atoms.accept(|word| {
        let entities = entities.all();
        let behind = entities.partition_point(|entity| entity.words.start <= word);
        behind.checked_sub(1).is_some_and(|last| word < entities[last].words.end)
    });
    machine.steps_left = MAX_STEPS;
    rows.clear();
    row_keys.clear();
    let view = View { reading, atoms, entities: &entities, misspelt: atoms.misspelt(), repaired: false };
    let mut walk = Walk { set, rows, keys: row_keys, machine };
    walk.walk(&view);
    let repaired = (!view.misspelt.is_empty()).then(|| {
        repaired.repair(atoms);
        let view = View { atoms: repaired, repaired: true, ..view };
        walk.walk(&view);
        // What was found as written and what by repair, in the order of the text.
        walk.rows.sort_by_key(|row| (row.first, row.repaired));
        walk.keys.sort_by_key(|(_, sentence)| *sentence);
        view
    });
    set.prefilter.literals(reading.folded().text(), literals);
    let mut occurring = Occurring { set, view: repaired.unwrap_or(view), row_keys, literals, keys };
    let mut finder = Finder { view, repaired, negators: &set.negators, machine };
    confirm_all(rows, &mut occurring, &mut finder, candidates, visit)
}

/// Confirms what may match, sentence after sentence.
fn confirm_all(
    mut rows: &[Row],
    occurring: &mut Occurring<'_>,
    finder: &mut Finder<'_>,
    candidates: &mut Vec<PhraseId>,
    mut visit: impl FnMut(usize, &mut Vec<Finding>, &mut Finder<'_>),
) -> Option<String> {
    let set = occurring.set;
    let sentences = finder.view.reading.places();
    let mut matches_left = MAX_MATCHES;
    let mut wide = wide_findings(occurring, finder, candidates, &mut matches_left).into_iter().peekable();
    let mut findings = Vec::new();
    for (index, sentence) in sentences.iter().enumerate() {
        let own = rows.partition_point(|row| (row.first as usize) < sentence.words.end);
        for row in rows[..own].iter().take(matches_left) {
            findings.extend(row_finding(set, finder, sentence, *row));
        }
        matches_left = matches_left.saturating_sub(own);
        rows = &rows[own..];
        occurring.candidates(&set.prefilter.in_sentence, &sentence.words, candidates);
        for id in candidates.iter().take(matches_left) {
            confirm(&set.rules, finder, *id, std::slice::from_ref(sentence), &mut findings);
        }
        matches_left = matches_left.saturating_sub(candidates.len());
        while let Some((_, finding)) = wide.next_if(|(home, _)| *home == index) {
            findings.push(finding);
        }
        visit(index, &mut findings, finder);
    }
    unfinished(matches_left, finder.machine.steps_left)
}

/// Returns whether a pattern hits anywhere in a text, whatever else hits there.
pub(in crate::rules) fn hits(set: &RuleSet, reading: &Reading, phrase: &Phrase, scratch: &mut Scratch) -> bool {
    let Scratch { memory, atoms, machine, .. } = scratch;
    memory.look_up(&set.vocabulary, &set.negators, reading.folded(), atoms);
    let entities = Entities::new(reading, Kinds(set.entity_lists()));
    machine.steps_left = MAX_STEPS;
    let view = View { reading, atoms, entities: &entities, misspelt: &[], repaired: false };
    let mut finder = Finder { view, repaired: None, negators: &set.negators, machine };
    !finder.find(&phrase.expression, Manner::PLAIN, reading.places()).is_empty()
}

fn unfinished(matches_left: usize, steps_left: u64) -> Option<String> {
    if steps_left == 0 {
        return Some("the text is built so that patterns take too long to compare with it".to_owned());
    }
    (matches_left == 0).then(|| format!("more than {MAX_MATCHES} places of the text resemble patterns"))
}

/// Walks the trie.
struct Walk<'a> {
    set: &'a RuleSet,
    rows: &'a mut Vec<Row>,
    keys: &'a mut Vec<(Key, usize)>,
    machine: &'a mut Machine,
}

impl Walk<'_> {
    /// Notes every row, by first word; of the rows of one phrase from one word only the longest. Where misspelt words
    /// are repaired, only rows that hold one are noted: the others were found before.
    fn walk(&mut self, view: &View<'_>) {
        let Self { set, rows, keys, machine } = self;
        let onward = |word: usize| if view.is_apart(word) { &[][..] } else { view.atoms.of(word) };
        let sentences = view.reading.places().iter().enumerate();
        for (index, sentence) in sentences.filter(|(_, own)| !view.repaired || view.is_misspelt(&own.words)) {
            for start in sentence.words.clone() {
                let before = rows.len();
                let first = view.atoms.of(start);
                let visited =
                    set.prefilter.trie.walk(first, &onward, start, sentence.words.end, &mut |numbers, end| {
                        for number in numbers {
                            match set.prefilter.filed(*number) {
                                Filed::Phrase(_) => rows.push(Row {
                                    number: *number,
                                    first: word_number(start),
                                    end: word_number(end),
                                    repaired: view.repaired,
                                }),
                                Filed::Key(key) => keys.push((key, index)),
                            }
                        }
                    });
                if rows.len() > before + 1 {
                    keep_longest(rows, before);
                }
                if view.repaired {
                    keep_misspelt(view, rows, before);
                }
                if rows.len() > MAX_MATCHES || !machine.spend(visited) {
                    return;
                }
            }
        }
    }
}

fn keep_misspelt(view: &View<'_>, rows: &mut Vec<Row>, from: usize) {
    let mut at = from;
    while let Some(row) = rows.get(at) {
        if view.is_misspelt(&(row.first as usize..row.end as usize)) {
            at += 1;
        } else {
            rows.swap_remove(at);
        }
    }
}

/// Keeps the longest row of each phrase among those that begin at the same word.
fn keep_longest(rows: &mut Vec<Row>, from: usize) {
    rows[from..].sort_unstable_by_key(|row| (row.number, std::cmp::Reverse(row.end)));
    let mut kept = from;
    for at in from..rows.len() {
        if kept == from || rows[kept - 1].number != rows[at].number {
            rows[kept] = rows[at];
            kept += 1;
        }
    }
    rows.truncate(kept);
}

fn row_finding(set: &RuleSet, finder: &mut Finder<'_>, sentence: &Place, row: Row) -> Option<Finding> {
    let Filed::Phrase(phrase) = set.prefilter.filed(row.number) else { return None };
    let RowPhrase { id, priority, manner } = *phrase;
    if row.repaired && !manner.repairs {
        return None;
    }
    let found = finder.row(row.first as usize..row.end as usize, manner, &sentence.words);
    let found = Found { repaired: row.repaired, ..found };
    finder.is_credible(&found).then(|| Finding::new(priority, id, found, finder.view.reading))
}

fn confirm(rules: &[Rule], finder: &mut Finder<'_>, id: PhraseId, scope: &[Place], findings: &mut Vec<Finding>) {
    let rule = &rules[id.rule as usize];
    let found = finder.find(&rule.say[id.phrase as usize].expression, rule.manner(id), scope);
    let credible = found.into_iter().filter(|found| finder.is_credible(found));
    findings.extend(credible.map(|found| Finding::new(rule.priority, id, found, finder.view.reading)));
}

/// Returns what phrases `within: message` find, with the sentence each belongs to, in the order of the sentences.
fn wide_findings(
    occurring: &mut Occurring<'_>,
    finder: &mut Finder<'_>,
    candidates: &mut Vec<PhraseId>,
    matches_left: &mut usize,
) -> Vec<(usize, Finding)> {
    let set = occurring.set;
    let sentences = finder.view.reading.places();
    let whole = 0..finder.view.reading.folded().words().len();
    let mut findings = Vec::new();
    occurring.candidates(&set.prefilter.in_message, &whole, candidates);
    for id in candidates.iter().take(*matches_left) {
        confirm(&set.rules, finder, *id, sentences, &mut findings);
    }
    *matches_left = matches_left.saturating_sub(candidates.len());
    let home = |finding: Finding| {
        let first = finding.found.words.iter().next().unwrap_or_default();
        let home = sentences.partition_point(|sentence| sentence.words.end <= first);
        (home.min(sentences.len() - 1), finding)
    };
    let mut findings: Vec<(usize, Finding)> = findings.into_iter().map(home).collect();
    findings.sort_by_key(|(home, _)| *home);
    findings
}

/// Finds out which keys occur in a sentence.
struct Occurring<'a> {
    set: &'a RuleSet,
    view: View<'a>,
    row_keys: &'a [(Key, usize)],
    literals: &'a [(Key, usize, usize)],
    keys: &'a mut Keys,
}

impl Occurring<'_> {
    /// Replaces `candidates` by the phrases that can match these words.
    fn candidates(&mut self, postings: &Postings, words: &Range<usize>, candidates: &mut Vec<PhraseId>) {
        candidates.clear();
        if postings.is_empty() {
            candidates.extend(&postings.always);
            return;
        }
        let prefilter = &self.set.prefilter;
        prefilter.clear(self.keys);
        let view = self.view;
        for atom in words.clone().flat_map(|word| view.atoms.of(word)) {
            self.keys.add(*atom);
        }
        // All three lists stand in the order of the text, so that a sentence looks at its own part only.
        // Values are only looked for where a pattern requires one.
        let entities = if prefilter.asks_for_entities() { view.entities.all() } else { &[] };
        let first = entities.partition_point(|entity| entity.words.start < words.start);
        let from_here = entities[first..].iter().take_while(|entity| entity.words.start < words.end);
        for entity in from_here.filter(|entity| entity.words.end <= words.end) {
            if let Some(key) = prefilter.entity(entity.kind) {
                self.keys.add(key);
            }
        }
        let sentences = view.reading.places();
        let first = self.row_keys.partition_point(|(_, sentence)| sentences[*sentence].words.start < words.start);
        let from_here = self.row_keys[first..].iter();
        for (key, _) in from_here.take_while(|(_, sentence)| sentences[*sentence].words.end <= words.end) {
            self.keys.add(*key);
        }
        let text = view.sentence_text(words);
        let first = self.literals.partition_point(|(_, _, end)| *end <= text.start);
        for (key, start, _) in self.literals[first..].iter().take_while(|(_, _, end)| *end <= text.end) {
            if text.start <= *start {
                self.keys.add(*key);
            }
        }
        postings.candidates(self.keys, candidates);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil;

    use super::*;
    use crate::{diagnostic::source::SourceMap, model::inbound::ChannelKind};

    const RULE: &str = "intent: free_shipping\ntitle: t\ncategory: other\naction: escalate\nsay:\n  en:\n    \
                        - free shipping\n    - (is|was) * shipping free\n  zh:\n    - 包邮\n";

    /// Returns the steps that a text of so many repetitions takes, and whether it was looked at to its end.
    fn steps(set: &RuleSet, part: &str, times: usize) -> (u64, bool) {
        let mut scratch = Scratch::default();
        let reading = Reading::new(&part.repeat(times));
        let moment = Moment::plain(ChannelKind::Email, civil::date(2026, 11, 19));
        let evaluation = evaluate(set, &reading, &moment, &mut scratch);
        (MAX_STEPS - scratch.machine.steps_left, evaluation.unfinished.is_none())
    }

    fn set() -> RuleSet {
        let mut sources = SourceMap::default();
        let file = sources.add("rules/other/free_shipping.yaml", RULE);
        RuleSet::read(&sources, &[file]).0
    }

    #[test]
    fn a_sentence_of_twice_the_length_takes_twice_the_steps() {
        let set = set();
        for part in ["free shipping ", "not free shipping ", "包邮", "不包邮", "is ", "not shipping "] {
            let ((half, read_half), (whole, read_whole)) = (steps(&set, part, 60), steps(&set, part, 120));
            assert!(read_half && read_whole, "{part:?} is read to its end");
            assert!(whole <= 2 * half + half / 2, "{part:?}: {half} steps, and {whole} for twice the length");
        }
    }

    #[test]
    fn what_takes_too_many_steps_is_said_to_be_unfinished() {
        let set = set();
        let (steps, finished) = steps(&set, "not free shipping ", 1_500);
        assert!(!finished && steps <= MAX_STEPS, "{steps} steps");
    }
}
