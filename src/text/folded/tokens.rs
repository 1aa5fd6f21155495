//! Cuts folded text into words.
//!
//! Words end at punctuation and at a change of script. Kept whole: apostrophe words (`don't`), addresses of pages and
//! mailboxes, decimals, and hyphen chains that read as order numbers, dates or telephone numbers.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use crate::text::folded::{Script, page};

/// A local part has at most 64 octets (RFC 5321 section 4.5.3.1.1); scanning further would find no mailbox.
const MAX_LOCAL_PART: usize = 64;
/// A domain has at most 255 octets (RFC 5321 section 4.5.3.1.2).
const MAX_DOMAIN: usize = 255;
/// The longest order number of a marketplace is under 30 characters; twice that is generous.
const MAX_CHAIN: usize = 64;
/// From five digits on, a hyphen chain is a number to keep and not a phrase such as `covid-19` or `a-1`.
const MIN_CHAIN_DIGITS: usize = 5;
/// A group of letters longer than this is a word of the language (`order-12345`), not the prefix of a number.
const MAX_CHAIN_LETTERS: usize = 4;
/// Domain endings that make a bare name (`example.com`) an address; endings that are words of a language stay out.
const DOMAIN_ENDINGS: &[&str] = &[
    "com", "net", "org", "info", "shop", "store", "cn", "co", "uk", "eu", "ru", "jp", "kr", "pl", "fr", "io", "br",
    "mx",
];
/// French and Italian words that lose their vowel before an apostrophe; the word after it stands alone.
const ELIDED: &[&str] = &[
    "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "un", "dell", "all", "nell",
    "sull", "dall", "quest", "quell", "dov", "com", "cos", "quand", "nessun", "tutt", "anch",
];

/// Hands over the words of a folded text in order.
pub(crate) fn cut(text: &str, mut word: impl FnMut(Range<usize>, Script)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii() {
            if !byte.is_ascii_alphanumeric() {
                at += 1;
                continue;
            }
            let run = at + ascii_run(&bytes[at..]);
            // Most words are ASCII and end before a space.
            let end = if matches!(bytes.get(run), None | Some(b' ')) { run } else { spaced(text, at) };
            word(at..end, Script::Spaced);
            at = end;
            continue;
        }
        let Some(first) = text[at..].chars().next() else { return };
        let after = at + first.len_utf8();
        let Some(script) = page::look(first).script() else {
            at = after;
            continue;
        };
        let end = match script {
            Script::Dense => after + marks(first, &text[after..]),
            Script::Hangul => at + run(&text[at..], Script::Hangul),
            Script::Spaced => spaced(text, at),
        };
        word(at..end, script);
        at = end;
    }
}

/// Returns how the script of a character writes words; `None` for what stands between words.
pub(crate) fn script(character: char) -> Option<Script> {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric().then_some(Script::Spaced);
    }
    match character {
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309D}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}'
        | '\u{30FC}'..='\u{30FF}'
        | '\u{3105}'..='\u{312F}'
        | '\u{31F0}'..='\u{31FF}' => Some(Script::Dense),
        '\u{0E01}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' => {
            (character.is_alphanumeric() || is_combining_mark(character)).then_some(Script::Dense)
        }
        '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}' => {
            Some(Script::Hangul)
        }
        _ => character.is_alphanumeric().then_some(Script::Spaced),
    }
}

/// Returns where the spaced word that starts at `start` ends.
fn spaced(text: &str, start: usize) -> usize {
    let mut end = start + run(&text[start..], Script::Spaced);
    let rest = &text[end..];
    if may_go_on(&text[start..end], rest.as_bytes())
        && let Some(whole) = address(text, start, end).or_else(|| chain(&text[start..]).map(|length| start + length))
    {
        return whole;
    }
    loop {
        let rest = &text[end..];
        let Some(joint) = rest.chars().next().filter(char::is_ascii) else { return end };
        let next = run(&rest[1..], Script::Spaced);
        let goes_on = match joint {
            '\'' => next > 0 && !ELIDED.contains(&&text[start..end]),
            '.' | ',' => ends_in_digit(&text[start..end]) && rest[1..].starts_with(|next: char| next.is_ascii_digit()),
            _ => false,
        };
        if !goes_on {
            return end;
        }
        end += 1 + next;
    }
}

/// Returns whether a word and what stands behind it can be the beginning of an address or a number chain.
fn may_go_on(word: &str, rest: &[u8]) -> bool {
    let [b':' | b'.' | b'@' | b'-' | b'_' | b'+' | b'%', rest @ ..] = rest else { return false };
    // The full stop of a sentence is by far the most usual of these; nothing follows it.
    let follows = |byte: &u8| byte.is_ascii_alphanumeric() || b"./@-_+%".contains(byte);
    word == "www" || rest.first().is_some_and(follows)
}

/// Returns the end of a page address or mailbox that starts at `start`, whose first word ends at `first_end`.
fn address(text: &str, start: usize, first_end: usize) -> Option<usize> {
    let first = &text[start..first_end];
    let rest = &text[first_end..];
    if rest.starts_with("://") && matches!(first, "http" | "https" | "ftp") || first == "www" && rest.starts_with('.') {
        let page = span_of(&text[start..], usize::MAX, |c| c.is_ascii_graphic() && !matches!(c, b'<' | b'>' | b'"'));
        return Some(
            start + text[start..start + page].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']).len(),
        );
    }
    let local = span_of(&text[start..], MAX_LOCAL_PART, |c| c.is_ascii_alphanumeric() || b"._%+-".contains(&c));
    let at = start + local;
    if text[at..].starts_with('@') {
        return domain(&text[at + 1..]).map(|length| at + 1 + length);
    }
    let length = domain(&text[start..])?;
    let name = &text[start..start + length];
    let ending = name.rsplit('.').next()?;
    (DOMAIN_ENDINGS.contains(&ending) && !name.contains("..")).then_some(start + length)
}

/// Returns the length of a host name with at least one dot at the beginning of `text`.
fn domain(text: &str) -> Option<usize> {
    let length = span_of(text, MAX_DOMAIN, |c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-'));
    let name = text[..length].trim_end_matches(['.', '-']);
    let (host, ending) = name.rsplit_once('.')?;
    let named = !host.is_empty() && ending.len() >= 2 && ending.bytes().all(|byte| byte.is_ascii_alphabetic());
    named.then_some(name.len())
}

/// Returns the length of a hyphen chain that reads as one number at the beginning of `text`.
fn chain(text: &str) -> Option<usize> {
    let length = span_of(text, MAX_CHAIN, |c| c.is_ascii_alphanumeric() || c == b'-');
    if text[length..].chars().next().is_some_and(|next| script(next) == Some(Script::Spaced)) {
        return None;
    }
    let chain = text[..length].trim_end_matches('-');
    let digits = chain.bytes().filter(u8::is_ascii_digit).count();
    let is_number = |group: &str| {
        let letters = group.len() <= MAX_CHAIN_LETTERS;
        !group.is_empty() && (letters || group.bytes().any(|byte| byte.is_ascii_digit()))
    };
    (chain.contains('-') && digits >= MIN_CHAIN_DIGITS && chain.split('-').all(is_number)).then_some(chain.len())
}

/// Returns the length of the run of one script, marks included, at the beginning of `text`.
fn run(text: &str, wanted: Script) -> usize {
    let mut end = 0;
    loop {
        if wanted == Script::Spaced {
            end += ascii_run(&text.as_bytes()[end..]);
        }
        let Some(next) = text[end..].chars().next() else { return end };
        let entry = page::look(next);
        let own = entry.script();
        let mark = end > 0 && own.is_none() && entry.is_mark();
        if own != Some(wanted) && !mark {
            return end;
        }
        end += next.len_utf8();
    }
}

/// Returns the length of the run of ASCII letters and digits at the beginning of `bytes`.
fn ascii_run(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(bytes.len())
}

/// Returns the length of the marks (Thai vowels and tones) of `first` at the beginning of the text behind it.
fn marks(first: char, text: &str) -> usize {
    let mut end = 0;
    let mut previous = first;
    while let Some(next) = text[end..].chars().next().filter(|next| !next.is_ascii()) {
        let entry = page::look(next);
        let mark = entry.is_mark() && entry.script().is_none_or(|script| script == Script::Dense);
        if !mark && !completes_am(previous, next) {
            break;
        }
        end += next.len_utf8();
        previous = next;
    }
    end
}

/// Returns whether a letter is the second half of the vowel sign AM of Thai or Lao (`ำ`, `ຳ`), which NFKC unfolds to a
/// mark and a letter: they are one sign, and no word begins between them.
fn completes_am(mark: char, letter: char) -> bool {
    matches!((mark, letter), ('\u{0E4D}', '\u{0E32}') | ('\u{0ECD}', '\u{0EB2}'))
}

/// Returns how many of the first `limit` bytes belong to a set of ASCII characters.
fn span_of(text: &str, limit: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let near = &text.as_bytes()[..text.len().min(limit)];
    near.iter().position(|byte| !belongs(*byte)).unwrap_or(near.len())
}

fn ends_in_digit(word: &str) -> bool {
    word.ends_with(|last: char| last.is_ascii_digit())
}
