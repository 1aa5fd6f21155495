//! Text in which right-to-left and left-to-right words meet.
//!
//! In an Arabic sentence an order number such as 114-7122810-2961857 is shown with its groups in reverse, and a buyer who
//! types what they see types another number. In HTML every word of the other direction is isolated by an element. In
//! plain text one mark stands before the few words that need it: the left-to-right mark, which even old programs know,
//! not the isolates of Unicode 6.3, for which some marketplaces show a box.

use std::ops::Range;

use crate::model::language::Language;

/// Languages written from right to left.
const RIGHT_TO_LEFT: &[&str] = &["ar", "fa", "he", "ur"];
/// Makes what follows a left-to-right word; it is not visible.
const LEFT_TO_RIGHT_MARK: char = '\u{200e}';
/// Signs within words: numbers of orders and telephones, addresses, amounts, clock times.
const JOINS: &str = "-–+/.:,@#_&'%?=~*$€£¥";
/// Joins the groups of a number.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Returns the direction in which a language is written, as HTML names it.
pub(super) fn direction(language: Language) -> &'static str {
    if is_right_to_left(language) { "rtl" } else { "ltr" }
}

/// Returns plain text in which no word of a right-to-left language is shown in another order than it is read.
pub(super) fn plain(text: &str, language: Language) -> String {
    if !is_right_to_left(language) {
        return text.to_owned();
    }
    let mut marked = String::with_capacity(text.len() + 16);
    let mut at = 0;
    for run in runs(text, is_left_to_right) {
        marked.push_str(&text[at..run.start]);
        if needs_mark(&text[run.clone()]) {
            marked.push(LEFT_TO_RIGHT_MARK);
        }
        at = run.start;
    }
    marked.push_str(&text[at..]);
    marked
}

/// Returns text for HTML with the words of the other direction in `<bdi>`; `escaped` makes text safe.
pub(super) fn isolated(text: &str, language: Language, escaped: impl Fn(&str) -> String) -> String {
    let (runs, direction) = if is_right_to_left(language) {
        let runs = runs(text, is_left_to_right);
        (runs.into_iter().filter(|run| !is_plain_number(&text[run.clone()])).collect(), "ltr")
    } else {
        (runs(text, is_from_right), "rtl")
    };
    let mut html = String::with_capacity(text.len() + 16);
    let mut at = 0;
    for run in runs {
        html.push_str(&escaped(&text[at..run.start]));
        html.extend([&format!("<bdi dir=\"{direction}\">"), escaped(&text[run.clone()]).as_str(), "</bdi>"]);
        at = run.end;
    }
    html.push_str(&escaped(&text[at..]));
    html
}

/// Returns a link, which is always Latin letters, isolated where the text around it runs the other way.
pub(super) fn isolated_link(link: &str, language: Language) -> String {
    if is_right_to_left(language) { format!("<bdi dir=\"ltr\">{link}</bdi>") } else { link.to_owned() }
}

fn is_right_to_left(language: Language) -> bool {
    RIGHT_TO_LEFT.contains(&language.as_str())
}

/// Returns the words of one direction: characters that `belongs` accepts, with the signs and single blanks between them.
fn runs(text: &str, belongs: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| belongs(*c)) {
        let end = at + c.len_utf8();
        match runs.last_mut() {
            Some(run) if run.end == at || joins(&text[run.clone()], &text[run.end..at]) => run.end = end,
            _ => runs.push(with_sign(text, at)..end),
        }
    }
    for run in &mut runs {
        let closes = text[run.clone()].contains('(') && text[run.end..].starts_with(')');
        // The end of a question belongs to it, the end of the sentence around it does not.
        run.end += usize::from(closes || text[run.end..].starts_with(['?', '!']));
    }
    runs
}

/// Returns whether what stands behind a word, before another one of its direction, belongs to both.
fn joins(word: &str, between: &str) -> bool {
    let mut characters = between.chars();
    match (characters.next(), characters.next()) {
        (Some(' ' | NO_BREAK_SPACE), None) => true,
        // `DHL (EU)`, but `09:30 (UTC+8)` are two.
        (Some(' '), Some('(')) => between.len() == 2 && word.ends_with(char::is_alphabetic),
        // Two in a row only within addresses: `https://`.
        (Some(sign), None) => JOINS.contains(sign),
        _ => between.ends_with('/') && between.chars().all(|c| JOINS.contains(c)),
    }
}

/// A sign right before a word is part of it: `+49`, `#1234`.
fn with_sign(text: &str, at: usize) -> usize {
    match text[..at].chars().next_back() {
        Some(sign @ ('+' | '#' | '@' | '$' | '€' | '£' | '¥')) => at - sign.len_utf8(),
        _ => at,
    }
}

fn is_left_to_right(c: char) -> bool {
    c.is_alphanumeric() && !is_from_right(c)
}

/// The blocks from Hebrew to Arabic Extended, with their own commas and question marks, and the presentation forms.
fn is_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}')
}

/// A number, a time or a span of two, which a reader from the right meets in the right order.
fn is_plain_number(run: &str) -> bool {
    let digits = run.chars().all(|c| c.is_ascii_digit() || ".,:–".contains(c) || c == NO_BREAK_SPACE);
    digits && run.starts_with(|c: char| c.is_ascii_digit())
}

/// A word that begins with a letter takes its digits along; a plain number stays in order. What is left are numbers with
/// signs that the display puts at the other end, or between groups that it turns around.
fn needs_mark(run: &str) -> bool {
    !run.starts_with(char::is_alphabetic) && !is_plain_number(run) && !is_amount(run)
}

/// A number and then words, as in `49 USD`: a reader from the right meets them in the right order.
fn is_amount(run: &str) -> bool {
    run.split_once(' ').is_some_and(|(number, words)| is_plain_number(number) && words.chars().all(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::{isolated, plain};
    use crate::model::language::Language;

    fn arabic() -> Language {
        "ar".parse().expect("a language")
    }

    #[test]
    fn only_what_would_be_turned_around_gets_a_mark() {
        for (text, expected) in [
            ("طلب 114-7122810-2961857.", "طلب \u{200e}114-7122810-2961857."),
            ("طلب #4455", "طلب \u{200e}#4455"),
            ("هاتف +4930123", "هاتف \u{200e}+4930123"),
            ("12-11111-11111", "\u{200e}12-11111-11111"),
            ("طلب 4455", "طلب 4455"),
            ("من 9–18 يومًا، 09:30", "من 9–18 يومًا، 09:30"),
            ("سعر 1,290.50 SAR", "سعر 1,290.50 SAR"),
            ("رقم LX123456785CN و a@b.example", "رقم LX123456785CN و a@b.example"),
        ] {
            assert_eq!(plain(text, arabic()), expected);
            assert_eq!(plain(text, Language::EN), text);
        }
    }

    #[test]
    fn words_of_the_other_direction_are_isolated() {
        let plain = |text: &str| text.to_owned();
        for (text, expected) in [
            ("من Mon–Fri 09:30.", "من <bdi dir=\"ltr\">Mon–Fri 09:30</bdi>."),
            ("شركة DHL (EU).", "شركة <bdi dir=\"ltr\">DHL (EU)</bdi>."),
            ("«Is it safe?» 9–18", "«<bdi dir=\"ltr\">Is it safe?</bdi>» 9–18"),
            (
                "Visa, PayPal و Apple Pay.",
                "<bdi dir=\"ltr\">Visa</bdi>, <bdi dir=\"ltr\">PayPal</bdi> و <bdi dir=\"ltr\">Apple Pay</bdi>.",
            ),
        ] {
            assert_eq!(isolated(text, arabic(), plain), expected);
        }
        assert_eq!(isolated("Hello محمد علي؟ 5", Language::EN, plain), "Hello <bdi dir=\"rtl\">محمد علي؟</bdi> 5");
        assert_eq!(isolated("No other letters: 5.", Language::EN, plain), "No other letters: 5.");
    }
}
