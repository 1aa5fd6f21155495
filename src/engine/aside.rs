//! What is said beside a question: "are returns free? I already sent it".
//!
//! A question before a sale is answered by what holds for everybody. A statement beside it that no rule explains tells
//! of one order, one parcel, one anger, and mostly it is why the question is asked at all; the plain answer would miss
//! it; a demand beside it ("I want my money") is no other. So it stops the answer, unless it is one of the few things that
//! change nothing: the buyer's own name, where the buyer lives, what the buyer thinks of buying, kind words, a missing card.
//! Those are phrases under `asides/`, rule files of the same language.
//! A question that no rule explains is the business of `rest`: it can be named to the buyer.

use std::{ops::Range, sync::LazyLock};

use crate::{
    engine::{Engine, clause, evidence::Whole, understand::Understanding, weight},
    model::{
        inbound::Inbound,
        verdict::{Hit, SentenceKind},
    },
    rules::{
        built_in::{self, BuiltIn},
        rule::{Action, Category, Rule},
        set::RuleSet,
        stop_word::is_stop_word_of_any_language,
    },
    text::{
        folded::{Folded, Word},
        sentence::{Sentence, phrases::Part},
    },
};

/// The phrases that change nothing.
pub const FILES: &[BuiltIn] = &[
    BuiltIn { path: "rules/other/footer.yaml", text: include_str!("asides/footer.yaml") },
    BuiltIn { path: "rules/other/means.yaml", text: include_str!("asides/means.yaml") },
    BuiltIn { path: "rules/other/plan.yaml", text: include_str!("asides/plan.yaml") },
    BuiltIn { path: "rules/other/praise.yaml", text: include_str!("asides/praise.yaml") },
    BuiltIn { path: "rules/other/whereabouts.yaml", text: include_str!("asides/whereabouts.yaml") },
];

/// Kinds of values that a buyer names beside a question. The number of an order makes it a question about that order.
const PLAIN_VALUES: [&str; 4] = ["country", "postcode", "quantity", "date"];
/// Beside a phrase that changes nothing so many other words may stand: "I live in Ohio and love lamps". Two characters of
/// a script without spaces are one word.
const MAX_OTHER_WORDS: f64 = 2.0;
/// First name and surname.
const MAX_NAME_WORDS: usize = 2;

static RULES: LazyLock<RuleSet> = LazyLock::new(|| built_in::read(FILES).0);

/// Reads the phrases now; they are read when they are first needed otherwise.
pub(super) fn read() {
    LazyLock::force(&RULES);
}

/// Returns the statements and demands of a text that no rule explains and that are not plain, as indices of sentences.
/// Empty where no question before a sale would be answered.
pub(super) fn find(engine: &Engine, understanding: &Understanding<'_>, inbound: &Inbound) -> Vec<usize> {
    let languages = understanding.languages_of_hits(concerns);
    if languages.is_empty() {
        return Vec::new();
    }
    let sentences = understanding.reading.sentences();
    let mut covered = vec![false; sentences.len()];
    for index in understanding.hits.iter().filter_map(|(_, hit)| hit.sentence) {
        covered[index] = true;
    }
    let told = sentences.iter().zip(covered).enumerate();
    let told = told.filter(|(_, (sentence, covered))| {
        !covered && (sentence.kind == SentenceKind::States || clause::only_demands(understanding, sentence))
    });
    let told: Vec<usize> = told.map(|(index, _)| index).collect();
    if told.is_empty() {
        return told;
    }
    let mut harmless = vec![false; understanding.reading.folded().words().len()];
    let phrases = built_in::phrases(&RULES, &understanding.reading, &languages);
    for found in phrases.into_iter().filter(|found| !found.negated) {
        found.words.into_iter().for_each(|word| harmless[word] = true);
    }
    let names = names_of_author(engine, inbound);
    let last = sentences.len() - 1;
    let plain = |index: usize| {
        let sentence = &sentences[index];
        index == last && is_signature(engine, understanding, sentence)
            || is_plain(understanding, sentence, &harmless, &names)
    };
    told.into_iter().filter(|index| !plain(*index)).collect()
}

/// Returns the words of the author's name and address, folded. Anybody calls themselves what they like, so a word that
/// rules look for is none.
fn names_of_author(engine: &Engine, inbound: &Inbound) -> Vec<String> {
    let chat = inbound.telegram.as_ref().and_then(|telegram| telegram.name.as_deref());
    let mail = inbound.from.as_ref();
    let name = mail.and_then(|from| from.name.as_deref());
    let local = mail.and_then(|from| from.address.split_once('@')).map(|(local, _)| local);
    let words = [chat, name, local].into_iter().flatten().flat_map(|name| {
        let folded = Folded::new(&name.replace(['.', '_', '-', '+'], " "));
        folded.words().iter().map(|word| folded.form(word).to_owned()).collect::<Vec<_>>()
    });
    words.filter(|word| !engine.rules.writes(word)).collect()
}

/// Returns whether the last words of a text are a name below it: few, calm, all with a capital, and none that rules look
/// for ("Refund Now").
fn is_signature(engine: &Engine, understanding: &Understanding<'_>, sentence: &Sentence) -> bool {
    let folded = understanding.reading.folded();
    let original = understanding.reading.original();
    let words = &folded.words()[sentence.words.clone()];
    let begins_a_line = original[..sentence.span.start].trim_end_matches([' ', '\t']).ends_with('\n');
    let calm = sentence.kind == SentenceKind::States && !original[sentence.span.clone()].contains(['!', '?']);
    let name = |word: &Word| {
        let mut letters = original[word.original.clone()].chars();
        let capital = letters.next().is_some_and(char::is_uppercase);
        capital
            && letters.all(|letter| letter.is_lowercase() || letter == '\'')
            && !engine.rules.writes(folded.form(word))
    };
    begins_a_line && calm && words.len() <= MAX_NAME_WORDS && words.iter().all(name)
}

/// Returns the statement beside a hit that keeps its rule from answering, or nothing. What an example of the rule shows
/// beside its question is no such statement.
///
/// A long text is judged by its first paragraph, and the story behind it is not told beside anything.
pub(super) fn of(
    engine: &Engine,
    understanding: &Understanding<'_>,
    whole: &Whole<'_>,
    rule: &Rule,
    hit: &Hit,
) -> Option<String> {
    if understanding.asides.is_empty() || !concerns(rule, hit) {
        return None;
    }
    let place = engine.rules.place(&rule.id)?;
    let sentences = understanding.reading.sentences();
    let judged = |span: &Range<usize>| whole.opening_end().is_none_or(|end| span.start <= end);
    let mut asides = understanding.asides.iter().filter(|aside| !understanding.witness.shows(place, **aside));
    let span = asides.find_map(|aside| Some(sentences.get(*aside)?.span.clone()).filter(judged))?;
    Some(format!("no rule explains what stands beside it: “{}”", &understanding.reading.original()[span]))
}

/// Returns whether a hit is a question before a sale. A subject is a headline for all of the text, and the text is no
/// statement beside it.
fn concerns(rule: &Rule, hit: &Hit) -> bool {
    rule.action == Action::Answer && rule.category == Category::PreSale && hit.sentence.is_some()
}

/// Returns whether a statement holds nothing but values and courtesy, or little beside a phrase that changes nothing.
fn is_plain(understanding: &Understanding<'_>, sentence: &Sentence, harmless: &[bool], names: &[String]) -> bool {
    let others = weight::words(&understanding.reading, sentence, Part::is_transparent).filter(|word| {
        let is_name = || names.iter().any(|name| name == word.form);
        let plain = harmless[word.index] || word.is_hollow || word.is_value_of(&PLAIN_VALUES) || is_name();
        !plain && !is_stop_word_of_any_language(word.form)
    });
    let others: f64 = others.map(|word| word.weight()).sum();
    let known = harmless[sentence.words.clone()].contains(&true);
    others <= if known { MAX_OTHER_WORDS } else { 0.0 }
}
