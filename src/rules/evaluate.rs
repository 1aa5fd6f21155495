//! Every rule in every sentence: what hits, what stands, what lost and why.
//!
//! Candidates come from the [`prefilter`](crate::rules::prefilter); here they are confirmed, weighed against `unless`,
//! negators and `when`, and put in order. What is answered with is decided elsewhere (`engine`).

use std::{cmp::Ordering, collections::BTreeMap, ops::Range};

use crate::{
    model::{
        language::Language,
        mode::Mode,
        verdict::{EntityFound, Hit, Loser, LossReason},
    },
    rules::{
        condition::{self, Moment},
        negation::Negators,
        prefilter::PhraseId,
        program::{Expression, Group, Match, Program},
        regular::Regular,
        rule::{Phrase, Rule},
        set::RuleSet,
        view::View,
    },
    text::reading::Reading,
};

/// The order of hits in one sentence, in words, for people who ask why.
pub const ORDER: &str = "higher priority, then a hit without spelling repair, then more words matched, then the longer \
                         span, then the order of the files";

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
    /// The words it matches, in order.
    pub words: Vec<usize>,
    /// Bytes from its first to its last word in the text.
    pub span: Range<usize>,
    /// A negator before the words takes them away.
    pub negated: bool,
}

/// Returns every match of every pattern, in no particular order.
pub(in crate::rules) fn attempts(set: &RuleSet, reading: &Reading) -> Vec<Attempt> {
    let view = View::new(reading, &set.vocabulary);
    let sentences: Vec<Range<usize>> = reading.sentences().iter().map(|sentence| sentence.words.clone()).collect();
    let matcher = Matcher { view: &view, negators: &set.negators };
    let mut attempts = Vec::new();
    for (sentence, findings) in findings(set, &matcher, &sentences).into_iter().enumerate() {
        attempts.extend(findings.into_iter().map(|Finding { rule, phrase, found }| {
            let place = matcher.spans(&found.words);
            let start = place.first().map_or(0, |span| span.start);
            let end = place.last().map_or(start, |span| span.end);
            Attempt { rule, phrase, sentence, words: found.words, span: start..end, negated: found.negated.is_some() }
        }));
    }
    attempts
}

/// Evaluates all rules of a set.
pub(in crate::rules) fn evaluate(set: &RuleSet, reading: &Reading, moment: &Moment) -> Evaluation {
    let view = View::new(reading, &set.vocabulary);
    let sentences: Vec<Range<usize>> = reading.sentences().iter().map(|sentence| sentence.words.clone()).collect();
    let matcher = Matcher { view: &view, negators: &set.negators };
    let findings = findings(set, &matcher, &sentences);
    let mut evaluation = Evaluation::default();
    let mut owners = BTreeMap::new();
    for (index, findings) in findings.into_iter().enumerate() {
        if !findings.is_empty() {
            let sentence = JudgedSentence { set, matcher: &matcher, moment, index, words: sentences[index].clone() };
            sentence.judge(findings, &mut owners, &mut evaluation);
        }
    }
    evaluation
}

/// Returns every match by the sentence it belongs to.
fn findings(set: &RuleSet, matcher: &Matcher<'_>, sentences: &[Range<usize>]) -> Vec<Vec<Finding>> {
    let (view, reading) = (matcher.view, matcher.view.reading);
    let mut findings: Vec<Vec<Finding>> = sentences.iter().map(|_| Vec::new()).collect();
    for (index, sentence) in sentences.iter().enumerate() {
        let scope = std::slice::from_ref(sentence);
        for id in set.in_sentence.candidates(view, sentence) {
            findings[index].extend(matcher.confirm(&set.rules, id, scope));
        }
    }
    let whole = 0..reading.folded().words().len();
    for id in set.in_message.candidates(view, &whole) {
        for finding in matcher.confirm(&set.rules, id, sentences) {
            let first = finding.found.words.first().copied().unwrap_or_default();
            let home = sentences.partition_point(|sentence| sentence.end <= first);
            findings[home.min(sentences.len() - 1)].push(finding);
        }
    }
    findings
}

/// One phrase that matches.
#[derive(Debug, Clone)]
struct Finding {
    rule: usize,
    phrase: usize,
    found: Found,
}

/// Where something matches.
#[derive(Debug, Clone, Default)]
struct Found {
    /// The words, in order, each once.
    words: Vec<usize>,
    /// The negator before them, where that matters.
    negated: Option<String>,
    named: Vec<EntityFound>,
}

/// Confirms phrases on one text.
struct Matcher<'a> {
    view: &'a View<'a>,
    negators: &'a Negators,
}

impl Matcher<'_> {
    fn confirm(&self, rules: &[Rule], id: PhraseId, scope: &[Range<usize>]) -> Vec<Finding> {
        let (rule, phrase) = (id.rule as usize, id.phrase as usize);
        let written = &rules[rule].say[phrase];
        let negators = (!rules[rule].ignore_negation && !written.negative).then_some(written.language);
        let found = self.find(&written.expression, negators, scope);
        found.into_iter().map(|found| Finding { rule, phrase, found }).collect()
    }

    /// Returns every match in the sentences of the scope; `negators` is the language whose negators matter.
    fn find(&self, expression: &Expression, negators: Option<Language>, scope: &[Range<usize>]) -> Vec<Found> {
        match expression {
            Expression::Program(program) => {
                scope.iter().flat_map(|sentence| self.run(program, negators, sentence)).collect()
            }
            Expression::Regular(regular) => {
                scope.iter().flat_map(|sentence| self.search(regular, negators, sentence)).collect()
            }
            Expression::Group(group) => self.combine(group, negators, scope),
        }
    }

    fn run(&self, program: &Program, negators: Option<Language>, sentence: &Range<usize>) -> Vec<Found> {
        let mut matches = Vec::new();
        program.matches(self.view, sentence.clone(), &mut matches);
        let entities = self.view.reading.entities();
        matches
            .into_iter()
            .map(|Match { words, named }| {
                let named = named.into_iter().filter_map(|(name, word, kind)| {
                    let covers =
                        |entity: &&crate::rules::view::EntityWords| entity.kind == kind && entity.words.start == word;
                    let entity = self.view.entities.iter().filter(covers).max_by_key(|entity| entity.words.end)?;
                    Some(EntityFound { kind: name, ..entities[entity.index].clone() })
                });
                Found { negated: self.negated(negators, sentence, &words), named: named.collect(), words }
            })
            .collect()
    }

    fn search(&self, regular: &Regular, negators: Option<Language>, sentence: &Range<usize>) -> Vec<Found> {
        let Some(regex) = regular.regex() else { return Vec::new() };
        let folded = self.view.reading.folded();
        let place = self.view.sentence_text(sentence);
        let text = folded.text()[place.clone()].trim_end();
        let mut found = Vec::new();
        for captures in regex.captures_iter(text) {
            let Some(whole) = captures.get(0) else { continue };
            let words: Vec<usize> =
                self.view.words_at(&(place.start + whole.start()..place.start + whole.end())).collect();
            let named = regex.capture_names().flatten().filter_map(|name| {
                let value = captures.name(name)?;
                let span = folded.original_range(place.start + value.start()..place.start + value.end());
                Some(EntityFound { kind: name.to_owned(), value: value.as_str().to_owned(), span })
            });
            found.push(Found { negated: self.negated(negators, sentence, &words), named: named.collect(), words });
        }
        found
    }

    fn combine(&self, group: &Group, negators: Option<Language>, scope: &[Range<usize>]) -> Vec<Found> {
        if group.none.iter().any(|part| !self.find(part, None, scope).is_empty()) {
            return Vec::new();
        }
        let any: Vec<Found> = group.any.iter().flat_map(|part| self.find(part, negators, scope)).collect();
        if group.all.is_empty() {
            return any;
        }
        let mut parts = Vec::new();
        if !group.any.is_empty() {
            let Some(found) = best(any) else { return Vec::new() };
            parts.push(found);
        }
        for part in &group.all {
            let Some(found) = best(self.find(part, negators, scope)) else { return Vec::new() };
            parts.push(found);
        }
        vec![union(parts)]
    }

    fn negated(&self, negators: Option<Language>, sentence: &Range<usize>, words: &[usize]) -> Option<String> {
        self.negators.before(self.view.reading, negators?, sentence, words)
    }

    /// Returns the places of words in the original, neighbours joined.
    fn spans(&self, words: &[usize]) -> Vec<Range<usize>> {
        let all = self.view.reading.folded().words();
        let mut spans: Vec<Range<usize>> = Vec::new();
        let mut last = None;
        for word in words {
            let span = all[*word].original.clone();
            match spans.last_mut() {
                Some(open) if last.is_some_and(|last| last + 1 == *word) => open.end = open.end.max(span.end),
                _ => spans.push(span),
            }
            last = Some(*word);
        }
        spans
    }
}

/// Returns the match that serves best: not negated, more words, earlier.
fn best(found: Vec<Found>) -> Option<Found> {
    found.into_iter().min_by_key(|found| {
        (found.negated.is_some(), std::cmp::Reverse(found.words.len()), found.words.first().copied())
    })
}

fn union(parts: Vec<Found>) -> Found {
    let mut whole = Found::default();
    for part in parts {
        whole.words.extend(part.words);
        whole.named.extend(part.named);
        whole.negated = whole.negated.or(part.negated);
    }
    whole.words.sort_unstable();
    whole.words.dedup();
    whole
}

/// One sentence whose findings are weighed.
struct JudgedSentence<'a> {
    set: &'a RuleSet,
    matcher: &'a Matcher<'a>,
    moment: &'a Moment,
    index: usize,
    words: Range<usize>,
}

impl JudgedSentence<'_> {
    /// Adds hits and losers. `owners` holds the words taken so far and the rule that took each.
    fn judge(&self, findings: Vec<Finding>, owners: &mut BTreeMap<usize, usize>, evaluation: &mut Evaluation) {
        let mut by_rule: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
        for finding in findings {
            by_rule.entry(finding.rule).or_default().push(finding);
        }
        let mut competing = Vec::new();
        for (rule, mut findings) in by_rule {
            findings.sort_by(|left, right| self.order(left, right));
            match self.objection(&self.set.rules[rule], &findings) {
                Some(why) => evaluation.losers.push(self.loser(&findings[0], why)),
                None => competing.extend(findings.into_iter().filter(|finding| finding.found.negated.is_none())),
            }
        }
        competing.sort_by(|left, right| self.order(left, right));
        self.stand(competing, owners, evaluation);
    }

    /// Returns why a rule cannot count in this sentence whatever else hits.
    fn objection(&self, rule: &Rule, findings: &[Finding]) -> Option<LossReason> {
        if let Some(unmet) = condition::unmet(&rule.when, self.moment) {
            return Some(LossReason::When(unmet));
        }
        if let Some(phrase) = rule.unless.iter().find(|phrase| self.hits(phrase)) {
            return Some(LossReason::Unless(phrase.text.clone()));
        }
        let negators = findings.iter().map(|finding| finding.found.negated.clone());
        let negators: Option<Vec<String>> = negators.collect();
        negators.and_then(|negators| negators.into_iter().next()).map(LossReason::Negated)
    }

    fn hits(&self, phrase: &Phrase) -> bool {
        let sentence = [self.words.clone()];
        let all: Vec<Range<usize>>;
        let scope: &[Range<usize>] = match &phrase.expression {
            Expression::Group(Group { message_wide: true, .. }) => {
                let sentences = self.matcher.view.reading.sentences();
                all = sentences.iter().map(|sentence| sentence.words.clone()).collect();
                &all
            }
            _ => &sentence,
        };
        !self.matcher.find(&phrase.expression, None, scope).is_empty()
    }

    /// Lets findings stand in order; each takes its words, and each rule stands once.
    fn stand(&self, competing: Vec<Finding>, owners: &mut BTreeMap<usize, usize>, evaluation: &mut Evaluation) {
        let mut standing: Vec<usize> = Vec::new();
        let mut losers: BTreeMap<usize, Loser> = BTreeMap::new();
        for finding in competing {
            let rule = &self.set.rules[finding.rule];
            if standing.contains(&finding.rule) {
                continue;
            }
            let owner = finding.found.words.iter().find_map(|word| owners.get(word));
            if let Some(owner) = owner {
                let why = LossReason::StolenBy(self.set.rules[*owner].id.clone());
                losers.entry(finding.rule).or_insert_with(|| self.loser(&finding, why));
                continue;
            }
            if rule.mode == Mode::Shadow {
                // It would stand, and takes nothing: without it all else is the same.
                let why = LossReason::Mode(rule.mode.as_str().to_owned());
                losers.insert(finding.rule, self.loser(&finding, why));
                continue;
            }
            standing.push(finding.rule);
            losers.remove(&finding.rule);
            owners.extend(finding.found.words.iter().map(|word| (*word, finding.rule)));
            evaluation.captured.extend(finding.found.named.iter().cloned());
            evaluation.hits.push(self.hit(&finding));
        }
        evaluation.losers.extend(losers.into_values());
    }

    /// The order of [`ORDER`], then the place in the text, so that nothing is left to chance.
    fn order(&self, left: &Finding, right: &Finding) -> Ordering {
        let rank = |finding: &Finding| {
            let words = &finding.found.words;
            let place = self.matcher.spans(words);
            let start = place.first().map_or(0, |span| span.start);
            let length = place.last().map_or(0, |span| span.end) - start;
            let priority = self.set.rules[finding.rule].priority;
            (-priority, usize::MAX - words.len(), usize::MAX - length, finding.rule, start, finding.phrase)
        };
        rank(left).cmp(&rank(right))
    }

    fn hit(&self, finding: &Finding) -> Hit {
        let rule = &self.set.rules[finding.rule];
        let phrase = &rule.say[finding.phrase];
        Hit {
            rule: rule.id.clone(),
            sentence: Some(self.index),
            language: phrase.language,
            pattern: phrase.text.clone(),
            spans: self.matcher.spans(&finding.found.words),
            words: finding.found.words.len(),
            repairs: Vec::new(),
            confidence: 0.0,
        }
    }

    fn loser(&self, finding: &Finding, why: LossReason) -> Loser {
        let rule = &self.set.rules[finding.rule];
        Loser {
            rule: rule.id.clone(),
            sentence: Some(self.index),
            pattern: rule.say[finding.phrase].text.clone(),
            spans: self.matcher.spans(&finding.found.words),
            why,
        }
    }
}
