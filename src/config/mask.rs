//! The configuration as it may be shown: secrets that stand in it are covered, everything else keeps its place.
//!
//! Findings quote the lines they point at, and findings end up in logs and pull requests.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A key that names a secret, mistyped or not, and its value up to the end of it; and the password of an address.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)(?P<before>\b(?P<key>\w*(?:pas+w|secret|token|pwd)\w*)["']?[ \t]*:[ \t]*|://[^\s/:@]+:)(?P<value>"[^"]*"|'[^']*'|[^\s,{}\[\]#@][^\s,{}\[\]#@]*)"#,
    )
    .expect("the expression is a constant")
});

/// Keys that name a place where a secret is, not the secret.
const PLACES: [&str; 2] = ["_file", "_url"];

/// Returns the text with every byte of a secret as `*`; offsets stay as they are. `${NAME}` is no secret.
pub fn masked(text: &str) -> String {
    let cover = |found: &Captures<'_>| {
        let (before, value) = (&found["before"], &found["value"]);
        let key = found.name("key").map_or("", |key| key.as_str()).to_lowercase();
        let harmless = value.trim_start_matches(['"', '\'']).starts_with('$') || matches!(value, "|" | ">");
        if harmless || PLACES.iter().any(|place| key.ends_with(place)) {
            return format!("{before}{value}");
        }
        format!("{before}{}", "*".repeat(value.len()))
    };
    SECRET.replace_all(text, cover).into_owned()
}
