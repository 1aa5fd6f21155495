//! The findings of one sentence weighed: what stands, what lost and why.

use std::{collections::BTreeMap, ops::Range};

use rustc_hash::FxHashMap;

use crate::{
    model::{
        language::Language,
        mode::Mode,
        verdict::{Hit, Loser, LossReason, Repair},
    },
    rules::{
        alone,
        condition::Scene,
        find::{Finder, Found, Manner, Words},
        memory::Misspelt,
        prefilter::PhraseId,
        program::Expression,
        rule::{Action, Phrase},
        set::RuleSet,
        stop_word::is_stop_word,
    },
    text::{folded::Folded, language::share_letters, reading::Reading, sentence::Place},
};

/// No rule has taken a word.
const NOBODY: u32 = u32::MAX;

/// One phrase that matches.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Finding {
    pub(in crate::rules) id: PhraseId,
    pub(in crate::rules) found: Found,
    rank: Rank,
    /// Something speaks against it.
    struck: bool,
}

/// [`ORDER`](crate::rules::evaluate::ORDER) as numbers, the best the smallest, then the place in the text and the
/// pattern, so that nothing is left to chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    priority: i32,
    repaired: bool,
    words: usize,
    length: usize,
    rule: u32,
    /// The pattern is of another language than the message seems to be: of two patterns of a rule that hit the same, the
    /// one tells which language to answer in.
    foreign: bool,
    start: usize,
    phrase: u32,
}

impl Finding {
    /// Ranks what a phrase of a rule of this priority found.
    pub(in crate::rules) fn new(priority: i32, id: PhraseId, found: Found, reading: &Reading) -> Self {
        let all = reading.folded().words();
        let start = found.words.iter().next().map_or(0, |word| all[word].original.start);
        let end = found.words.iter().next_back().map_or(0, |word| all[word].original.end);
        let rank = Rank {
            priority: -priority,
            repaired: found.repaired,
            words: usize::MAX - found.words.len(),
            length: usize::MAX - (end - start),
            rule: id.rule,
            foreign: false,
            start,
            phrase: id.phrase,
        };
        Self { id, found, rank, struck: false }
    }

    fn counts(&self) -> bool {
        !self.struck && self.found.negated.is_none()
    }
}

/// Weighs sentence after sentence.
pub(in crate::rules) struct Judge<'a> {
    set: &'a RuleSet,
    scene: &'a Scene<'a>,
    sentences: &'a [Place],
    /// The rule that took each word; empty while nothing stands.
    owners: Vec<u32>,
    /// What the `when` of a rule wants and does not find, once it was asked: it is the same in every sentence.
    unmet: FxHashMap<u32, Option<String>>,
    /// Whether an `unless` pattern that looks at the whole message hits, by rule and pattern, once it was asked.
    wide: FxHashMap<(u32, usize), bool>,
}

impl<'a> Judge<'a> {
    /// Starts with every word free.
    pub(in crate::rules) fn new(set: &'a RuleSet, scene: &'a Scene<'a>, sentences: &'a [Place]) -> Self {
        Self { set, scene, sentences, owners: Vec::new(), unmet: FxHashMap::default(), wide: FxHashMap::default() }
    }

    /// Adds the hits and losers of one sentence and empties its findings.
    pub(in crate::rules) fn judge(
        &mut self,
        sentence: usize,
        findings: &mut Vec<Finding>,
        finder: &mut Finder<'_>,
        evaluation: &mut crate::rules::evaluate::Evaluation,
    ) {
        if findings.is_empty() {
            return;
        }
        let guess = self.scene.moment.language;
        for finding in findings.iter_mut() {
            let pattern = &self.set.rules[finding.id.rule as usize].say[finding.id.phrase as usize];
            finding.rank.foreign = guess.is_some_and(|guess| guess != pattern.language);
        }
        findings.sort_by_key(|finding| (finding.id.rule, finding.rank));
        let mut start = 0;
        while let Some(first) = findings.get(start) {
            let number = first.id.rule;
            let end = start + findings[start..].partition_point(|finding| finding.id.rule == number);
            let objection = self.objection(sentence, number, &mut findings[start..end], finder);
            evaluation.losers.extend(objection.map(|why| self.loser(sentence, &findings[start], finder, why)));
            start = end;
        }
        findings.retain(Finding::counts);
        findings.sort_by_key(|finding| finding.rank);
        self.stand(sentence, findings, finder, evaluation);
        findings.clear();
    }

    /// Strikes the findings of a rule that cannot count in this sentence whatever else hits, and returns why if none is
    /// left.
    fn objection(
        &mut self,
        sentence: usize,
        number: u32,
        findings: &mut [Finding],
        finder: &mut Finder<'_>,
    ) -> Option<LossReason> {
        if let Some(why) = self.bar(sentence, number, findings, finder.view.reading) {
            for finding in findings {
                finding.struck = true;
            }
            return Some(why);
        }
        let rule = &self.set.rules[number as usize];
        let mut why = None;
        // What sends a message to a person may stand in another language than the rest: in doubt it does.
        if rule.action != Action::Escalate {
            for finding in findings.iter_mut() {
                let pattern = rule.say[finding.id.phrase as usize].language;
                if let Some(message) = self.foreign_to(finding, pattern, finder) {
                    finding.struck = true;
                    why = Some(LossReason::Language { pattern, message });
                }
            }
        }
        for (place, phrase) in rule.unless.iter().enumerate().filter(|(_, phrase)| rule.speaks(phrase.language)) {
            let language = |finding: &Finding| rule.say[finding.id.phrase as usize].language;
            let concerned = |finding: &Finding| {
                !finding.struck && is_concerned(language(finding), phrase.language, self.scene.moment.written_in)
            };
            if !findings.iter().any(concerned) {
                continue;
            }
            let Some(words) = self.unless(sentence, (number, place), phrase, finder) else { continue };
            let said = self.scene.moment.written_in == Some(phrase.language);
            // A date or a number is said in no language, so it speaks for that of its pattern alone.
            let speaks = said || words.is_empty() || !words.iter().all(|word| is_value(*word, finder));
            let may_be_meant = speaks && (said || self.are_as_written(words.iter().copied(), phrase.language, finder));
            for finding in findings.iter_mut().filter(|finding| concerned(finding)) {
                let own = language(finding);
                finding.struck = own == phrase.language || may_be_meant && (said || !is_ordinary(&words, own, finder));
            }
            if findings.iter().all(|finding| finding.struck) {
                return Some(LossReason::Unless(phrase.text.clone()));
            }
        }
        if findings.iter().any(Finding::counts) {
            return None;
        }
        let negated =
            findings.iter().filter(|finding| !finding.struck).find_map(|finding| finding.found.negated.clone());
        negated.map(LossReason::Negated).or(why)
    }

    /// Returns what keeps a rule from counting here whatever its patterns found: the circumstances, or something else that
    /// is said where it counts alone.
    fn bar(&mut self, sentence: usize, number: u32, findings: &[Finding], reading: &Reading) -> Option<LossReason> {
        let rule = &self.set.rules[number as usize];
        if !rule.when.is_empty() {
            let unmet = self.unmet.entry(number).or_insert_with(|| rule.when.unmet(self.scene));
            if let Some(unmet) = unmet {
                return Some(LossReason::When(unmet.clone()));
            }
        }
        let other = if rule.alone { self.said_beside(sentence, findings, reading) } else { None };
        other.map(LossReason::NotAlone)
    }

    /// Returns words of a sentence that none of these findings covers, nor courtesy.
    fn said_beside(&self, sentence: usize, findings: &[Finding], reading: &Reading) -> Option<String> {
        let words = findings.iter().filter(|finding| finding.counts()).flat_map(|finding| finding.found.words.iter());
        alone::said_beside(reading, &self.sentences[sentence], words)
    }

    /// Returns the language of the message if a pattern of another one was hardly meant: it holds the words as they are
    /// written nowhere. A stem is a guess about words of one language, and a repair is one as well. Where the message's
    /// language is only guessed ("page" is no Spanish "pagar"), the words must be such as that language has; a regular expression
    /// has no stems.
    fn foreign_to(&self, finding: &Finding, pattern: Language, finder: &Finder<'_>) -> Option<Language> {
        let moment = self.scene.moment;
        if let Some(message) = moment.written_in {
            let meant = message == pattern
                || !finding.found.repaired && self.are_as_written(finding.found.words.iter(), pattern, finder);
            return (!meant).then_some(message);
        }
        let guess = moment.language.filter(|guess| *guess != pattern && share_letters(*guess, pattern))?;
        let rule = &self.set.rules[finding.id.rule as usize];
        if matches!(rule.say[finding.id.phrase as usize].expression, Expression::Regular(_)) {
            return None;
        }
        let folded = finder.view.reading.folded();
        let mut forms = finding.found.words.iter().map(|word| folded.form(&folded.words()[word]));
        let another = |form: &str| {
            !self.set.vocabulary.is_as_written(form, pattern)
                && (self.set.vocabulary.is_written_in(form, guess) || is_stop_word(form, guess))
        };
        forms.any(another).then_some(guess)
    }

    fn are_as_written(&self, mut words: impl Iterator<Item = usize>, language: Language, finder: &Finder<'_>) -> bool {
        let folded = finder.view.reading.folded();
        words.all(|word| self.set.vocabulary.is_as_written(folded.form(&folded.words()[word]), language))
    }

    /// Returns the words of an `unless` pattern that hits; none are named if it looks at the whole message.
    fn unless(
        &mut self,
        sentence: usize,
        id: (u32, usize),
        phrase: &Phrase,
        finder: &mut Finder<'_>,
    ) -> Option<Vec<usize>> {
        let mut find = |scope: &[Place]| finder.find(&phrase.expression, Manner::PLAIN, scope);
        if matches!(&phrase.expression, Expression::Group(group) if group.message_wide) {
            let hits = *self.wide.entry(id).or_insert_with(|| !find(self.sentences).is_empty());
            return hits.then(Vec::new);
        }
        let found = find(std::slice::from_ref(&self.sentences[sentence]));
        (!found.is_empty()).then(|| found.iter().flat_map(|found| found.words.iter()).collect())
    }

    /// Lets findings stand in order; each takes its words, and each rule stands once.
    fn stand(
        &mut self,
        sentence: usize,
        competing: &[Finding],
        finder: &Finder<'_>,
        evaluation: &mut crate::rules::evaluate::Evaluation,
    ) {
        let mut standing: Vec<u32> = Vec::new();
        let mut losers: BTreeMap<u32, Loser> = BTreeMap::new();
        for finding in competing {
            let number = finding.id.rule;
            let rule = &self.set.rules[number as usize];
            if standing.contains(&number) {
                continue;
            }
            if let Some(owner) = self.owner(&finding.found.words) {
                let why = LossReason::StolenBy(self.set.rules[owner as usize].id.clone());
                losers.entry(number).or_insert_with(|| self.loser(sentence, finding, finder, why));
                continue;
            }
            if rule.mode == Mode::Shadow {
                // It would stand, and takes nothing: without it all else is the same.
                let why = LossReason::Mode(rule.mode.as_str().to_owned());
                losers.insert(number, self.loser(sentence, finding, finder, why));
                continue;
            }
            standing.push(number);
            losers.remove(&number);
            self.take(number, finding, finder);
            evaluation.captured.extend(finding.found.named.iter().cloned());
            evaluation.hits.push(self.hit(sentence, finding, finder));
        }
        evaluation.losers.extend(losers.into_values());
    }

    fn owner(&self, words: &Words) -> Option<u32> {
        words.iter().find_map(|word| self.owners.get(word).copied().filter(|owner| *owner != NOBODY))
    }

    fn take(&mut self, rule: u32, finding: &Finding, finder: &Finder<'_>) {
        if self.owners.is_empty() {
            self.owners.resize(finder.view.reading.folded().words().len(), NOBODY);
        }
        for word in finding.found.words.iter() {
            self.owners[word] = rule;
        }
    }

    fn hit(&self, sentence: usize, finding: &Finding, finder: &Finder<'_>) -> Hit {
        let rule = &self.set.rules[finding.id.rule as usize];
        let phrase = &rule.say[finding.id.phrase as usize];
        Hit {
            rule: rule.id.clone(),
            sentence: Some(sentence),
            language: phrase.language,
            pattern: phrase.text.clone(),
            spans: spans(finder.view.reading.folded(), &finding.found.words),
            words: finding.found.words.len(),
            repairs: self.repairs(finding, finder),
            confidence: 0.0,
        }
    }

    /// Returns which words of a finding were taken for others.
    fn repairs(&self, finding: &Finding, finder: &Finder<'_>) -> Vec<Repair> {
        if !finding.found.repaired {
            return Vec::new();
        }
        let words = finder.view.reading.folded().words();
        let misspelt = finder.view.misspelt;
        let repair = |misspelt: &Misspelt| Repair {
            span: words[misspelt.word].original.clone(),
            meant: self.set.vocabulary.intended(misspelt.meant).to_owned(),
        };
        let own = finding.found.words.iter().filter_map(|word| {
            let at = misspelt.binary_search_by_key(&word, |misspelt| misspelt.word).ok()?;
            Some(repair(&misspelt[at]))
        });
        own.collect()
    }

    fn loser(&self, sentence: usize, finding: &Finding, finder: &Finder<'_>, why: LossReason) -> Loser {
        let rule = &self.set.rules[finding.id.rule as usize];
        Loser {
            rule: rule.id.clone(),
            sentence: Some(sentence),
            pattern: rule.say[finding.id.phrase as usize].text.clone(),
            spans: spans(finder.view.reading.folded(), &finding.found.words),
            why,
        }
    }
}

/// Returns whether an `unless` pattern of one language may speak against a finding of another: not if the message is surely
/// in a third one, or in that of the finding, and both are written alike. German "will" and English "will" are two words.
fn is_concerned(finding: Language, unless: Language, message: Option<Language>) -> bool {
    finding == unless || message.is_none_or(|message| message == unless) || !share_letters(finding, unless)
}

/// Returns whether a word is a number or part of a recognized value.
fn is_value(word: usize, finder: &Finder<'_>) -> bool {
    let folded = finder.view.reading.folded();
    let entities = finder.view.entities.all();
    let entity = entities.get(entities.partition_point(|entity| entity.words.end <= word));
    folded.form(&folded.words()[word]).bytes().all(|byte| byte.is_ascii_digit())
        || entity.is_some_and(|entity| entity.words.start <= word)
}

/// Returns whether words are such as every sentence of the language holds.
fn is_ordinary(words: &[usize], language: Language, finder: &Finder<'_>) -> bool {
    let folded = finder.view.reading.folded();
    !words.is_empty() && words.iter().all(|word| is_stop_word(folded.form(&folded.words()[*word]), language))
}

/// Returns the places of words in the original, neighbours joined.
fn spans(folded: &Folded, words: &Words) -> Vec<Range<usize>> {
    let all = folded.words();
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    for word in words.iter() {
        let span = all[word].original.clone();
        match spans.last_mut() {
            Some(open) if last.is_some_and(|last| last + 1 == word) => open.end = open.end.max(span.end),
            _ => spans.push(span),
        }
        last = Some(word);
    }
    spans
}
