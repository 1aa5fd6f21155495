//! The words that turn a statement around, and those that say how far they reach: one data file per language.
//!
//! A file has lines `part: phrase, phrase, …`, written as people write; `#` starts a comment, a star after a word marks a
//! beginning of words. What the parts mean stands at [`Grammar`]; how they are weighed, in `rules::negation`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::{
    model::language::Language,
    text::folded::{Folded, Script},
};

/// The files, by language.
pub const FILES: &[(&str, &str)] = &[
    ("ar", include_str!("ar.txt")),
    ("de", include_str!("de.txt")),
    ("en", include_str!("en.txt")),
    ("es", include_str!("es.txt")),
    ("fr", include_str!("fr.txt")),
    ("it", include_str!("it.txt")),
    ("ja", include_str!("ja.txt")),
    ("ko", include_str!("ko.txt")),
    ("pl", include_str!("pl.txt")),
    ("pt", include_str!("pt.txt")),
    ("ru", include_str!("ru.txt")),
    ("zh", include_str!("zh.txt")),
];

/// How a language negates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grammar {
    /// Negate what follows them in the clause: `not`, `ohne`, `不`.
    pub before: List,
    /// How many words these may stand away; `None`: the whole clause.
    pub reach_before: Option<usize>,
    /// Negate what stands before them in the clause: `…ません`, `не надо`.
    pub after: List,
    /// How many words these may stand away; `None`: the whole clause.
    pub reach_after: Option<usize>,
    /// Negate the clause that they end: `storniere die Bestellung nicht`.
    pub last: List,
    /// Words that may follow those of `last` without making something else of them.
    pub tail: List,
    /// Hold a negator and negate nothing that they touch: `not only`, `don't forget`, `不好意思`.
    pub idiom: List,
    /// Begin a new clause. "And" is not among them: in "do not cancel and refund" both are meant, and a hit too few goes
    /// to a person.
    pub joint: List,
    /// Negating verbs that ask where a subject follows: `don't you …`. They negate as those of `before` do.
    pub auxiliary: List,
    /// What follows an auxiliary that asks.
    pub subject: List,
    /// Open a question without a question mark: `is`, `can`.
    pub opens: List,
    /// Right before a negator they ask for something not to be done, even in a question: `could you not …`.
    pub asked: List,
    /// Ask for the reason of what did not happen, so that it is wished for: `why`.
    pub why: List,
    /// End a question without a question mark: `吗`, `か`.
    pub closes: List,
    /// Make a question of the clause before them: `…, right?`.
    pub tag: List,
}

/// Phrases, found by their first words: most words begin none, and one look-up says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    phrases: Vec<Phrase>,
    /// Places in `phrases`, by the first word.
    by_first: FxHashMap<String, Vec<usize>>,
    /// Places of those whose first word stands for all that begin so.
    by_beginning: Vec<usize>,
}

impl List {
    /// Adds a phrase that has words.
    fn add(&mut self, phrase: Phrase) {
        let Some(first) = phrase.first() else { return };
        let place = self.phrases.len();
        if first.beginning {
            self.by_beginning.push(place);
        } else {
            self.by_first.entry(first.form.clone()).or_default().push(place);
        }
        self.phrases.push(phrase);
    }

    /// Returns the phrases in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Phrase> {
        self.phrases.iter()
    }

    /// Returns the phrases that may begin with a word.
    pub fn beginning_with(&self, form: &str) -> impl Iterator<Item = &Phrase> {
        let known = self.by_first.get(form).map_or(&[][..], Vec::as_slice);
        known.iter().chain(&self.by_beginning).map(|place| &self.phrases[*place])
    }
}

/// Words in a row, in folded form.
pub type Phrase = Vec<Piece>;

/// One word of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Folded.
    pub form: String,
    /// Whether it stands for every word that begins so.
    pub beginning: bool,
}

static GRAMMARS: LazyLock<Vec<(Language, Grammar)>> = LazyLock::new(|| {
    let language = |code: &str| code.parse().expect("the list holds language codes");
    FILES.iter().map(|(code, file)| (language(code), Grammar::read(file))).collect()
});

/// Returns how a language negates; none where that is not known.
pub fn grammar(language: Language) -> Option<&'static Grammar> {
    GRAMMARS.iter().find(|(known, _)| *known == language).map(|(_, grammar)| grammar)
}

impl Grammar {
    fn read(file: &str) -> Self {
        let mut grammar = Self::default();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let Some((part, phrases)) = line.split_once(':') else { continue };
            let number = phrases.trim().parse().ok();
            match part {
                "reach before" => grammar.reach_before = number,
                "reach after" => grammar.reach_after = number,
                _ => {
                    if let Some(list) = grammar.list(part) {
                        phrases.split(',').map(phrase).for_each(|phrase| list.add(phrase));
                    }
                }
            }
        }
        for phrase in grammar.auxiliary.clone().phrases {
            grammar.before.add(phrase);
        }
        grammar
    }

    /// Returns the list of a part of the files; none if there is no such part.
    fn list(&mut self, part: &str) -> Option<&mut List> {
        Some(match part {
            "before" => &mut self.before,
            "after" => &mut self.after,
            "last" => &mut self.last,
            "tail" => &mut self.tail,
            "idiom" => &mut self.idiom,
            "joint" => &mut self.joint,
            "auxiliary" => &mut self.auxiliary,
            "subject" => &mut self.subject,
            "opens" => &mut self.opens,
            "asked" => &mut self.asked,
            "why" => &mut self.why,
            "closes" => &mut self.closes,
            "tag" => &mut self.tag,
            _ => return None,
        })
    }

    /// Returns every phrase that negates.
    pub fn negators(&self) -> impl Iterator<Item = &Phrase> {
        self.before.iter().chain(self.after.iter()).chain(self.last.iter())
    }
}

fn phrase(written: &str) -> Phrase {
    let beginning = written.trim_end().ends_with('*');
    let folded = Folded::new(written);
    let last = folded.words().len().saturating_sub(1);
    let piece = |(index, word)| Piece { form: folded.form(word).to_owned(), beginning: beginning && index == last };
    folded.words().iter().enumerate().map(piece).collect()
}

/// Returns how many words the longest of the phrases has that stands at a word and ends before another; none if none does.
pub fn longest_at(phrases: &List, folded: &Folded, at: usize, end: usize) -> Option<usize> {
    let words = folded.words();
    let stands = |phrase: &&Phrase| {
        let fits = at + phrase.len() <= end.min(words.len());
        fits && phrase.iter().zip(&words[at..]).all(|(piece, word)| {
            let form = folded.form(word);
            form == piece.form || piece.beginning && word.script != Script::Dense && form.starts_with(&piece.form)
        })
    };
    let first = words.get(at)?;
    phrases.beginning_with(folded.form(first)).filter(stands).map(Vec::len).max()
}
