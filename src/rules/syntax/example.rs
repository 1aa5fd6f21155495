//! `examples`: the contract of a rule, by language.

use crate::{
    diagnostic::{
        Diagnostic,
        source::{FileId, Span},
        yaml::{Kind, Node, Spanned, WRONG_TYPE, fields::Fields},
    },
    model::language::Language,
    rules::{rule::Example, syntax::phrase::language},
};

/// Reads the mapping of languages to `match` and `skip`.
pub(super) fn read(fields: &mut Fields<'_>, file: FileId) -> Vec<Example> {
    let Some(node) = fields.node("examples") else { return Vec::new() };
    let Kind::Mapping(entries) = &node.kind else {
        let message = format!("found {}, expected examples by language", node.describe());
        let span = Span::new(file, node.span.clone());
        let found = Diagnostic::error(WRONG_TYPE, message, span, "wrong kind of value");
        fields.push(found.help("write `en: {match: [\"is shipping free?\"]}`"));
        return Vec::new();
    };
    let mut examples = Vec::new();
    for (key, value) in entries {
        match language(file, key) {
            Ok(language) => read_language(fields, file, language, value, &mut examples),
            Err(found) => fields.push(found),
        }
    }
    examples
}

fn read_language(fields: &mut Fields<'_>, file: FileId, language: Language, node: &Node, examples: &mut Vec<Example>) {
    let mut lists = match Fields::open(file, node) {
        Ok(lists) => lists,
        Err(found) => {
            fields.push(found.help("write `{match: [\"is shipping free?\"], skip: [\"a free gift\"]}`"));
            return;
        }
    };
    for (key, matches) in [("match", true), ("skip", false)] {
        let written: Vec<Spanned<String>> = lists.take(key).unwrap_or_default();
        examples.extend(written.into_iter().map(|item| Example {
            language,
            text: item.value,
            matches,
            span: Span::new(file, item.span),
        }));
    }
    fields.extend(lists.finish());
}
