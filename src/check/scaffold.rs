//! New rules: the files that `nightdesk new` writes, made from sentences of buyers.
//!
//! Only texts come out; who writes them looks first whether they pass.

use std::collections::BTreeMap;

use crate::{
    check::{derive::Corpus, schema},
    diagnostic::{source::SourceMap, yaml},
    model::language::Language,
    replies::placeholder,
    rules::rule::{Action, Category},
};

/// The folders whose tickets are complaints: what people write into the new rule, it gives its tickets the label by which
/// they are accounted for.
const COMPLAINTS: [Category; 2] = [Category::Complaint, Category::AfterSale];

/// What a new rule is to be.
#[derive(Debug)]
pub struct Wish {
    /// The intent: the name of the rule's file and of the reply's folder.
    pub intent: String,
    /// For people.
    pub title: String,
    /// The folder.
    pub category: Category,
    /// What follows from a hit: answer or escalate.
    pub action: Action,
    /// What buyers wrote, by language.
    pub sentences: BTreeMap<Language, Vec<String>>,
    /// What buyers read, by language, as far as it is known.
    pub answers: BTreeMap<Language, String>,
    /// The languages of the shop, in which the reply is needed.
    pub languages: Vec<Language>,
}

/// Files of a new rule.
#[derive(Debug)]
pub struct Scaffold {
    /// The rule: its path, as `rules/pre_sale/gift_wrap.yaml`, and its text.
    pub rule: (String, String),
    /// The texts of the reply, in the order of the languages.
    pub replies: Vec<(String, String)>,
    /// Patterns and the sentence each was made from.
    pub patterns: Vec<(Language, String, String)>,
    /// Sentences that have no words of their own: each is an example only, if another pattern hits it.
    pub without_pattern: Vec<String>,
}

impl Scaffold {
    /// Puts a word like "not" of the sentence before the pattern made from it: a pattern that holds the word itself is
    /// meant so, and the word no longer speaks against it.
    pub fn put_before(&mut self, wish: &Wish, word: &str, sentence: &str) {
        for (_, pattern, _) in self.patterns.iter_mut().filter(|(_, _, from)| from == sentence) {
            *pattern = format!("{} * {pattern}", word.to_lowercase());
        }
        self.rule.1 = rule_text(wish, &self.patterns);
    }
}

/// Makes the files. A sentence gives a pattern and an example; without any, the words of the name serve.
pub fn scaffold(wish: &Wish, corpus: &Corpus<'_>) -> Scaffold {
    let mut patterns: Vec<(Language, String, String)> = Vec::new();
    let mut without_pattern = Vec::new();
    for (language, sentences) in &wish.sentences {
        for sentence in sentences {
            let known = patterns.iter().filter(|(known, ..)| known == language);
            match corpus.pattern(sentence, *language) {
                Some(pattern) if known.clone().any(|(_, known, _)| *known == pattern) => {}
                Some(pattern) => patterns.push((*language, pattern, sentence.clone())),
                None => without_pattern.push(sentence.clone()),
            }
        }
    }
    let rule = (rule_path(wish), rule_text(wish, &patterns));
    Scaffold { rule, replies: replies(wish), patterns, without_pattern }
}

fn rule_path(wish: &Wish) -> String {
    format!("rules/{}/{}.yaml", wish.category.as_str(), wish.intent)
}

fn rule_text(wish: &Wish, patterns: &[(Language, String, String)]) -> String {
    let path = rule_path(wish);
    let mut lines = vec![
        format!("intent: {}", wish.intent),
        format!("title: {}", quoted(&wish.title)),
        format!("category: {}", wish.category.as_str()),
        format!("action: {}", wish.action.as_str()),
    ];
    if wish.action == Action::Answer {
        lines.push(
            "mode: suggest                 # a draft for a person; write auto when the drafts are right".to_owned(),
        );
    }
    lines.push("\nsay:                          # what buyers write; one hit is enough".to_owned());
    for language in wish.sentences.keys() {
        let own: Vec<&str> =
            patterns.iter().filter(|(own, ..)| own == language).map(|(_, text, _)| text.as_str()).collect();
        if own.is_empty() {
            continue;
        }
        lines.push(format!("  {language}:"));
        lines.extend(own.into_iter().map(|pattern| format!("    - {}", quoted(pattern))));
    }
    if wish.action == Action::Escalate && COMPLAINTS.contains(&wish.category) {
        lines
            .push("then: {tag: [complaint]}      # closed only with what came of it, why, and what it cost".to_owned());
    }
    if wish.action == Action::Answer {
        lines.push(format!("reply: {0:<23}# the texts in replies/{0}/", wish.intent));
    }
    lines.push(
        "examples:                     # run by `nightdesk test`; add what must not hit under `skip:`".to_owned(),
    );
    for (language, sentences) in &wish.sentences {
        lines.push(format!("  {language}:\n    match:"));
        lines.extend(sentences.iter().map(|sentence| format!("      - {}", quoted(sentence))));
    }
    format!("{}{}\n", schema::header(&path).unwrap_or_default(), lines.join("\n"))
}

fn replies(wish: &Wish) -> Vec<(String, String)> {
    if wish.action != Action::Answer {
        return Vec::new();
    }
    let text = |language: &Language| match wish.answers.get(language) {
        Some(answer) => format!("{}\n", answer.trim()),
        None => placeholder::text(),
    };
    wish.languages.iter().map(|language| (format!("replies/{}/{language}.txt", wish.intent), text(language))).collect()
}

/// Writes a text as YAML reads it back: plain where that is safe, else in single quotes.
pub fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let starts_plain = line.chars().next().is_some_and(|first| first.is_alphabetic() || first == '(');
    let mut sources = SourceMap::default();
    let id = sources.add("", line.as_str());
    let read_back = yaml::parse(id, &line).is_ok_and(|node| node.as_text() == Some(line.as_str()));
    // In a list or a mapping these mean something else than at the top of a file.
    let safe = starts_plain && read_back && !line.contains(": ") && !line.contains(" #") && !line.ends_with(':');
    if safe { line } else { format!("'{}'", line.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_rule_for_complaints_gives_its_tickets_the_label_and_no_other_does() {
        let sources = SourceMap::default();
        let corpus = Corpus::new(&sources, &[]);
        for (category, action, labelled) in [
            (Category::Complaint, Action::Escalate, true),
            (Category::AfterSale, Action::Escalate, true),
            (Category::AfterSale, Action::Answer, false),
            (Category::Order, Action::Escalate, false),
        ] {
            let wish = Wish {
                intent: "shade_cracked".to_owned(),
                title: "The shade is cracked".to_owned(),
                category,
                action,
                sentences: BTreeMap::from([(Language::EN, vec!["the shade is cracked".to_owned()])]),
                answers: BTreeMap::new(),
                languages: vec![Language::EN],
            };
            let (path, text) = scaffold(&wish, &corpus).rule;
            assert_eq!(text.contains("\nthen: {tag: [complaint]}"), labelled, "{path}:\n{text}");
        }
    }
}
