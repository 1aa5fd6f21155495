//! Shared word lists, `rules/_words/<name>.yaml`: what `<name>` in a pattern stands for.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{
        Code, Diagnostic, has_errors,
        source::{FileId, SourceMap, Span},
        yaml::parse_all,
    },
    model::language::Language,
    rules::{
        pattern::{Element, Sequence},
        syntax::phrase::{WrittenExpression, WrittenPhrase, read_languages},
    },
};

/// An entry of a word list that is more than a pattern, or that names another list.
pub const BAD_WORD_LIST_ENTRY: Code = Code::new("bad-word-list-entry");

/// One word list.
#[derive(Debug)]
pub struct WordList {
    /// Its file.
    pub file: FileId,
    /// The entries of each language.
    pub entries: BTreeMap<Language, Vec<Sequence>>,
    /// Nothing in it is an error.
    pub whole: bool,
}

/// Reads a word list; entries that cannot be read are left out and reported.
pub fn read(sources: &SourceMap, file: FileId) -> (WordList, Vec<Diagnostic>) {
    let text = &sources.file(file).text;
    let mut list = WordList { file, entries: BTreeMap::new(), whole: false };
    let (root, mut diagnostics) = parse_all(file, text);
    let Some(root) = root else { return (list, diagnostics) };
    let (phrases, found) = read_languages(file, text, &root);
    diagnostics.extend(found);
    for WrittenPhrase { language, expression, .. } in phrases {
        match expression {
            WrittenExpression::Words { sequence, span, .. } => {
                if names_list(&sequence) {
                    let span = Span::new(file, span);
                    let message = "a word list names another word list";
                    let found = Diagnostic::error(BAD_WORD_LIST_ENTRY, message, span, "in this entry");
                    diagnostics.push(found.help("write the words out; lists in lists can no longer be overseen"));
                } else {
                    list.entries.entry(language).or_default().push(sequence);
                }
            }
            WrittenExpression::Regular(_) | WrittenExpression::Group(_) => {
                let message = format!("a word list holds words and patterns; this {language} entry is a combination");
                let span = Span::new(file, root.span.clone());
                let found = Diagnostic::error(BAD_WORD_LIST_ENTRY, message, span, "in this list");
                diagnostics.push(found.help("write `regex:`, `all:` and `any:` in the rule itself"));
            }
        }
    }
    list.whole = !has_errors(&diagnostics);
    (list, diagnostics)
}

fn names_list(sequence: &[Element]) -> bool {
    sequence.iter().any(|element| match element {
        Element::List { .. } => true,
        Element::Choice(branches) | Element::Optional(branches) => branches.iter().any(|branch| names_list(branch)),
        _ => false,
    })
}
