//! Countries: names in twelve languages, usual short forms, unmistakable cities, codes in capitals; value ISO 3166-1 alpha-2.
//!
//! In doubt nothing is found: a buyer who is asked "to which country?" is better served than one who is told the customs
//! rules of another. The names are data (`countries.tsv`).

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use crate::{
    model::{language::Language, verdict::EntityFound},
    text::{
        folded::{Folded, Script, Word},
        stem::stem,
    },
};

/// The kind's name.
pub const KIND: &str = "country";

/// Code, codes in capitals, adjectives, names; separated by tabs, lists by semicolons.
const TABLE: &str = include_str!("countries.tsv");

/// Words behind an adjective that make it mean the country: "German customs", but not "German manual".
const OFFICIAL: &[&str] = &[
    "customs",
    "address",
    "post",
    "postal",
    "border",
    "vat",
    "tax",
    "taxes",
    "import",
    "duty",
    "duties",
    "zip",
    "postcode",
    "market",
    "buyers",
    "customers",
    "zoll",
    "adresse",
    "grenze",
    "post's",
    "address's",
    "mainland",
    "residents",
    "citizen",
    "citizens",
];
/// Words before `US` that make a country of it; the pronoun in capitals stands behind verbs.
const BEFORE_US: &[&str] =
    &["the", "in", "to", "from", "within", "inside", "across", "outside", "mainland", "continental"];
/// What may be glued to a Korean country name: particles and the ends of short sentences.
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
];
/// Russian names are found in any case by their stem from this length on; shorter stems are those of other words.
const MIN_STEMMED_LETTERS: usize = 6;

/// Twelve syllables: no Korean country name is longer, and a longer beginning of a word needs no look-up.
const MAX_HANGUL_BYTES: usize = 36;

/// A name as words, and its country.
#[derive(Debug)]
struct Name {
    words: Vec<String>,
    code: &'static str,
    /// It is an adjective and needs an official word behind it.
    adjective: bool,
}

/// All names by their first word.
#[derive(Debug, Default)]
struct Index {
    names: HashMap<String, Vec<Name>>,
    russian_stems: HashMap<String, &'static str>,
    capitals: HashMap<&'static str, &'static str>,
}

static INDEX: LazyLock<Index> = LazyLock::new(Index::read);

/// Returns the countries named in a text, in order.
pub fn find(folded: &Folded, original: &str) -> Vec<EntityFound> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < folded.words().len() {
        let Some((code, length)) = INDEX.at(folded, original, at) else {
            at += 1;
            continue;
        };
        let words = &folded.words()[at..at + length];
        let span = words[0].original.start..words[length - 1].original.end;
        found.push(EntityFound { kind: KIND.to_owned(), value: code.to_owned(), span });
        at += length;
    }
    found
}

impl Index {
    fn read() -> Self {
        let mut index = Self::default();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let (Some(code), Some(capitals), Some(adjectives), Some(names)) =
                (columns.next(), columns.next(), columns.next(), columns.next())
            else {
                continue;
            };
            index.capitals.extend(capitals.split(';').filter(|listed| !listed.is_empty()).map(|listed| (listed, code)));
            for (list, adjective) in [(adjectives, true), (names, false)] {
                list.split(';').for_each(|name| index.add(name, code, adjective));
            }
        }
        for names in index.names.values_mut() {
            names.sort_by_key(|name| std::cmp::Reverse(name.words.len()));
        }
        index
    }

    fn add(&mut self, name: &str, code: &'static str, adjective: bool) {
        let folded = Folded::new(name);
        let words: Vec<String> = folded.words().iter().map(|word| folded.form(word).to_owned()).collect();
        let Some(first) = words.first() else { return };
        if words.len() == 1 && is_russian(first) && first.chars().count() >= MIN_STEMMED_LETTERS && code != "GE" {
            self.russian_stems.insert(russian_stem(first), code);
        }
        self.names.entry(first.clone()).or_default().push(Name { words, code, adjective });
    }

    /// Returns the country named by the words from `at` on, and how many words name it.
    fn at(&self, folded: &Folded, original: &str, at: usize) -> Option<(&'static str, usize)> {
        let word = &folded.words()[at];
        let form = folded.form(word);
        match word.script {
            Script::Hangul => {
                let ends = (1..=form.len().min(MAX_HANGUL_BYTES)).rev().filter(|end| form.is_char_boundary(*end));
                ends.into_iter().find_map(|end| self.named(&form[..end], folded, at))
            }
            Script::Dense => self.named(form, folded, at),
            Script::Spaced => self
                .named(form, folded, at)
                .or_else(|| {
                    Some((*self.capitals.get(&original[word.original.clone()])?, 1))
                        .filter(|_| is_code(folded, original, at))
                })
                .or_else(|| dotted(folded, original, at))
                .or_else(|| {
                    is_russian(form).then(|| self.russian_stems.get(&russian_stem(form)).map(|code| (*code, 1)))?
                })
                .or_else(|| arabic_stems(form).find_map(|rest| self.named(&rest, folded, at))),
        }
    }

    /// Returns the longest name that starts with `first` at word `at`.
    fn named(&self, first: &str, folded: &Folded, at: usize) -> Option<(&'static str, usize)> {
        let names = self.names.get(first)?;
        let name = names.iter().find(|name| {
            let end = at + name.words.len();
            let Some(words) = folded.words().get(at..end) else { return false };
            let rest = name.words.iter().zip(words).skip(1).all(|(wanted, word)| {
                let form = folded.form(word);
                form == wanted
                    || word.script == Script::Hangul && form.strip_prefix(wanted.as_str()).is_some_and(is_particle)
            });
            let official = || folded.words().get(end).is_some_and(|next| OFFICIAL.contains(&folded.form(next)));
            rest && stands_alone(folded, first, words) && (!name.adjective || official())
        })?;
        Some((name.code, name.words.len()))
    }
}

/// Returns whether nothing is glued to a name that makes another word of it: kana on either side, Korean syllables.
fn stands_alone(folded: &Folded, first: &str, words: &[Word]) -> bool {
    let (start, end) = (words[0].folded.start, words[words.len() - 1].folded.end);
    match words[0].script {
        Script::Hangul if words.len() > 1 => folded.form(&words[0]) == first,
        Script::Hangul => is_particle(&folded.form(&words[0])[first.len()..]),
        Script::Dense if first.starts_with(is_katakana) => {
            !folded.text()[..start].ends_with(is_katakana) && !folded.text()[end..].starts_with(is_katakana)
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

fn is_russian(word: &str) -> bool {
    word.starts_with(|first| ('а'..='я').contains(&first))
}

fn russian_stem(word: &str) -> String {
    "ru".parse::<Language>().map_or_else(|_| word.to_owned(), |russian| stem(word, russian).into_owned())
}

/// Returns an Arabic word without the prepositions and the "and" that are written onto it.
fn arabic_stems(form: &str) -> impl Iterator<Item = String> {
    let article = form.strip_prefix("لل").map(|rest| format!("ال{rest}"));
    let plain = form.strip_prefix(['ل', 'ب', 'و']).map(str::to_owned);
    article.into_iter().chain(plain)
}

/// Returns whether a word in capitals is a code: its neighbors are not in capitals too, and `US` stands as a place does.
fn is_code(folded: &Folded, original: &str, at: usize) -> bool {
    let text = |index: usize| folded.words().get(index).map(|word| &original[word.original.clone()]);
    let shouts = |index: Option<usize>| {
        index
            .and_then(text)
            .is_some_and(|text| text.len() > 1 && text.chars().all(|c| c.is_alphabetic() && c.is_uppercase()))
    };
    if shouts(at.checked_sub(1)) || shouts(Some(at + 1)) {
        return false;
    }
    if text(at) != Some("US") {
        return true;
    }
    let before = at.checked_sub(1).map(|before| folded.form(&folded.words()[before]));
    let after = folded.words().get(at + 1).map(|after| folded.form(after));
    before.is_some_and(|before| BEFORE_US.contains(&before))
        || after.is_some_and(|after| OFFICIAL.contains(&after))
        || folded.words().len() == 1
}

/// Recognises `U.S.`, `U.S.A.` and `U.K.` in capitals.
fn dotted(folded: &Folded, original: &str, at: usize) -> Option<(&'static str, usize)> {
    let letters = |range: Range<usize>| {
        let words = folded.words().get(range)?;
        let text = &original[words[0].original.start..words[words.len() - 1].original.end];
        Some(text)
    };
    match (letters(at..at + 2), letters(at..at + 3)) {
        (_, Some("U.S.A")) => Some(("US", 3)),
        (Some("U.S"), _) => Some(("US", 2)),
        (Some("U.K"), _) => Some(("GB", 2)),
        _ => None,
    }
}
