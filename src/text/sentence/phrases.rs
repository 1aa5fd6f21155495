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
    /// A verb of its own meaning that asks where it starts a clause: `versendet`, `me pasas`.
    Verb,
    /// Asks at the end of a sentence, as Chinese and Japanese particles do.
    Ending,
    /// Asks at the end of a sentence and says something elsewhere: `不`; in Korean at the end of its last word.
    Last,
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
    ("verb", Part::Verb),
    ("ending", Part::Ending),
    ("last", Part::Last),
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
        !matches!(self, Self::Order | Self::Verb | Self::Last)
    }

    /// Returns whether a clause may start anew behind such a phrase.
    pub(crate) fn is_transparent(self) -> bool {
        self.is_courtesy() || self == Self::Filler
    }
}

/// Some of the languages of [`FILES`], one bit each in their order.
pub(crate) type Languages = u16;

/// A phrase in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What it does.
    pub(crate) part: Part,
    /// In which languages.
    pub(crate) languages: Languages,
    /// Its words, as indices into the text's words.
    pub(crate) words: Range<usize>,
}

/// The number of a word that some phrase holds.
type WordId = u32;
/// The number of a beginning of a phrase; the empty one is [`ROOT`].
type Node = u32;

const ROOT: Node = 0;
/// A word that no phrase holds.
const UNKNOWN: WordId = WordId::MAX;

/// All phrases, as a tree of their words.
#[derive(Debug, Default)]
pub(crate) struct Phrases {
    ids: FxHashMap<Box<str>, WordId>,
    /// What each word leads to from the root; [`ROOT`] where no phrase begins with it.
    roots: Vec<Node>,
    /// What words lead to from everywhere else.
    children: FxHashMap<(Node, WordId), Node>,
    nodes: Vec<Beginning>,
}

/// The beginning of a phrase, or a whole one.
#[derive(Debug, Default, Clone)]
struct Beginning {
    /// What it does if it is a whole phrase, and in which languages; a phrase can be in several lists.
    parts: Vec<(Part, Languages)>,
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
        for (place, (_, file)) in FILES.iter().enumerate() {
            for line in file.lines().filter(|line| !line.starts_with('#')) {
                let Some((name, listed)) = line.split_once(':') else { continue };
                let Some((_, part)) = PARTS.iter().find(|(known, _)| *known == name.trim()) else { continue };
                for phrase in listed.split(',') {
                    phrases.add(phrase, *part, 1 << place);
                }
            }
        }
        phrases.roots = vec![ROOT; phrases.ids.len()];
        for ((from, word), to) in &phrases.children {
            if *from == ROOT {
                phrases.roots[*word as usize] = *to;
            }
        }
        phrases
    }

    fn add(&mut self, phrase: &str, part: Part, language: Languages) {
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
        if node == ROOT {
            return;
        }
        let parts = &mut self.nodes[node as usize].parts;
        match parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, languages)) => *languages |= language,
            None => parts.push((part, language)),
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
        // Beginnings that go on are few, and where none does a word is looked up once.
        let mut next = None;
        for start in words.clone() {
            let id = next.take().unwrap_or_else(|| self.id(folded, start));
            let mut walk = Walk { phrases: self, folded, start, end: words.end, next: None, found };
            walk.step(ROOT, start, id);
            next = walk.next;
        }
    }

    /// Returns of each of these words whether a greeting, a closing, thanks or a vocative covers it: what asks for nothing,
    /// not even for an answer.
    pub(crate) fn courtesy(&self, folded: &Folded, words: Range<usize>) -> Vec<bool> {
        let mut covered = vec![false; words.len()];
        let polite =
            |found: &Found| matches!(found.part, Part::Greeting | Part::Closing | Part::Thanks | Part::Vocative);
        for found in self.find(folded, words.clone()).into_iter().filter(polite) {
            covered[found.words.start - words.start..found.words.end - words.start].fill(true);
        }
        covered
    }

    /// Returns whether a word ends in a phrase of one word that does that.
    pub(crate) fn ends(&self, form: &str, part: Part) -> bool {
        let starts = form.char_indices().rev().take(MAX_HANGUL_SYLLABLES);
        let phrase = |ending: &str| self.child(ROOT, self.ids.get(ending).copied().unwrap_or(UNKNOWN));
        let nodes = starts.filter_map(|(start, _)| phrase(&form[start..]));
        nodes.into_iter().any(|node| self.nodes[node as usize].parts.iter().any(|(known, _)| *known == part))
    }

    /// Returns the number of a whole word.
    fn id(&self, folded: &Folded, word: usize) -> WordId {
        self.ids.get(folded.form(&folded.words()[word])).copied().unwrap_or(UNKNOWN)
    }

    fn child(&self, node: Node, id: WordId) -> Option<Node> {
        match (id, node) {
            (UNKNOWN, _) => None,
            (id, ROOT) => Some(self.roots[id as usize]).filter(|child| *child != ROOT),
            (id, node) => self.children.get(&(node, id)).copied(),
        }
    }
}

/// Finds the phrases that begin at one word.
struct Walk<'a> {
    phrases: &'a Phrases,
    folded: &'a Folded,
    start: usize,
    end: usize,
    /// The number of the word behind the first, once it was looked up.
    next: Option<WordId>,
    found: &'a mut Vec<Found>,
}

impl Walk<'_> {
    /// Goes on from a beginning with a word, whose number as a whole is `id`.
    fn step(&mut self, node: Node, at: usize, id: WordId) {
        let word = &self.folded.words()[at];
        if word.script == Script::Hangul {
            // A Korean word may carry particles behind the word that is meant.
            let form = self.folded.form(word);
            let ends = form.char_indices().map(|(end, _)| end).skip(1).take(MAX_HANGUL_SYLLABLES);
            for end in ends {
                let id = self.phrases.ids.get(&form[..end]).copied().unwrap_or(UNKNOWN);
                self.enter(node, at, id);
            }
        }
        self.enter(node, at, id);
    }

    fn enter(&mut self, node: Node, at: usize, id: WordId) {
        let Some(child) = self.phrases.child(node, id) else { return };
        let beginning = &self.phrases.nodes[child as usize];
        let words = self.start..at + 1;
        let found =
            |(part, languages): &(Part, Languages)| Found { part: *part, languages: *languages, words: words.clone() };
        self.found.extend(beginning.parts.iter().map(found));
        if !beginning.goes_on || at + 1 == self.end {
            return;
        }
        let id = match self.next {
            Some(id) if at == self.start => id,
            _ => self.phrases.id(self.folded, at + 1),
        };
        if at == self.start {
            self.next = Some(id);
        }
        self.step(child, at + 1, id);
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("the phrase files have a few thousand words")
}
