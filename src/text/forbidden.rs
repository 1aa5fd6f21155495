//! What must not stand in a text that goes to a marketplace: links, addresses, numbers, words, and more characters than
//! it takes.
//!
//! It says what it found and changes nothing: a text is sent whole or not at all.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    model::profile::{Answers, Forbidden, Objection},
    text::{
        entity::{email, phone},
        reading::Reading,
    },
};

/// Addresses of pages, with or without a scheme. The endings are those that shops and carriers use: `z.B.` and `1.5` are
/// no addresses, and marketplaces look for no others.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?:https?://|www\.)[^\s<>]+",
        r"|\b(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|net|org|info|biz|shop|store|online|site|app|link|page|io|co|eu",
        r"|de|at|ch|fr|es|it|pl|nl|be|pt|br|mx|uk|us|ca|au|cn|hk|tw|jp|kr|ru|me|ly|gg)\b(?:/[^\s<>]*)?",
    ))
    .expect("the pattern is a constant that the tests compile")
});

/// So much of what was found is quoted.
const MAX_QUOTED: usize = 60;

/// Returns what the marketplace would not take; nothing if the text may go out.
pub fn objections(text: &str, answers: &Answers) -> Vec<Objection> {
    let mut found = Vec::new();
    let forbids = |kind| answers.forbid.contains(&kind);
    if forbids(Forbidden::Links)
        && let Some(link) = links(text).find(|link| !leads_to(link, &answers.links_to))
    {
        found.push(Objection::Link(shortened(link)));
    }
    if forbids(Forbidden::Emails) || forbids(Forbidden::Phones) {
        let reading = Reading::new(text);
        for (kind, entity) in [(Forbidden::Emails, email::KIND), (Forbidden::Phones, phone::KIND)] {
            let here = reading.entities().iter().find(|value| value.kind == entity).filter(|_| forbids(kind));
            if let Some(value) = here {
                found.push(Objection::Contact { kind, written: shortened(&text[value.span.clone()]) });
            }
        }
    }
    let lower = text.to_lowercase();
    if let Some(word) = answers.forbid_words.iter().find(|word| holds(&lower, &word.to_lowercase())) {
        found.push(Objection::Words(word.clone()));
    }
    if let Some(most) = answers.max_characters {
        let characters = text.chars().count();
        if characters > most {
            found.push(Objection::Length { characters, most });
        }
    }
    found
}

/// Returns the addresses of pages; the part of a mail address behind its sign is none.
fn links(text: &str) -> impl Iterator<Item = &str> {
    LINK.find_iter(text).filter(|found| !text[..found.start()].ends_with('@')).map(|found| found.as_str())
}

fn leads_to(link: &str, domains: &[String]) -> bool {
    let host = link.split_once("://").map_or(link, |(_, rest)| rest);
    // What stands before an `@` is a name, and the host comes behind it.
    let host = host.split(['/', '?', '#']).next().unwrap_or_default().rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches(['.', ',', ')']).to_lowercase();
    domains.iter().any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

/// Returns whether a phrase stands in a text as words of its own; scripts without spaces have no such borders.
fn holds(text: &str, phrase: &str) -> bool {
    let joins = |beside: Option<char>, edge: Option<char>| {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_ideographic(c));
        letter(beside) && letter(edge)
    };
    !phrase.is_empty()
        && text.match_indices(phrase).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + phrase.len()..]);
            !joins(before.chars().next_back(), phrase.chars().next())
                && !joins(after.chars().next(), phrase.chars().next_back())
        })
}

fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

fn shortened(found: &str) -> String {
    found.chars().take(MAX_QUOTED).collect()
}
