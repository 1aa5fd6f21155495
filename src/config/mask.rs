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

/// A key that names a secret at the beginning of its line, and a plain value up to the end of the line: such a value may
/// hold blanks and signs, as the passwords for programs that large providers show do.
static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?im)^(?P<before>[ \t-]*["']?(?P<key>\w*(?:pas+w|secret|token|pwd)\w*)["']?[ \t]*:[ \t]+)(?P<value>[^\s"'|>$&*!{\[#][^\r\n]*)"#,
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
        let harmless = value.trim_start_matches(['"', '\'']).starts_with('$') || is_block(value);
        if harmless || PLACES.iter().any(|place| key.ends_with(place)) {
            return format!("{before}{value}");
        }
        format!("{before}{}", "*".repeat(value.len()))
    };
    let whole = PLAIN.replace_all(text, |found: &Captures<'_>| {
        let (before, value) = (&found["before"], &found["value"]);
        let key = found["key"].to_lowercase();
        if PLACES.iter().any(|place| key.ends_with(place)) {
            return format!("{before}{value}");
        }
        let (secret, remark) = value.find(" #").map_or((value, ""), |at| value.split_at(at));
        format!("{before}{}{remark}", "*".repeat(secret.len()))
    });
    below_keys(&SECRET.replace_all(&whole, cover))
}

/// Returns whether a value is only the sign that a block of text follows, with its indicators.
fn is_block(value: &str) -> bool {
    let rest = value.strip_prefix(['|', '>']);
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-')))
}

/// A key that names a secret, whose value stands in the lines below it: a block of text, or a value on its own line.
static KEY_ABOVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)^(?P<indent>[ \t-]*)["']?(?P<key>\w*(?:pas+w|secret|token|pwd)\w*)["']?[ \t]*:[ \t]*(?:[|>][-+0-9]*)?[ \t]*(?:#.*)?$"#)
        .expect("the expression is a constant")
});

/// Covers what stands below keys that name secrets, as far as it is indented more.
fn below_keys(text: &str) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut above: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let indent = content.len() - content.trim_start().len();
        if above.is_some_and(|key| content.trim().is_empty() || indent > key) {
            covered
                .extend(line.chars().map(|c| if c.is_whitespace() { c.to_string() } else { "*".repeat(c.len_utf8()) }));
            continue;
        }
        let key = KEY_ABOVE.captures(content).filter(|found| {
            let key = found["key"].to_lowercase();
            !PLACES.iter().any(|place| key.ends_with(place))
        });
        above = key.map(|found| found["indent"].len());
        covered.push_str(line);
    }
    covered
}
