//! Phrases with a meaning, found by one look-up per word however many phrases there are.
//!
//! Knows how each script glues things to a word; what the phrases mean is the recogniser's business.

use rustc_hash::FxHashMap;

use crate::text::{
    entity::passage::Passage,
    folded::{Folded, Script},
};

/// What may be glued to a Korean noun: particles and the ends of short sentences.
const PARTICLES: &[&str] = &[
    "",
    "로",
    "으로",
    "에",
    "에서",
    "에도",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "도",
    "의",
    "까지",
    "까지는",
    "행",
    "인데",
    "인데요",
    "이에요",
    "예요",
    "이요",
    "요",
    "입니다",
    "로도",
    "으로도",
    "로는",
    "으로는",
    "에는",
    "부터",
    "쪽",
    "내",
    "만",
    "만요",
    "씩",
    "정도",
    "과",
    "와",
    "랑",
    "인가요",
    "인가",
    "이나요",
    "일까요",
    "이면",
    "짜리",
    "인지",
    "이고",
    "였는데",
    "이었는데",
];
/// What keeps two words from being one phrase. A dot does not: `U.S.A.`
const APART: [char; 12] = [',', ';', ':', '!', '?', '|', '。', '、', '(', ')', '/', '"'];
/// Twelve syllables: no Korean phrase is longer, and a longer beginning of a word needs no look-up.
const MAX_HANGUL_BYTES: usize = 36;

/// Phrases and what each means.
#[derive(Debug)]
pub struct Lexicon<V> {
    /// By the first word; the longest phrase first.
    phrases: FxHashMap<String, Vec<Phrase<V>>>,
}

#[derive(Debug)]
struct Phrase<V> {
    /// The words behind the first one.
    rest: Vec<String>,
    value: V,
}

impl<V> Default for Lexicon<V> {
    fn default() -> Self {
        Self { phrases: FxHashMap::default() }
    }
}

impl<V> Lexicon<V> {
    /// Reads phrases, folding them.
    pub fn new<'p>(phrases: impl IntoIterator<Item = (&'p str, V)>) -> Self {
        let mut lexicon = Self::default();
        for (phrase, value) in phrases {
            let folded = Folded::new(phrase);
            let words = folded.words().iter().map(|word| folded.form(word).to_owned()).collect();
            lexicon.add(words, value);
        }
        lexicon
    }

    /// Adds a phrase of folded words; one without words is nothing.
    pub fn add(&mut self, words: Vec<String>, value: V) {
        let mut words = words.into_iter();
        let Some(first) = words.next() else { return };
        let phrase = Phrase { rest: words.collect(), value };
        let phrases = self.phrases.entry(first).or_default();
        let place = phrases.partition_point(|known| known.rest.len() >= phrase.rest.len());
        phrases.insert(place, phrase);
    }

    /// Returns the first word of every phrase, each once.
    pub(in crate::text) fn first_words(&self) -> impl Iterator<Item = &str> {
        self.phrases.keys().map(String::as_str)
    }

    /// Returns the longest phrase at a word, and how many words it has.
    pub(in crate::text) fn at(&self, passage: &Passage<'_>, at: usize) -> Option<(&V, usize)> {
        self.find(passage, at, passage.form(at), |_, _| true)
    }

    /// Returns the longest acceptable phrase at word `at`, whose form is read as `first`; `accept` is told the word
    /// behind the phrase.
    pub(in crate::text) fn find(
        &self,
        passage: &Passage<'_>,
        at: usize,
        first: &str,
        accept: impl Fn(&V, usize) -> bool,
    ) -> Option<(&V, usize)> {
        if passage.word(at)?.script != Script::Hangul {
            return self.starting(passage, at, first, &is_form, &accept);
        }
        let ends = (1..=first.len().min(MAX_HANGUL_BYTES)).rev().filter(|end| first.is_char_boundary(*end));
        ends.into_iter().find_map(|end| self.starting(passage, at, &first[..end], &is_form, &accept))
    }

    /// Returns the longest phrase at word `at` of a spaced script, whose form is read as `first` and whose further words
    /// are compared by `same`.
    pub(in crate::text) fn find_by(
        &self,
        passage: &Passage<'_>,
        at: usize,
        first: &str,
        same: impl Fn(&Passage<'_>, usize, &str) -> bool,
    ) -> Option<(&V, usize)> {
        self.starting(passage, at, first, &same, &|_, _| true)
    }

    fn starting(
        &self,
        passage: &Passage<'_>,
        at: usize,
        first: &str,
        same: &impl Fn(&Passage<'_>, usize, &str) -> bool,
        accept: &impl Fn(&V, usize) -> bool,
    ) -> Option<(&V, usize)> {
        let phrases = self.phrases.get(first)?;
        let phrase = phrases.iter().find(|phrase| {
            let end = at + 1 + phrase.rest.len();
            end <= passage.len()
                && phrase
                    .rest
                    .iter()
                    .zip(at + 1..)
                    .all(|(wanted, word)| same(passage, word, wanted) && !passage.gap(word - 1).contains(APART))
                && stands_alone(passage, first, at, end)
                && accept(&phrase.value, end)
        })?;
        Some((&phrase.value, 1 + phrase.rest.len()))
    }
}

fn is_form(passage: &Passage<'_>, word: usize, wanted: &str) -> bool {
    let form = passage.form(word);
    form == wanted
        || passage.word(word).is_some_and(|word| word.script == Script::Hangul)
            && form.strip_prefix(wanted).is_some_and(is_particle)
}

/// Returns whether nothing is glued to a phrase that makes another word of it: kana on either side, Korean syllables.
fn stands_alone(passage: &Passage<'_>, first: &str, start: usize, end: usize) -> bool {
    match passage.word(start).map(|word| word.script) {
        Some(Script::Hangul) if end > start + 1 => passage.form(start) == first,
        Some(Script::Hangul) => is_particle(&passage.form(start)[first.len()..]),
        Some(Script::Dense) if first.starts_with(is_katakana) => {
            !passage.before(start).ends_with(is_katakana) && !passage.after(end - 1).starts_with(is_katakana)
        }
        _ => true,
    }
}

fn is_particle(rest: &str) -> bool {
    PARTICLES.contains(&rest)
}

fn is_katakana(character: char) -> bool {
    matches!(character, '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}')
}
