//! Text on a terminal: wrapped to its width, with Chinese, Japanese and Korean characters counted as the two cells they
//! take. Pure; who prints knows the width.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A text column narrower than this is unreadable; the terminal wraps it then.
const MIN_COLUMN: usize = 24;
/// A longer word before two blanks is no label.
const MAX_LABEL: usize = 12;

/// Returns the text with `margin` before every line, each broken where it would pass `width` cells.
///
/// Lines break at blanks, and between any two wide characters; a word longer than the line stays whole, so that
/// addresses can be copied. `None` breaks nothing: a file or a pipe has no width.
pub(super) fn block(text: &str, margin: &str, width: Option<usize>) -> String {
    let room = width.map(|width| width.saturating_sub(margin.width()).max(MIN_COLUMN));
    let lines = text.lines().flat_map(|line| match room {
        Some(room) => broken(line, room),
        None => vec![line.to_owned()],
    });
    let lines: Vec<String> = lines.map(|line| format!("{margin}{line}").trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Breaks one line; what follows the first piece is indented as the line itself is.
fn broken(line: &str, room: usize) -> Vec<String> {
    let indent = indent_of(line);
    let mut lines: Vec<String> = Vec::new();
    let mut current = indent.to_owned();
    let mut used = indent.width();
    for piece in pieces(line.get(indent.len()..).unwrap_or_default()) {
        if used + piece.trim_end().width() > room && !current.trim().is_empty() {
            lines.push(current.trim_end().to_owned());
            current = continuation(line);
            used = current.width();
        }
        current.push_str(piece);
        used += piece.width();
    }
    lines.push(current.trim_end().to_owned());
    lines
}

fn indent_of(line: &str) -> &str {
    let end = line.len() - line.trim_start_matches(' ').len();
    &line[..end]
}

/// Returns the blank before the further pieces of a line: that of the line; under the text of a `- ` or `1. ` item; under the
/// value of a `label  value` line.
fn continuation(line: &str) -> String {
    let indent = indent_of(line);
    let rest = &line[indent.len()..];
    let number = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let item = match &rest[number..] {
        text if number == 0 && text.starts_with("- ") => 2,
        text if number > 0 && text.starts_with(". ") => number + 2,
        _ => 0,
    };
    if item > 0 {
        return format!("{indent}{}", " ".repeat(item));
    }
    let label = rest.split_once("  ").filter(|(label, _)| label.width() <= MAX_LABEL && !label.contains(' '));
    let hanging = label.map_or(0, |(label, value)| label.width() + 2 + indent_of(value).len());
    format!("{indent}{}", " ".repeat(hanging))
}

/// Cuts a line where it may be broken: after blanks, and before wide characters that may begin a line.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before = ' ';
    for (index, character) in line.char_indices() {
        let after_blank = before == ' ' && character != ' ';
        let between = (is_wide(before) || is_wide(character)) && !is_closing(character) && !is_opening(before);
        if index > start && (after_blank || between && character != ' ') {
            pieces.push(&line[start..index]);
            start = index;
        }
        before = character;
    }
    if start < line.len() {
        pieces.push(&line[start..]);
    }
    pieces
}

fn is_wide(character: char) -> bool {
    character.width() == Some(2)
}

/// Marks that never begin a line (Unicode line breaking, class CL and its kin).
fn is_closing(character: char) -> bool {
    "，。、；：？！）」』】》〉”’…～,.;:?!)".contains(character)
}

/// Marks that never end a line.
fn is_opening(character: char) -> bool {
    "（「『【《〈“‘(".contains(character)
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn lines_break_at_blanks_and_keep_their_margin() {
        let text = "We are sorry that your parcel is late.\n\n- one item that is long enough to break";
        let expected =
            "  | We are sorry that your\n  | parcel is late.\n  |\n  | - one item that is long\n  |   enough to break";
        assert_eq!(block(text, "  | ", Some(29)), expected);
    }

    #[test]
    fn wide_characters_take_two_cells_and_marks_do_not_begin_a_line() {
        let expected = "订单满四十九美元，即可享\n受包邮。";
        assert_eq!(block("订单满四十九美元，即可享受包邮。", "", Some(25)), expected);
        assert_eq!(block("一二三四五六七八九十一二，好", "", Some(24)), "一二三四五六七八九十一\n二，好");
    }

    #[test]
    fn a_long_address_stays_whole_and_a_pipe_breaks_nothing() {
        let address = "https://www.example.org/a/very/long/path/that/nobody/breaks";
        assert_eq!(block(&format!("see {address} now"), "", Some(30)), format!("see\n{address}\nnow"));
        assert_eq!(block(&"word ".repeat(50), "", None).lines().count(), 1);
    }

    #[test]
    fn the_value_of_a_label_keeps_its_column() {
        let text = "asks    one two three four five six seven";
        let expected = "asks    one two three four\n        five six seven";
        assert_eq!(block(text, "", Some(27)), expected);
    }
}
