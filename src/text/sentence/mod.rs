//! Cuts a text into sentences and says of each what it does.
//!
//! Cut at sentence punctuation, at line breaks and behind a Chinese question particle, not inside words that hold dots,
//! not after abbreviations, not where a mail program wrapped a line. What a sentence does (`kind`) is judged from its words
//! afterwards.

use std::ops::Range;

use crate::{
    model::verdict::SentenceKind,
    text::folded::{Folded, Script},
};

pub mod kind;
pub mod phrases;

/// Where a sentence of a text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its bytes in the original, without surrounding white space, with its closing punctuation.
    pub span: Range<usize>,
    /// Its words, as indices into [`Folded::words`]; never empty.
    pub words: Range<usize>,
}

/// One sentence of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its bytes in the original, as [`Place::span`].
    pub span: Range<usize>,
    /// Its words, as [`Place::words`].
    pub words: Range<usize>,
    /// What it does.
    pub kind: SentenceKind,
}

/// Mail programs wrap at 72 to 78 columns; a line this long that does not end a sentence was wrapped.
const WRAPPED_LINE_CHARS: usize = 50;
/// No line that a mail program wrapped is longer; looking back further would cost time on hostile texts.
const MAX_LINE_BYTES: usize = 400;

/// Words after which a dot ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "approx", "incl", "excl", "etc", "dept", "inc", "ltd",
    "co", "corp", "tel", "ext", "est", "min", "max", "bzw", "ca", "ggf", "evtl", "inkl", "exkl", "zzgl", "usw", "str",
    "hr", "fr", "hd", "zb", "sra", "srta", "ud", "uds", "mme", "mlle", "env", "av", "bd", "sig", "dott", "ecc", "tzn",
    "np", "ul", "pl", "ул", "руб", "тел", "г", "др", "см",
];
/// Words after which a dot ends no sentence if a number follows.
const NUMBER_ABBREVIATIONS: &[&str] = &["no", "nr", "num", "art", "ref", "nro", "pos", "fig", "pag", "p", "pp", "vol"];
/// Endings of file names: a dot before them is part of the name.
const FILE_ENDINGS: &[&str] = &[
    "pdf", "jpg", "jpeg", "png", "gif", "heic", "doc", "docx", "xls", "xlsx", "csv", "zip", "mp4", "mov", "html", "php",
];
/// Months after an ordinal such as `3. Dezember`.
const MONTHS: &[&str] = &[
    "januar",
    "februar",
    "marz",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
    "januara",
];

/// Cuts a text into sentences. `folded` is the folded form of the same text. Stretches without words (rules, smileys) are no
/// sentences and belong to the one before.
pub fn places(original: &str, folded: &Folded) -> Vec<Place> {
    let cutter = Cutter { original, folded };
    let mut places = Vec::new();
    let mut start = 0;
    let mut first_word = 0;
    let mut at = 0;
    // Only what stands between words can end a sentence.
    for word in 0..=folded.words().len() {
        let next = folded.words().get(word).map(|next| &next.original);
        let gap_end = next.map_or(original.len(), |next| next.start);
        while at < gap_end {
            let Some(character) = original[at..].chars().next() else { break };
            let cut = cutter.cut_at(at, character, word);
            at = cut.unwrap_or(at + character.len_utf8());
            if cut.is_some() && word > first_word {
                push(&mut places, original, start..at, first_word..word);
                (start, first_word) = (at, word);
            }
        }
        at = next.map_or(at, |next| at.max(next.end));
    }
    if folded.words().len() > first_word {
        push(&mut places, original, start..original.len(), first_word..folded.words().len());
    }
    places
}

/// Says of each sentence of a text what it does.
pub fn judge(places: &[Place], original: &str, folded: &Folded) -> Vec<Sentence> {
    let states =
        |place: &Place| Sentence { span: place.span.clone(), words: place.words.clone(), kind: SentenceKind::States };
    let mut sentences: Vec<Sentence> = places.iter().map(states).collect();
    kind::judge(&mut sentences, original, folded);
    sentences
}

fn push(places: &mut Vec<Place>, original: &str, span: Range<usize>, words: Range<usize>) {
    let text = &original[span.clone()];
    let start = span.start + (text.len() - text.trim_start().len());
    let span = start..start + text.trim().len();
    places.push(Place { span, words });
}

/// Knows where the text may be cut.
struct Cutter<'a> {
    original: &'a str,
    folded: &'a Folded,
}

impl Cutter<'_> {
    /// Returns where the next sentence starts if the character at `at` ends one. `word` is the next word's index.
    fn cut_at(&self, at: usize, character: char, word: usize) -> Option<usize> {
        match character {
            '\n' | '\r' | '\u{0085}' | '\u{2028}' | '\u{2029}' => {
                (!self.is_wrapped(at)).then_some(at + character.len_utf8())
            }
            '?' | '!' | '…' | '。' | '！' | '？' | '؟' | '｡' | '۔' => {
                Some(self.after_closers(at + character.len_utf8()))
            }
            '.' if self.original[at..].starts_with("..") || !self.is_inner_dot(at, word) => {
                Some(self.after_closers(at))
            }
            ',' | '，' | '、' | ' ' if self.follows_question_particle(at) => {
                let next = at + character.len_utf8();
                // Behind a mere space English may go on with the question: "shipping 免费吗 to Canada".
                let goes_on = |c: char| c.is_alphanumeric() && (character != ' ' || !c.is_ascii());
                self.original[next..].trim_start().starts_with(goes_on).then_some(next)
            }
            _ => None,
        }
    }

    /// Returns whether a Chinese question ends before a comma or a space: its last character does nothing else than ask.
    /// `这么`, `那么`, `什么`, `怎么`, `多么` and `要么` end on one and ask nothing, or go on.
    fn follows_question_particle(&self, at: usize) -> bool {
        let mut before = self.original[..at].chars().rev();
        match before.next() {
            Some('吗' | '嗎' | '嘛') => true,
            Some('么' | '麼') => !matches!(
                before.next(),
                None | Some('这' | '這' | '那' | '什' | '甚' | '怎' | '多' | '要' | '干' | '幹')
            ),
            _ => false,
        }
    }

    /// Returns where the punctuation, closing quotes and brackets end that follow at `at`.
    fn after_closers(&self, at: usize) -> usize {
        let closers = |c: char| {
            matches!(
                c,
                '.' | '?'
                    | '!'
                    | '…'
                    | '。'
                    | '！'
                    | '？'
                    | '؟'
                    | '｡'
                    | '"'
                    | '\''
                    | '”'
                    | '’'
                    | ')'
                    | ']'
                    | '」'
                    | '』'
                    | '）'
                    | '»'
            )
        };
        let rest = &self.original[at..];
        at + (rest.len() - rest.trim_start_matches(closers).len())
    }

    /// Returns whether the dot at `at` belongs to an abbreviation, an initial, a list number or a name.
    fn is_inner_dot(&self, at: usize, word: usize) -> bool {
        let Some(before) = word.checked_sub(1).map(|before| &self.folded.words()[before]) else { return false };
        if before.original.end != at || before.script != Script::Spaced {
            return false;
        }
        let form = self.folded.form(before);
        let after = self.original[at + 1..].chars().next();
        let glued = after.is_some_and(char::is_alphanumeric);
        let next = self.folded.words().get(word).filter(|next| !self.original[at..next.original.start].contains('\n'));
        let next_form = next.map_or("", |next| self.folded.form(next));
        let next_text = next.map_or("", |next| &self.original[next.original.clone()]);
        let next_is_number = next_form.starts_with(|c: char| c.is_ascii_digit());
        let next_is_lower = next_text.starts_with(char::is_lowercase);
        if form.chars().count() == 1 && !form.starts_with(|c: char| c.is_ascii_digit()) {
            let upper = self.original[before.original.clone()].starts_with(char::is_uppercase);
            return next.is_some() && (glued || upper || next_is_lower && self.follows_dotted_letter(word - 1));
        }
        if form.bytes().all(|byte| byte.is_ascii_digit()) {
            return next.is_some()
                && (glued || next_is_lower || MONTHS.contains(&next_form) || self.starts_line(before.original.start));
        }
        if glued {
            return next_form.chars().count() < 2 || FILE_ENDINGS.contains(&next_form) || next_is_number;
        }
        next.is_some() && ABBREVIATIONS.contains(&form) || next_is_number && NUMBER_ABBREVIATIONS.contains(&form)
    }

    /// Returns whether the word stands behind another one-letter word and its dot, as the `B` of `z.B.`.
    fn follows_dotted_letter(&self, word: usize) -> bool {
        let Some(before) = word.checked_sub(1).map(|before| &self.folded.words()[before]) else { return false };
        let gap = &self.original[before.original.end..self.folded.words()[word].original.start];
        gap.starts_with('.') && self.folded.form(before).chars().count() == 1
    }

    /// Returns whether nothing but white space stands between the line's beginning and `at`.
    fn starts_line(&self, at: usize) -> bool {
        let before = self.original[..at].trim_end_matches(|c: char| c.is_whitespace() && c != '\n');
        before.is_empty() || before.ends_with('\n')
    }

    /// Returns whether the line break at `at` was set by a mail program inside a flowing sentence.
    fn is_wrapped(&self, at: usize) -> bool {
        let near = self.original.ceil_char_boundary(at.saturating_sub(MAX_LINE_BYTES));
        let line_start = self.original[near..at].rfind('\n').map_or(near, |newline| near + newline + 1);
        let line = self.original[line_start..at].trim();
        if line.chars().count() < WRAPPED_LINE_CHARS
            || line.ends_with(['.', '!', '?', ':', ';', '…', '。', '！', '？', '؟', '：'])
        {
            return false;
        }
        let rest = &self.original[at..];
        let break_bytes = if rest.starts_with("\r\n") { 2 } else { rest.chars().next().map_or(0, char::len_utf8) };
        let next_line = &rest[break_bytes..];
        next_line.trim_start_matches([' ', '\t']).starts_with(char::is_lowercase)
    }
}
