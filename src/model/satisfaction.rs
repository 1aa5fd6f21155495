//! Whether buyers were content: which closed cases are asked about, and what a link must not be read from.

use sha2::{Digest as _, Sha256};

use crate::model::wire_id::hex;

/// The best score; the worst is 1.
pub const BEST: u32 = 5;

/// Scores up to this one are for a person: the case is opened again.
pub const BAD: u32 = 2;

/// The longest remark that is kept, in characters.
pub const LONGEST_REMARK: usize = 1_000;

/// The reply that brings the question.
pub const REPLY: &str = "satisfaction_request";

/// Where the page lies that a link leads to; a token follows.
pub const PATH: &str = "/s/";

/// [`PATH`] in an address that is part of another one.
const CARRIED: &str = "%2Fs%2F";

/// Random characters of a token: 256 bits.
pub const TOKEN_CHARACTERS: usize = 43;

/// The longest preview of a text, in characters. Who cuts one reads [`TOKEN_CHARACTERS`] more, so that a link is whole.
const PREVIEW: usize = 200;

/// Which closed cases are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Those that must say how they ended: disputes and complaints.
    Complaints,
    /// Every case in which a person wrote to the buyer.
    Everybody,
}

/// Returns what is kept of a token.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Returns a text in which no link can be followed any more: whoever reads our mail at the desk, or a buyer's mail that
/// quotes it, must not answer for the buyer.
pub fn without_links(text: &str) -> String {
    hidden(text, |_| "…".to_owned())
}

/// The same, as long as it was: for texts in which decisions name places.
pub fn with_links_blotted(text: &str) -> String {
    hidden(text, |length| "*".repeat(length))
}

/// Returns the first words of a text, which may be cut [`TOKEN_CHARACTERS`] behind them, without links.
pub fn preview(text: &str) -> String {
    without_links(text).chars().take(PREVIEW).collect()
}

fn hidden(text: &str, mask: impl Fn(usize) -> String) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = token_at(rest) {
        let (before, behind) = rest.split_at(at);
        let token =
            behind.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
        read.push_str(before);
        if token == TOKEN_CHARACTERS {
            read.push_str(&mask(token));
            rest = &behind[token..];
        } else {
            rest = behind;
        }
    }
    read.push_str(rest);
    read
}

/// Returns where something begins that may be a token, behind [`PATH`] or behind the same in an address that carries ours,
/// as gateways write it that look at every link (RFC 3986 section 2.1).
fn token_at(text: &str) -> Option<usize> {
    let plain = text.find(PATH).map(|at| at + PATH.len());
    let carried = text.match_indices('%').map(|(at, _)| at);
    let mut carried = carried.filter(|at| text.get(*at..at + CARRIED.len()).is_some_and(is_carried));
    plain.into_iter().chain(carried.next().map(|at| at + CARRIED.len())).min()
}

fn is_carried(part: &str) -> bool {
    part.eq_ignore_ascii_case(CARRIED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_buyers_are_not_read_and_other_words_are() {
        let token = "a".repeat(TOKEN_CHARACTERS);
        let text = format!("Tell us: https://desk.example/s/{token}?score=5 and /s/short, and/s/");
        assert_eq!(without_links(&text), "Tell us: https://desk.example/s/…?score=5 and /s/short, and/s/");
        assert_eq!(without_links("nothing"), "nothing");
        let carried =
            format!("https://safe.example/?url=https%3a%2f%2fdesk.example%2Fs%2f{token}%3Fa&data=1 100% größer");
        let read = "https://safe.example/?url=https%3a%2f%2fdesk.example%2Fs%2f…%3Fa&data=1 100% größer";
        assert_eq!(without_links(&carried), read, "as a gateway writes it that looks at every link");
        let end = format!("{}/s/{token}", "x".repeat(PREVIEW - 10));
        assert!(preview(&end).ends_with("x/s/…"), "a link that a preview cuts");
        assert_eq!(with_links_blotted(&text).len(), text.len());
        assert!(!with_links_blotted(&text).contains("aaa"));
    }
}
