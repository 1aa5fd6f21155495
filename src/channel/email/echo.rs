//! Servers that repeat what they did not understand (Sendmail does): a login must not come back to people that way.

/// Characters by which an encoded secret is known again; a server may cut off the rest. A plain secret is looked for as a
/// whole: one that begins like a word would hide every reason with that word.
const BEGINNING: usize = 8;

/// Shown in place of such words.
const HIDDEN: &str = "the server repeated the login, which is not shown here";

/// Returns a server's words about a login in which these were said, or what is shown in their place.
pub fn without(words: String, encoded: &[&str], plain: &str) -> String {
    let repeats = |secret: &&str| !secret.is_empty() && words.contains(secret.get(..BEGINNING).unwrap_or(secret));
    let is_plain = !plain.is_empty() && words.contains(plain);
    if is_plain || encoded.iter().any(repeats) { HIDDEN.to_owned() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENCODED: &[&str] = &["dXNlcj1zaG9wAWF1dGg9", ""];

    #[test]
    fn a_repeated_secret_is_not_shown_even_if_it_was_cut_off() {
        for words in ["unknown: AUTH PLAIN dXNlcj1zaG9wAWF1dGg9", "unknown: AUTH PLAIN dXNlcj1za", "what is password1?"]
        {
            assert_eq!(without(words.to_owned(), ENCODED, "password1"), HIDDEN);
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for (words, plain) in [("535 5.7.8 wrong password", "password1"), ("535 5.7.8 wrong", "")] {
            assert_eq!(without(words.to_owned(), ENCODED, plain), words);
        }
    }
}
