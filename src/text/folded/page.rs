//! What folding and cutting must know of a character, looked up in one step.
//!
//! The knowledge is that of [`folding`] and [`tokens`]; here
//! it is kept, a page of 256 characters at a time, from the first time that a page is asked for.

use std::sync::OnceLock;

use unicode_normalization::char::is_combining_mark;

use crate::text::folded::{Script, classes::Classes, folding, tokens};

/// Characters of one page.
const PAGE: usize = 0x100;
/// Pages that are kept: the two planes of all living scripts and of emoji. Rarer characters are judged each time, so that
/// a message of one character of every page costs no more than others.
const PAGES: usize = 0x200;

static KEPT: [OnceLock<Page>; PAGES] = [const { OnceLock::new() }; PAGES];

/// A character as folding and cutting see it, in one number: from the lowest bit the folded character or the number of
/// the held unit (21 bits), what folding does (2), whether it joins the one before (1), its script (2), mark (1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry(u32);

const PAYLOAD: u32 = (1 << 21) - 1;
const FOLD: u32 = 0b11 << 21;
/// It depends on its neighbors, or is rare.
const CLUSTER: u32 = 0;
/// Another character of the same length, or itself.
const PLAIN: u32 = 1 << 21;
/// Some other text, which the page holds.
const HELD: u32 = 2 << 21;
const JOINS: u32 = 1 << 23;
const SCRIPT: u32 = 0b11 << 24;
const SPACED: u32 = 1 << 24;
const DENSE: u32 = 2 << 24;
const HANGUL: u32 = 3 << 24;
const MARK: u32 = 1 << 26;

/// What folding makes of a character that stands alone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Alone {
    /// This character, which is as long.
    Plain(char),
    /// The text that [`held`] knows.
    Held,
    /// Only its cluster can tell.
    Cluster,
}

/// The folded text of a character where it is no single character of the same length, or where the exact form differs.
#[derive(Debug)]
pub(crate) struct Held {
    /// The folded form.
    pub(crate) folded: String,
    /// The exact form.
    pub(crate) exact: String,
    /// The folded form is one character as long as the original.
    pub(crate) linear: bool,
    /// What the folded form consists of.
    pub(crate) classes: Classes,
}

#[derive(Debug)]
struct Page {
    entries: Vec<Entry>,
    held: Vec<Held>,
}

/// Looks a character up.
#[inline]
pub(crate) fn look(character: char) -> Entry {
    let code = character as usize;
    match KEPT.get(code / PAGE) {
        Some(page) => page.get_or_init(|| Page::new(code / PAGE)).entries[code % PAGE],
        None => Entry::of(character),
    }
}

/// Returns the text that a character with [`Alone::Held`] folds to.
pub(crate) fn held(character: char) -> Option<&'static Held> {
    let code = character as usize;
    let page = KEPT.get(code / PAGE)?.get_or_init(|| Page::new(code / PAGE));
    page.held.get((page.entries[code % PAGE].0 & PAYLOAD) as usize)
}

impl Page {
    fn new(number: usize) -> Self {
        let mut page = Self { entries: Vec::with_capacity(PAGE), held: Vec::new() };
        for code in number * PAGE..(number + 1) * PAGE {
            let character = u32::try_from(code).ok().and_then(char::from_u32);
            let entry = character.map_or(Entry(CLUSTER), |character| page.entry(character));
            page.entries.push(entry);
        }
        page
    }

    fn entry(&mut self, character: char) -> Entry {
        let entry = Entry::of(character);
        if entry.joins() {
            return entry;
        }
        let (folded, exact) = folding::alone(character);
        let mut characters = folded.chars();
        let linear = folded.len() == character.len_utf8() && characters.next().is_some() && characters.next().is_none();
        if let (true, true, Some(only)) = (linear, folded == exact, folded.chars().next()) {
            return Entry(entry.0 | PLAIN | only as u32);
        }
        let number = u32::try_from(self.held.len()).unwrap_or(PAYLOAD);
        let classes = Classes::of(&folded);
        self.held.push(Held { folded, exact, linear, classes });
        Entry(entry.0 | HELD | number)
    }
}

impl Entry {
    /// Judges a character without what it folds to.
    fn of(character: char) -> Self {
        let script = match tokens::script(character) {
            None => 0,
            Some(Script::Spaced) => SPACED,
            Some(Script::Dense) => DENSE,
            Some(Script::Hangul) => HANGUL,
        };
        let mark = if !character.is_ascii() && is_combining_mark(character) { MARK } else { 0 };
        let joins = if folding::joins_some(character) { JOINS } else { 0 };
        Self(CLUSTER | script | mark | joins)
    }

    /// Returns what folding makes of it where nothing joins it.
    #[inline]
    pub(crate) fn alone(self) -> Alone {
        match self.0 & FOLD {
            PLAIN => char::from_u32(self.0 & PAYLOAD).map_or(Alone::Cluster, Alone::Plain),
            HELD => Alone::Held,
            _ => Alone::Cluster,
        }
    }

    /// Returns whether it may merge with what stands before it, or vanishes.
    #[inline]
    pub(crate) fn joins(self) -> bool {
        self.0 & JOINS != 0
    }

    /// Returns how its script writes words; none for what stands between words.
    #[inline]
    pub(crate) fn script(self) -> Option<Script> {
        match self.0 & SCRIPT {
            SPACED => Some(Script::Spaced),
            DENSE => Some(Script::Dense),
            HANGUL => Some(Script::Hangul),
            _ => None,
        }
    }

    /// Returns whether it is a combining mark.
    #[inline]
    pub(crate) fn is_mark(self) -> bool {
        self.0 & MARK != 0
    }
}
