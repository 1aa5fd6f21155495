//! Values of conditions that are one word or a list of words.

use crate::{
    diagnostic::{
        Diagnostic,
        nearest::{advice, nearest},
        source::Span,
        yaml::{Kind, Node, WRONG_TYPE},
    },
    rules::{
        condition::{BAD_CONDITION, Place},
        rule::Named,
    },
};

/// The word that asks for a value that is not known.
pub(super) const UNKNOWN: &str = "unknown";

/// Reads `email` or `[email, telegram]` with a reader of single words; every bad word is reported with the known ones.
pub(super) fn read<T>(
    place: Place<'_>,
    node: &Node,
    known: &[&str],
    word: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Vec<Diagnostic>> {
    read_with(place, node, &listed(known), |text, span| {
        word(text).ok_or_else(|| {
            let message = format!("found `{text}`, expected {}", listed(known));
            let found =
                Diagnostic::error(BAD_CONDITION, message, span.clone(), "not known here").help(advice(text, known));
            match nearest(text, known.iter().copied()) {
                Some(meant) => found.fix(span.clone(), meant),
                None => found,
            }
        })
    })
}

/// Reads names that live elsewhere: any text that is not empty.
pub(super) fn names(place: Place<'_>, node: &Node, expected: &str) -> Result<Vec<String>, Vec<Diagnostic>> {
    read_with(place, node, expected, |text, span| {
        if text.trim().is_empty() {
            let message = format!("found an empty text, expected {expected}");
            return Err(Diagnostic::error(BAD_CONDITION, message, span.clone(), "empty").help("write a name"));
        }
        Ok(text.trim().to_owned())
    })
}

/// Reads names that live elsewhere, with their places.
pub(super) fn named(place: Place<'_>, node: &Node, expected: &str) -> Result<Vec<Named<String>>, Vec<Diagnostic>> {
    let values = names(place, node, expected)?;
    let nodes: &[Node] = match &node.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(node),
    };
    Ok(values.into_iter().zip(nodes).map(|(value, node)| Named { value, span: place.span(node) }).collect())
}

/// Joins named words for a sentence: "peak or sale".
pub(super) fn either_named(names: &[Named<String>]) -> String {
    names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(" or ")
}

/// Reads one word or a list of them; `expected` says in words what a word should be.
pub(super) fn read_with<T>(
    place: Place<'_>,
    node: &Node,
    expected: &str,
    word: impl Fn(&str, &Span) -> Result<T, Diagnostic>,
) -> Result<Vec<T>, Vec<Diagnostic>> {
    let nodes: &[Node] = match &node.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(node),
    };
    let mut values = Vec::new();
    let mut diagnostics = Vec::new();
    for item in nodes {
        let span = place.span(item);
        let Some(text) = item.as_text() else {
            let message = format!("found {}, expected {expected}", item.describe());
            diagnostics.push(Diagnostic::error(WRONG_TYPE, message, span, "wrong kind of value"));
            continue;
        };
        match word(text, &span) {
            Ok(value) => values.push(value),
            Err(found) => diagnostics.push(found),
        }
    }
    if nodes.is_empty() {
        let found = Diagnostic::error(BAD_CONDITION, "an empty list never holds", place.span(node), "empty");
        diagnostics.push(found.help("name at least one, or leave the condition out"));
    }
    if diagnostics.is_empty() { Ok(values) } else { Err(diagnostics) }
}

/// Joins words for a sentence: "email or telegram".
pub(super) fn either<T: AsRef<str>>(words: &[T]) -> String {
    words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" or ")
}

/// Returns whether a value is among the wanted words; a value that is not known is asked for by [`UNKNOWN`].
pub(super) fn one_of(wanted: &[String], actual: Option<&str>) -> Option<bool> {
    let Some(actual) = actual else { return asks_for_unknown(wanted).then_some(true) };
    Some(wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(actual)))
}

/// Returns whether the words ask for what is not known.
pub(super) fn asks_for_unknown(wanted: &[String]) -> bool {
    wanted.iter().any(|word| word == UNKNOWN)
}

fn listed(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    either(&quoted)
}
