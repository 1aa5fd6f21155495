//! Search without a store: which words texts are found by, how what people type is understood, what is shown.
//!
//! The tables of `tests/data/search` hold the cases; `UPDATE=1` rewrites their last columns.

use std::{fs, path::Path};

use nightdesk::{
    desk::search::{Piece, excerpt, parse, words},
    model::{
        ids::{AccountName, ThreadId},
        search::{Document, DocumentKind, Phrase, SearchQuery},
    },
    text::search_text::{Token, tokens},
};
use proptest::prelude::*;

/// Compares the last column of a table with what is found for the others.
fn compare(name: &str, found: impl Fn(&[&str]) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/search").join(name);
    let table = fs::read_to_string(&path).expect("the table is there");
    let line = |line: &str| {
        let mut cells: Vec<&str> = line.split('\t').collect();
        if line.starts_with('#') && cells[0].starts_with("# ") {
            return line.to_owned();
        }
        cells.pop();
        let found = found(&cells);
        cells.push(&found);
        cells.join("\t")
    };
    let expected: String = table.lines().flat_map(|text| [line(text), "\n".to_owned()]).collect();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, expected).expect("the table is writable");
        return;
    }
    let wrong: Vec<_> = table.lines().zip(expected.lines()).filter(|(table, found)| table != found).collect();
    assert!(wrong.is_empty(), "{name}, table and found:\n{wrong:#?}");
    assert!(table.lines().count() > 5, "{name} has too few rows");
}

fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn texts_are_found_by_the_words_of_the_table() {
    compare("words.tsv", |cells| {
        let found = tokens(cells[0]);
        let singles = joined(&found.singles);
        format!("{}{}{singles}", joined(&found.words), if singles.is_empty() { "" } else { " | " })
    });
}

#[test]
fn what_people_type_is_understood_as_in_the_table() {
    compare("queries.tsv", |cells| {
        let SearchQuery { all, none, tag, state, ticket } = parse(cells[0]);
        let phrase = |phrase: &Phrase| format!("[{}{}]", phrase.words.join(" "), if phrase.prefix { "*" } else { "" });
        let mut parts: Vec<String> = all.iter().map(phrase).collect();
        parts.extend(none.iter().map(|excluded| format!("-{}", phrase(excluded))));
        parts.extend(tag.map(|tag| format!("tag={tag}")));
        parts.extend(state.map(|state| format!("in={}", state.as_str())));
        parts.extend(ticket.map(|ticket| format!("ticket={ticket}")));
        parts.join(" ")
    });
}

fn shown(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text.clone() }).collect()
}

#[test]
fn hits_are_marked_as_in_the_table() {
    compare("excerpts.tsv", |cells| shown(&excerpt(&cells[1].replace("\\n", "\n"), &parse(cells[0]))));
}

#[test]
fn a_long_text_is_shown_around_its_first_hit() {
    let text = format!("{} lamp {}", "before ".repeat(100), "after ".repeat(100));
    let shown = shown(&excerpt(&text, &parse("lamp")));
    assert!(shown.starts_with("… before ") && shown.contains("[lamp]") && shown.ends_with(" …"), "{shown}");
    assert!(shown.chars().count() < 240, "{shown}");
}

#[test]
fn no_document_has_more_words_than_the_index_takes() {
    let text = "退款申请 lamp ".repeat(9_000);
    let document = Document {
        id: 1,
        kind: DocumentKind::Inbound,
        source: 1,
        thread: Some(ThreadId(7)),
        account: AccountName::from("shop"),
        at: jiff::Timestamp::UNIX_EPOCH,
        buyer: vec!["Ana".to_owned()],
        from: vec!["Ana".to_owned()],
        subject: "Lamp".to_owned(),
        text,
    };
    let words = words(&document);
    assert!(words.len() < 16_383, "{}", words.len());
    for word in ["·", "a:73686f70", "t:7", "f:ana", "ana", "lamp", "退款", "退"] {
        assert!(words.iter().any(|found| found == word), "{word}");
    }
}

proptest! {
    /// Whoever searches for a stretch of a text finds the text.
    #[test]
    fn every_stretch_of_words_finds_its_text(text in "[a-zé0-9退款申请をカ환불 ,.@-]{1,60}", skip in 0_usize..40) {
        let start = text.char_indices().nth(skip).map_or(0, |(at, _)| at);
        let part: String = text[start..].chars().filter(|sign| *sign != '-').take(12).collect();
        let whole: String = text.chars().filter(|sign| *sign != '-').collect();
        // Cut at blanks, so that no word of another script is torn apart.
        let part = part.split(' ').next().unwrap_or_default();
        if !part.is_empty() && whole.split(' ').any(|word| word == part) {
            let marked = excerpt(&whole, &parse(part));
            let any = !tokens(part).words.is_empty() || !tokens(part).singles.is_empty();
            prop_assert_eq!(any, marked.iter().any(|piece| piece.hit), "{} in {}: {:?}", part, whole, marked);
        }
    }

    /// No text and no query panics, and nothing that is shown was not in the text.
    #[test]
    fn any_text_and_any_query_are_fine(text in "\\PC{0,80}", typed in "\\PC{0,40}") {
        let query = parse(&typed);
        let without = |text: &str| text.chars().filter(|sign| !sign.is_whitespace() && !sign.is_control()).collect::<String>();
        let shown: String = excerpt(&text, &query).into_iter().map(|piece| piece.text).collect();
        prop_assert_eq!(without(&shown), without(&text));
        for phrase in query.all.iter().chain(&query.none) {
            prop_assert!(!phrase.words.is_empty());
        }
    }
}
