//! Countries: names in twelve languages, usual short forms, unmistakable cities, codes in capitals; value ISO 3166-1 alpha-2.
//!
//! In doubt nothing is found: a buyer who is asked "to which country?" is better served than one who is told the customs
//! rules of another. The names are data (`countries.tsv`); a word in parentheses before a name must stand before it.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    model::{language::Language, verdict::EntityFound},
    text::{
        entity::{lexicon::Lexicon, mark::COUNTRY, passage::Passage},
        folded::Folded,
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
    "таможня",
    "таможни",
    "таможне",
    "таможню",
    "адрес",
    "грани",
    "urzad",
];
/// Words before an adjective that do so where adjectives follow: "la aduana alemana".
const OFFICIAL_BEFORE: &[&str] = &[
    "douane",
    "douanes",
    "adresse",
    "poste",
    "aduana",
    "aduanas",
    "direccion",
    "correo",
    "alfandega",
    "endereco",
    "dogana",
    "indirizzo",
    "posta",
    "clo",
    "adres",
    "correos",
];
/// Words before `US` that make a country of it; the pronoun in capitals stands behind verbs.
const BEFORE_US: &[&str] =
    &["the", "in", "to", "from", "within", "inside", "across", "outside", "mainland", "continental"];
/// Russian names are found in any case by their stem from this length on; shorter stems are those of other words.
const MIN_STEMMED_LETTERS: usize = 6;

/// Names and codes.
#[derive(Debug, Default)]
struct Index {
    names: Lexicon<Name>,
    russian_stems: FxHashMap<String, &'static str>,
    /// The first letters of the stems.
    russian_beginnings: FxHashSet<String>,
    capitals: FxHashMap<&'static str, &'static str>,
    /// The codes in small letters.
    codes: FxHashSet<String>,
}

/// What a name means.
#[derive(Debug)]
struct Name {
    code: &'static str,
    /// It is an adjective and needs an official word behind it.
    adjective: bool,
    /// It means the country behind this word only: `(do) Polski` is Poland, and "polski" alone is the language.
    behind: Option<String>,
}

static INDEX: LazyLock<Index> = LazyLock::new(Index::read);

/// Returns the countries named in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < passage.len() {
        let Some((code, length)) = self::at(passage, at) else {
            at += 1;
            continue;
        };
        found.push(passage.found(KIND, code.to_owned(), at..at + length));
        at += length;
    }
    found
}

/// Returns the country named by the words from `at` on, and how many words name it.
pub(in crate::text) fn at(passage: &Passage<'_>, at: usize) -> Option<(&'static str, usize)> {
    passage.may_begin(at, COUNTRY).then(|| INDEX.at(passage, at))?
}

/// Returns the words with which names and codes begin.
pub(in crate::text) fn first_words() -> impl Iterator<Item = &'static str> {
    INDEX.names.first_words().chain(INDEX.codes.iter().map(String::as_str)).chain(["u"])
}

/// Returns whether a word may be a name in another case, or with prepositions glued to it.
pub(in crate::text) fn may_be_inflected(form: &str) -> bool {
    form.starts_with(['ل', 'ب', 'و']) || is_russian(form) && INDEX.russian_beginnings.contains(beginning(form))
}

/// Inflection changes the ends of words; the first three letters stay.
fn beginning(word: &str) -> &str {
    let end = word.char_indices().nth(3).map_or(word.len(), |(end, _)| end);
    &word[..end]
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
        index.codes = index.capitals.keys().map(|code| code.to_lowercase()).collect();
        index
    }

    fn add(&mut self, name: &str, code: &'static str, adjective: bool) {
        let context = name.strip_prefix('(').and_then(|name| name.split_once(')'));
        let (behind, name) = context.map_or((None, name), |(behind, name)| {
            let folded = Folded::new(behind);
            (folded.words().first().map(|word| folded.form(word).to_owned()), name)
        });
        let folded = Folded::new(name);
        let words: Vec<String> = folded.words().iter().map(|word| folded.form(word).to_owned()).collect();
        let Some(first) = words.first() else { return };
        if words.len() == 1
            && behind.is_none()
            && is_russian(first)
            && first.chars().count() >= MIN_STEMMED_LETTERS
            && code != "GE"
        {
            self.russian_beginnings.insert(beginning(first).to_owned());
            self.russian_stems.insert(russian_stem(first), code);
        }
        self.names.add(words, Name { code, adjective, behind });
    }

    fn at(&self, passage: &Passage<'_>, at: usize) -> Option<(&'static str, usize)> {
        let form = passage.form(at);
        if !passage.is_spaced(at) {
            return self.named(form, passage, at);
        }
        self.named(form, passage, at)
            .or_else(|| Some((*self.capitals.get(passage.raw(at))?, 1)).filter(|_| is_code(passage, at)))
            .or_else(|| dotted(passage, at))
            .or_else(|| is_russian(form).then(|| self.russian_stems.get(&russian_stem(form)).map(|code| (*code, 1)))?)
            .or_else(|| arabic_stems(form).find_map(|rest| self.named(&rest, passage, at)))
    }

    /// Returns the longest name that starts with `first` at word `at`.
    fn named(&self, first: &str, passage: &Passage<'_>, at: usize) -> Option<(&'static str, usize)> {
        let fits = |name: &Name, end: usize| {
            let next = passage.form(end);
            // 日本语 is the language, not the place.
            next != "语"
                && name.behind.as_deref().is_none_or(|behind| behind == passage.form_before(at))
                && (!name.adjective || OFFICIAL.contains(&next) || OFFICIAL_BEFORE.contains(&passage.form_before(at)))
        };
        let (name, length) = self.names.find(passage, at, first, fits)?;
        Some((name.code, length))
    }
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
fn is_code(passage: &Passage<'_>, at: usize) -> bool {
    let shouts = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_alphabetic() && c.is_uppercase());
    if at > 0 && shouts(passage.raw(at - 1)) || shouts(passage.raw(at + 1)) {
        return false;
    }
    passage.raw(at) != "US"
        || BEFORE_US.contains(&passage.form_before(at))
        || OFFICIAL.contains(&passage.form(at + 1))
        || passage.len() == 1
}

/// Recognises `U.S.`, `U.S.A.` and `U.K.` in capitals.
fn dotted(passage: &Passage<'_>, at: usize) -> Option<(&'static str, usize)> {
    let letters = |n: usize| {
        let single = |word: usize| passage.raw(word).len() == 1 && (word + 1 == at + n || passage.gap(word) == ".");
        (at..at + n).all(single).then(|| (at..at + n).map(|word| passage.raw(word)).collect::<String>())
    };
    match (letters(2)?.as_str(), letters(3).as_deref()) {
        (_, Some("USA")) => Some(("US", 3)),
        ("US", _) => Some(("US", 2)),
        ("UK", _) => Some(("GB", 2)),
        _ => None,
    }
}
