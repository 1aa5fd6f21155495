//! Addresses of pages, with what was asked for behind them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands as it is in the value of a query (RFC 3986 §2.3).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns an address with those values that are not empty.
pub(super) fn with(path: &str, values: &[(&str, &str)]) -> String {
    let given: Vec<String> = values
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, PLAIN)))
        .collect();
    if given.is_empty() { path.to_owned() } else { format!("{path}?{}", given.join("&")) }
}

/// Returns what may stand in a path between two slashes.
pub(super) fn part(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_cannot_leave_its_place() {
        let address = with("/search", &[("q", "a&b=\"<退"), ("before", ""), ("tag", "x y")]);
        assert_eq!(address, "/search?q=a%26b%3D%22%3C%E9%80%80&tag=x%20y");
        assert_eq!(with("/queue", &[("view", "")]), "/queue");
        assert_eq!(part("a/../b"), "a%2F..%2Fb");
    }
}
