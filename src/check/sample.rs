//! The texts a pattern stands for, written out: what a buyer would have to type to hit it.

use std::collections::BTreeMap;

use crate::{
    model::language::Language,
    rules::{
        pattern::Element,
        syntax::phrase::{WrittenExpression, WrittenGroup},
        word_list::WordList,
    },
};

/// More texts than this are not written out; a pattern that stands for more is not judged by them.
const MAX_TEXTS: usize = 48;
/// Stands in a gap: no word of any rule.
const FILLER: &str = "qz";

/// Texts of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples {
    /// The texts.
    pub texts: Vec<String>,
    /// They are all there are, but for what may stand in gaps and for other endings of words.
    pub complete: bool,
}

/// Returns the texts of a pattern; none if it holds what cannot be written out: a regular expression, a `none:`, an
/// unknown word list.
pub fn samples(
    expression: &WrittenExpression,
    language: Language,
    lists: &BTreeMap<String, WordList>,
) -> Option<Samples> {
    let mut writer = Writer { language, lists, complete: true };
    let texts = writer.expression(expression)?;
    let texts = texts.into_iter().map(|words| joined(&words)).collect();
    Some(Samples { texts, complete: writer.complete })
}

struct Writer<'a> {
    language: Language,
    lists: &'a BTreeMap<String, WordList>,
    complete: bool,
}

/// Words with whether each is written without a space before it.
type Words = Vec<(String, bool)>;

impl Writer<'_> {
    fn expression(&mut self, expression: &WrittenExpression) -> Option<Vec<Words>> {
        match expression {
            WrittenExpression::Words { sequence, .. } => self.sequence(sequence),
            WrittenExpression::Regular(_) => None,
            WrittenExpression::Group(WrittenGroup { all, any, none, .. }) => {
                if !none.is_empty() {
                    return None;
                }
                let mut texts = if any.is_empty() { vec![Words::new()] } else { Vec::new() };
                for part in any {
                    texts.extend(self.expression(part)?);
                }
                for part in all {
                    let more = self.expression(part)?;
                    texts = self.product(&texts, &more);
                }
                Some(texts)
            }
        }
    }

    fn sequence(&mut self, sequence: &[Element]) -> Option<Vec<Words>> {
        let mut texts = vec![Words::new()];
        for element in sequence {
            let more = self.element(element)?;
            texts = self.product(&texts, &more);
        }
        Some(texts)
    }

    fn element(&mut self, element: &Element) -> Option<Vec<Words>> {
        let one = |form: &str, dense| Some(vec![vec![(form.to_owned(), dense)]]);
        match element {
            Element::Word(form) | Element::Beginning(form) | Element::Exact(form) => one(form, false),
            Element::Character(form) => one(form, true),
            Element::Gap(_) => Some(vec![Words::new(), vec![(FILLER.to_owned(), false)]]),
            Element::Choice(branches) => {
                let branches: Option<Vec<Vec<Words>>> = branches.iter().map(|branch| self.sequence(branch)).collect();
                Some(branches?.concat())
            }
            Element::Optional(branches) => {
                let mut texts = vec![Words::new()];
                for branch in branches {
                    texts.extend(self.sequence(branch)?);
                }
                Some(texts)
            }
            Element::List { name, .. } => {
                let entries = self.lists.get(name)?.entries.get(&self.language)?.clone();
                let entries: Option<Vec<Vec<Words>>> = entries.iter().map(|entry| self.sequence(entry)).collect();
                Some(entries?.concat())
            }
            // A value has too many forms to be written out.
            Element::Entity { .. } => None,
        }
    }

    fn product(&mut self, texts: &[Words], more: &[Words]) -> Vec<Words> {
        let pairs = texts.iter().flat_map(|start| more.iter().map(move |end| [start.clone(), end.clone()].concat()));
        let all: Vec<Words> = pairs.take(MAX_TEXTS + 1).collect();
        if all.len() > MAX_TEXTS {
            self.complete = false;
            return all.into_iter().take(1).collect();
        }
        all
    }
}

fn joined(words: &Words) -> String {
    let mut text = String::new();
    for (word, dense) in words {
        if !dense && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}
