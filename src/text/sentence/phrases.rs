//! The phrases by which sentences are judged, read from one data file per language under `words/`.
//!
//! A file has lines `part: phrase, phrase, …`; a part may have many lines, `#` starts a comment. All languages are tried on
//! every sentence, because the language of a short sentence is not known.

use std::{ops::Range, sync::LazyLock};

use rustc_hash::FxHashMap;

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

    /// Returns whether such a phrase says that something is asked, or nothing at all, but never what is wanted.
    pub(crate) fn is_hollow(self) -> bool {
        !matches!(self, Self::Order)
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

/// The number of a word that some phrase holds.
type WordId = u32;
/// The number of a beginning of a phrase; the empty one is [`ROOT`].
type Node = u32;

const ROOT: Node = 0;

/// All phrases, as a tree of their words.
#[derive(Debug, Default)]
pub(crate) struct Phrases {
    ids: FxHashMap<Box<str>, WordId>,
    children: FxHashMap<(Node, WordId), Node>,
    nodes: Vec<Beginning>,
}

/// The beginning of a phrase, or a whole one.
#[derive(Debug, Default, Clone)]
struct Beginning {
    /// What it does if it is a whole phrase; a phrase can be in several lists.
    parts: Vec<Part>,
    /// Whether longer phrases begin with it.
    goes_on: bool,
}

/// Returns the phrases of all languages.
pub(crate) fn phrases() -> &'static Phrases {
    static PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::read);
    &PHRASES
}

impl Phrases {
    fn read() -> Self {
        let mut phrases = Self { nodes: vec![Beginning::default()], ..Self::default() };
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
        let mut node = ROOT;
        for word in folded.words() {
            let next_id = number(self.ids.len());
            let id = *self.ids.entry(folded.form(word).into()).or_insert(next_id);
            let next_node = number(self.nodes.len());
            self.nodes[node as usize].goes_on = true;
            node = *self.children.entry((node, id)).or_insert(next_node);
            if node == next_node {
                self.nodes.push(Beginning::default());
            }
        }
        let parts = &mut self.nodes[node as usize].parts;
        if node != ROOT && !parts.contains(&part) {
            parts.push(part);
        }
    }

    /// Returns every phrase in the words, overlapping ones too, in order of their first words, shorter ones first.
    pub(crate) fn find(&self, folded: &Folded, words: Range<usize>) -> Vec<Found> {
        let mut found = Vec::new();
        self.find_into(folded, words, &mut found);
        found
    }

    /// As [`Phrases::find`], into a list that is there already.
    pub(crate) fn find_into(&self, folded: &Folded, words: Range<usize>, found: &mut Vec<Found>) {
        for start in words.clone() {
            self.walk(folded, ROOT, start, start..words.end, found);
        }
    }

    /// Goes on from a beginning with the first of the words; `start` is the first word of the phrase.
    fn walk(&self, folded: &Folded, node: Node, start: usize, words: Range<usize>, found: &mut Vec<Found>) {
        let at = words.start;
        let Some(word) = folded.words()[..words.end].get(at) else { return };
        let form = folded.form(word);
        let mut step = |form: &str| {
            let child = self.ids.get(form).and_then(|id| self.children.get(&(node, *id)));
            let Some(child) = child else { return };
            let beginning = &self.nodes[*child as usize];
            found.extend(beginning.parts.iter().map(|part| Found { part: *part, words: start..at + 1 }));
            if beginning.goes_on {
                self.walk(folded, *child, start, at + 1..words.end, found);
            }
        };
        if word.script == Script::Hangul {
            // A Korean word may carry particles behind the word that is meant.
            let ends = form.char_indices().map(|(end, _)| end).skip(1).take(MAX_HANGUL_SYLLABLES);
            ends.for_each(|end| step(&form[..end]));
        }
        step(form);
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("the phrase files have a few thousand words")
}
