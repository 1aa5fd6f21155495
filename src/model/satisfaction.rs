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
    while let Some(at) = rest.find(PATH) {
        let (before, behind) = rest.split_at(at + PATH.len());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_buyers_are_not_read_and_other_words_are() {
        let token = "a".repeat(TOKEN_CHARACTERS);
        let text = format!("Tell us: https://desk.example/s/{token}?score=5 and /s/short, and/s/");
        assert_eq!(without_links(&text), "Tell us: https://desk.example/s/…?score=5 and /s/short, and/s/");
        assert_eq!(without_links("nothing"), "nothing");
        let end = format!("{}/s/{token}", "x".repeat(PREVIEW - 10));
        assert!(preview(&end).ends_with("x/s/…"), "a link that a preview cuts");
        assert_eq!(with_links_blotted(&text).len(), text.len());
        assert!(!with_links_blotted(&text).contains("aaa"));
    }
}
