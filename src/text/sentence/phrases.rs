//! The phrases by which sentences are judged, read from one data file per language under `words/`.
//!
//! A file has lines `part: phrase, phrase, …`; a part may have many lines, `#` starts a comment. All languages are tried on
//! every sentence, because the language of a short sentence is not known.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use crate::text::folded::{Folded, Script};

/// No Korean phrase starts with a longer word; longer beginnings of words need no look-up.
const MAX_HANGUL_SYLLABLES: usize = 12;

/// The phrase files, one per language.
pub const FILES: &[(&str, &str)] = &[
    ("ar", include_str!("words/ar.txt")),
    ("de", include_str!("words/de.txt")),
    ("en", include_str!("words/en.txt")),
    ("es", include_str!("words/es.txt")),
    ("fr", include_str!("words/fr.txt")),
    ("it", include_str!("words/it.txt")),
    ("ja", include_str!("words/ja.txt")),
    ("ko", include_str!("words/ko.txt")),
    ("pl", include_str!("words/pl.txt")),
    ("pt", include_str!("words/pt.txt")),
    ("ru", include_str!("words/ru.txt")),
    ("zh", include_str!("words/zh.txt")),
];

/// What a phrase does in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Asks where it starts a clause; in scripts without spaces and in Korean anywhere.
    Question,
    /// Asks anywhere: `can you`, `i want`.
    Request,
    /// An imperative: asks where it starts a clause.
    Order,
    /// Asks at the end of a sentence, as Chinese and Japanese particles do.
    Ending,
    /// Opens a message.
    Greeting,
    /// Closes a message, wishes well.
    Closing,
    /// Thanks.
    Thanks,
    /// Thanks for what follows.
    ThanksFor,
    /// A request that names nothing: `please advise`.
    Hollow,
    /// Whom a greeting speaks to: `team`, `seller`.
    Vocative,
    /// Says nothing itself: `and`, `but`, `ok`.
    Filler,
}

/// The names of the parts in the data files.
pub const PARTS: &[(&str, Part)] = &[
    ("question", Part::Question),
    ("request", Part::Request),
    ("order", Part::Order),
    ("ending", Part::Ending),
    ("greeting", Part::Greeting),
    ("closing", Part::Closing),
    ("thanks", Part::Thanks),
    ("thanks for", Part::ThanksFor),
    ("hollow", Part::Hollow),
    ("vocative", Part::Vocative),
    ("filler", Part::Filler),
];

impl Part {
    /// Returns whether a sentence of nothing but such phrases is courtesy.
    pub(crate) fn is_courtesy(self) -> bool {
        matches!(self, Self::Greeting | Self::Closing | Self::Thanks | Self::ThanksFor | Self::Hollow)
    }

    /// Returns whether a clause may start anew behind such a phrase.
    pub(crate) fn is_transparent(self) -> bool {
        self.is_courtesy() || self == Self::Filler
    }
}

/// A phrase in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What it does.
    pub(crate) part: Part,
    /// Its words, as indices into the text's words.
    pub(crate) words: Range<usize>,
}

/// All phrases by their first word.
#[derive(Debug, Default)]
pub(crate) struct Phrases {
    by_first: HashMap<String, Vec<(Vec<String>, Part)>>,
}

/// Returns the phrases of all languages.
pub(crate) fn phrases() -> &'static Phrases {
    static PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::read);
    &PHRASES
}

impl Phrases {
    fn read() -> Self {
        let mut phrases = Self::default();
        for line in FILES.iter().flat_map(|(_, file)| file.lines()).filter(|line| !line.starts_with('#')) {
            let Some((name, listed)) = line.split_once(':') else { continue };
            let Some((_, part)) = PARTS.iter().find(|(known, _)| *known == name.trim()) else { continue };
            for phrase in listed.split(',') {
                phrases.add(phrase, *part);
            }
        }
        phrases
    }

    fn add(&mut self, phrase: &str, part: Part) {
        let folded = Folded::new(phrase);
        let words: Vec<String> = folded.words().iter().map(|word| folded.form(word).to_owned()).collect();
        if let Some(first) = words.first() {
            self.by_first.entry(first.clone()).or_default().push((words, part));
        }
    }

    /// Returns every phrase in the words, overlapping ones too, in order of their first words.
    pub(crate) fn find(&self, folded: &Folded, words: Range<usize>) -> Vec<Found> {
        let mut found = Vec::new();
        for start in words.clone() {
            let first = &folded.words()[start];
            let form = folded.form(first);
            self.add_found(form, folded, start..words.end, &mut found);
            if first.script == Script::Hangul {
                for (end, _) in form.char_indices().skip(1).take(MAX_HANGUL_SYLLABLES) {
                    self.add_found(&form[..end], folded, start..words.end, &mut found);
                }
            }
        }
        found
    }

    fn add_found(&self, first: &str, folded: &Folded, words: Range<usize>, found: &mut Vec<Found>) {
        for (phrase, part) in self.by_first.get(first).map_or(&[][..], Vec::as_slice) {
            let end = words.start + phrase.len();
            let rest = phrase.iter().skip(1).zip(words.start + 1..words.end);
            if end <= words.end && rest.clone().all(|(wanted, word)| matches(wanted, folded, word)) {
                found.push(Found { part: *part, words: words.start..end });
            }
        }
    }
}

/// Returns whether a word is the wanted one; a Korean word may carry particles behind it.
fn matches(wanted: &str, folded: &Folded, word: usize) -> bool {
    let word = &folded.words()[word];
    let form = folded.form(word);
    form == wanted || word.script == Script::Hangul && form.starts_with(wanted)
}
