//! Values of conditions that are one word or a list of words.

use crate::{
    diagnostic::{
        Diagnostic,
        nearest::{advice, nearest},
        source::{FileId, Span},
        yaml::{Kind, Node, WRONG_TYPE},
    },
    rules::condition::BAD_CONDITION,
};

/// Reads `email` or `[email, telegram]` with a reader of single words; every bad word is reported with the known ones.
pub(super) fn read<T>(
    file: FileId,
    node: &Node,
    known: &[&str],
    word: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Vec<Diagnostic>> {
    let nodes: &[Node] = match &node.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(node),
    };
    let mut values = Vec::new();
    let mut diagnostics = Vec::new();
    for item in nodes {
        let span = Span::new(file, item.span.clone());
        let Some(text) = item.as_text() else {
            let message = format!("found {}, expected {}", item.describe(), listed(known));
            diagnostics.push(Diagnostic::error(WRONG_TYPE, message, span, "wrong kind of value"));
            continue;
        };
        match word(text) {
            Some(value) => values.push(value),
            None => diagnostics.push(unknown(span, text, known)),
        }
    }
    if nodes.is_empty() {
        let span = Span::new(file, node.span.clone());
        let found = Diagnostic::error(BAD_CONDITION, "an empty list never holds", span, "empty");
        diagnostics.push(found.help("name at least one, or leave the condition out"));
    }
    if diagnostics.is_empty() { Ok(values) } else { Err(diagnostics) }
}

/// Joins words for a sentence: "email or telegram".
pub(super) fn either(words: &[String]) -> String {
    words.join(" or ")
}

fn unknown(span: Span, text: &str, known: &[&str]) -> Diagnostic {
    let message = format!("found `{text}`, expected {}", listed(known));
    let found = Diagnostic::error(BAD_CONDITION, message, span.clone(), "not known here").help(advice(text, known));
    match nearest(text, known.iter().copied()) {
        Some(meant) => found.fix(span, meant),
        None => found,
    }
}

fn listed(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    either(&quoted)
}
