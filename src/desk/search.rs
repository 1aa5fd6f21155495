//! Search, as far as it needs no store: what a person's words ask for, what a text is found by, and what of it is shown.

use std::{collections::BTreeSet, ops::Range};

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    model::{
        ids::TicketId,
        search::{BETWEEN, Document, Phrase, SearchQuery, account_word, thread_word},
        ticket::TicketState,
    },
    text::search_text::{Token, Tokens, tokens},
};

/// Nobody types more; a pasted mail is searched for by its beginning.
const MAX_QUERY_CHARACTERS: usize = 400;
/// More words than this narrow nothing down any more, and each costs time.
const MAX_PHRASES: usize = 16;
/// A shorter beginning (`a*`) would mean half of all words.
const MIN_PREFIX_CHARACTERS: usize = 3;
/// Words of one document: a mail of twenty pages. PostgreSQL counts places to 16,383.
const MAX_WORDS: usize = 8_000;
/// Characters of a text that a result shows, and of those the ones before the first hit.
const EXCERPT_CHARACTERS: usize = 220;
const EXCERPT_BEFORE: usize = 60;

/// A piece of a text that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Piece {
    /// The text, its white space made plain.
    pub text: String,
    /// It is what was searched for.
    pub hit: bool,
}

/// Reads what a person typed. Never fails: what is no operator is a word.
///
/// Words are all to occur; `"in a row"` keeps their order; `-word` excludes; `ord*` goes on (from three characters);
/// `from:` means who wrote it, `tag:` a label, `in:` a state of the ticket, `#12` a ticket.
pub fn parse(text: &str) -> SearchQuery {
    let mut query = SearchQuery::default();
    for word in typed(text) {
        if query.all.len() + query.none.len() >= MAX_PHRASES {
            break;
        }
        read(&word, &mut query);
    }
    query
}

/// One word as it was typed.
#[derive(Debug, Default)]
struct Typed {
    excluded: bool,
    key: Option<String>,
    text: String,
    quoted: bool,
}

/// Cuts what was typed at white space outside quotes.
fn typed(text: &str) -> Vec<Typed> {
    let mut signs = text.chars().take(MAX_QUERY_CHARACTERS).peekable();
    let mut words = Vec::new();
    while let Some(sign) = signs.next() {
        if sign.is_whitespace() {
            continue;
        }
        let mut word = Typed::default();
        let mut next = Some(sign);
        if sign == '-' {
            word.excluded = true;
            next = signs.next();
        }
        while let Some(sign) = next {
            if is_quote(sign) {
                word.quoted = true;
                word.text.extend(signs.by_ref().take_while(|sign| !is_quote(*sign)));
                break;
            }
            if sign.is_whitespace() {
                break;
            }
            if matches!(sign, ':' | '：') && word.key.is_none() && is_key(&word.text) {
                word.key = Some(std::mem::take(&mut word.text).to_ascii_lowercase());
            } else {
                word.text.push(sign);
            }
            next = signs.next();
        }
        words.push(word);
    }
    words
}

fn is_quote(sign: char) -> bool {
    matches!(sign, '"' | '“' | '”' | '„' | '«' | '»')
}

fn is_key(word: &str) -> bool {
    ["from", "tag", "in"].iter().any(|key| word.eq_ignore_ascii_case(key))
}

fn read(word: &Typed, query: &mut SearchQuery) {
    match word.key.as_deref() {
        Some("tag") if !word.excluded && !word.text.is_empty() => query.tag = Some(word.text.clone()),
        Some("in") if !word.excluded && TicketState::from_word(&word.text.to_lowercase()).is_some() => {
            query.state = TicketState::from_word(&word.text.to_lowercase());
        }
        Some("from") => {
            let phrases = phrases(&tokens(&word.text), false);
            let senders = phrases.iter().map(sender);
            if word.excluded { query.none.extend(senders) } else { query.all.extend(senders) }
        }
        key => {
            let number = word.text.strip_prefix(['#', '＃']).and_then(|number| number.parse().ok());
            if let Some(number) = number.filter(|_| key.is_none() && !word.excluded) {
                query.ticket = Some(TicketId(number));
                return;
            }
            // `in:Berlin` is no state and means its words.
            let text = key.map_or_else(|| word.text.clone(), |key| format!("{key} {}", word.text));
            let stem = text.strip_suffix('*').filter(|_| !word.quoted);
            let phrases = phrases(&tokens(stem.unwrap_or(&text)), stem.is_some());
            if word.excluded { query.none.extend(phrases) } else { query.all.extend(phrases) }
        }
    }
}

fn sender(phrase: &Phrase) -> Phrase {
    Phrase { words: phrase.words.iter().map(|word| from_word(word)).collect(), prefix: phrase.prefix }
}

/// Returns the chains of words that a text must have: one for each stretch that is written in one way.
fn phrases(read: &Tokens, prefix: bool) -> Vec<Phrase> {
    let mut found: Vec<Phrase> = Vec::new();
    let mut last: Option<&Token> = None;
    for token in &read.words {
        let follows = last.is_some_and(|last| last.dense == token.dense && (!token.dense || overlap(last, token)));
        match found.last_mut().filter(|_| follows) {
            Some(phrase) => phrase.words.push(token.text.clone()),
            None => found.push(Phrase { words: vec![token.text.clone()], prefix: false }),
        }
        last = Some(token);
    }
    let paired = |single: &Token| {
        read.words.iter().any(|token| {
            token.dense && token.original.start <= single.original.start && single.original.end <= token.original.end
        })
    };
    let alone = read.singles.iter().filter(|single| !paired(single));
    found.extend(alone.map(|single| Phrase { words: vec![single.text.clone()], prefix: false }));
    if let Some(phrase) = found.last_mut().filter(|_| prefix && last.is_some_and(|last| !last.dense)) {
        let long = phrase.words.last().is_some_and(|word| word.chars().count() >= MIN_PREFIX_CHARACTERS);
        phrase.prefix = long;
    }
    found
}

/// Returns whether two pairs share a character.
fn overlap(one: &Token, next: &Token) -> bool {
    next.original.start < one.original.end
}

/// Returns the words by which a document is found, in order.
pub fn words(document: &Document) -> Vec<String> {
    let mut words = vec![BETWEEN.to_owned()];
    let mut singles = BTreeSet::new();
    // What is short comes first: it must not fall to the limit.
    words.push(account_word(&document.account));
    words.extend(document.thread.map(thread_word));
    for name in &document.from {
        words.extend(tokens(name).words.into_iter().map(|token| from_word(&token.text)));
        words.push(BETWEEN.to_owned());
    }
    let people = document.buyer.iter().chain(&document.from);
    for part in people.map(String::as_str).chain([document.subject.as_str(), document.text.as_str()]) {
        let read = tokens(part);
        words.extend(read.words.into_iter().map(|token| token.text));
        words.push(BETWEEN.to_owned());
        singles.extend(read.singles.into_iter().map(|single| single.text));
    }
    words.truncate(MAX_WORDS);
    words.extend(singles.into_iter().take(MAX_WORDS));
    words
}

/// Returns the word that stands for a word of the author's name or address.
fn from_word(word: &str) -> String {
    format!("f:{word}")
}

/// Returns a whole text in pieces, with what was searched for marked.
pub fn marked(text: &str, query: &SearchQuery) -> Vec<Piece> {
    pieces(text, 0..text.len(), &hits(text, query))
}

/// Returns the part of a text that shows why it was found: around the first hit, or the beginning.
pub fn excerpt(text: &str, query: &SearchQuery) -> Vec<Piece> {
    let hits = hits(text, query);
    let first = hits.first().map_or(0, |hit| hit.start);
    let before = text[..first].char_indices().rev().take(EXCERPT_BEFORE).last().map_or(first, |(at, _)| at);
    let start = if first - before < first { begin_of_word(text, before, first) } else { 0 };
    let end = text[start..].char_indices().nth(EXCERPT_CHARACTERS).map_or(text.len(), |(at, _)| start + at);
    let mut shown = pieces(text, start..end, &hits);
    if start > 0 {
        shown.insert(0, Piece { text: "… ".to_owned(), hit: false });
    }
    if end < text.len() {
        shown.push(Piece { text: " …".to_owned(), hit: false });
    }
    shown
}

/// Returns where the first word after `from` begins, if that is before `until`.
fn begin_of_word(text: &str, from: usize, until: usize) -> usize {
    let blank = text[from..until].char_indices().find(|(_, sign)| sign.is_whitespace());
    blank.map_or(from, |(at, sign)| from + at + sign.len_utf8())
}

/// Returns where in a text the words of a query stand, in order and without overlap.
fn hits(text: &str, query: &SearchQuery) -> Vec<Range<usize>> {
    let read = tokens(text);
    let mut hits: Vec<Range<usize>> = Vec::new();
    for phrase in &query.all {
        hits.extend(read.words.windows(phrase.words.len()).filter(|window| fits(window, phrase)).map(span));
        hits.extend(read.singles.windows(1).filter(|window| fits(window, phrase)).map(span));
    }
    hits.sort_by_key(|hit| (hit.start, hit.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for hit in hits {
        match joined.last_mut() {
            Some(last) if hit.start < last.end => last.end = last.end.max(hit.end),
            _ => joined.push(hit),
        }
    }
    joined
}

fn fits(window: &[Token], phrase: &Phrase) -> bool {
    let last = phrase.words.len() - 1;
    window.len() == phrase.words.len()
        && window.iter().zip(&phrase.words).enumerate().all(|(place, (token, word))| {
            token.text == *word || phrase.prefix && place == last && token.text.starts_with(word.as_str())
        })
}

fn span(window: &[Token]) -> Range<usize> {
    window[0].original.start..window[window.len() - 1].original.end
}

fn pieces(text: &str, shown: Range<usize>, hits: &[Range<usize>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = shown.start;
    let mut push = |range: Range<usize>, hit| {
        if !range.is_empty() {
            pieces.push(Piece { text: plain(&text[range]), hit });
        }
    };
    for hit in hits {
        let (start, end) = (hit.start.max(shown.start), hit.end.min(shown.end));
        if start < end {
            push(at..start, false);
            push(start..end, true);
            at = end;
        }
    }
    push(at..shown.end, false);
    pieces
}

/// Makes every run of white space one blank; line breaks have no place in a list.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        if !sign.is_whitespace() && !sign.is_control() {
            plain.push(sign);
        } else if !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain
}
