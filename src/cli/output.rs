//! The two voices of the command line: data to stdout, talk to stderr. Nothing else prints.
//!
//! Styles are written always and taken out on the way when nobody sees them (a file, a pipe, `NO_COLOR`).

use std::io::{IsTerminal as _, Write as _};

use crate::cli::{exit::Exit, layout};

/// Prints data, with a line break.
///
/// A closed pipe (`| head`) ends the program quietly, as every Unix tool does.
pub(super) fn data(text: &str) {
    let mut out = anstream::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Writes bytes as they are to standard output; a closed pipe ends the program quietly.
pub(super) fn bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Says something to the person at the terminal, wrapped; that nobody listens is no failure.
pub(super) fn talk(text: &str) {
    let width = terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0));
    excerpt(&layout::block(text, "", width));
}

/// Shows findings with their source excerpts to the person at the terminal, every line as it is.
pub(super) fn excerpt(text: &str) {
    let mut out = anstream::stderr().lock();
    drop(writeln!(out, "{text}"));
}

/// Says what went wrong, with its causes, and what was attempted.
pub(super) fn failure(error: &anyhow::Error) {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    // A cause that its context repeats adds nothing.
    let mut lines: Vec<&str> = Vec::new();
    for cause in &causes {
        if !lines.iter().any(|line| line.contains(cause.as_str())) {
            lines.push(cause);
        }
    }
    talk(&format!("{ERROR}error:{PLAIN} {}", plain(&lines.join("\n  because: "))));
}

/// Says why an act is not possible as things stand, and returns the code for it. `why` is a clause without full stop.
pub(super) fn refusal(why: &str) -> Exit {
    let stop = if why.ends_with('?') { "" } else { "." };
    talk(&format!("Not possible: {}{stop}", plain(why)));
    Exit::Refused
}

/// Returns the words of a headline.
pub(super) fn strong(text: &str) -> String {
    format!("{STRONG}{text}{PLAIN}")
}

/// Returns the text with what stands between two marks in color, and without the marks.
pub(super) fn highlighted(text: &str, [open, close]: [char; 2]) -> String {
    text.replace(open, HIT).replace(close, PLAIN)
}

const HIT: &str = "\u{1b}[1;32m";
const ERROR: &str = "\u{1b}[1;31m";
const STRONG: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// Returns a number with its noun: `1 reply`, `2 replies`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// Returns how the program was called, so that hints can be copied: `nightdesk`, or the path it was started by.
pub(super) fn program() -> String {
    let called = std::env::args().next().filter(|name| !name.contains(char::is_whitespace));
    called.map_or_else(|| "nightdesk".to_owned(), |name| plain(&name))
}

/// Returns how many cells a line of data may take; none if it goes to a file or a pipe.
pub(super) fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(width.0))
}

/// Returns whether talk goes to a terminal, and so may be colored.
pub(super) fn talk_is_colored() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Returns whether data goes to a terminal, and so may be colored.
pub(super) fn data_is_colored() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Returns whether data goes to a terminal.
pub(super) fn data_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints control characters as they are, to a terminal only.
pub(super) fn raw(control: &str) {
    let mut out = std::io::stdout().lock();
    drop(write!(out, "{control}").and_then(|()| out.flush()));
}

/// Returns text for a terminal without control characters, which could otherwise rewrite the screen, and without those
/// that turn the direction of writing, which could make it say something else.
pub(super) fn plain(text: &str) -> String {
    let harmful = |character: char| {
        let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || character.is_control() && character != '\n'
    };
    text.chars().map(|character| if harmful(character) { '\u{fffd}' } else { character }).collect()
}
