//! One table: pattern, language, text, and the words it matches.

use nightdesk::text::reading::Reading;

use crate::rules::{moment, rule, valid};

const TABLE: &str = include_str!("../../data/rules/patterns.tsv");

#[test]
fn every_row_of_the_table_matches_as_written() {
    let mut wrong = Vec::new();
    let rows = TABLE.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
    for (number, line) in rows {
        let cells: Vec<&str> = line.split('\t').collect();
        let [pattern, language, text, expected] = cells[..] else {
            panic!("row {} has {} cells, expected 4: {line}", number + 1, cells.len());
        };
        let found = matched_words(pattern, language, &text.replace("\\n", "\n"));
        if found != expected {
            wrong.push(format!(
                "row {}: `{pattern}` ({language}) in `{text}`: `{found}`, expected `{expected}`",
                number + 1
            ));
        }
    }
    assert!(wrong.is_empty(), "{} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_is_large_enough_to_mean_something() {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
    assert!(rows >= 120, "only {rows} rows");
}

fn matched_words(pattern: &str, language: &str, text: &str) -> String {
    let quoted = pattern.replace('\'', "''");
    let (path, file) = rule("probe", &format!("negation: ignore\nsay: {{{language}: ['{quoted}']}}"));
    let reading = Reading::new(text);
    let evaluation = valid(&[(&path, &file)]).evaluate(&reading, &moment());
    let Some(hit) = evaluation.hits.first() else { return "-".to_owned() };
    hit.spans.iter().map(|span| &reading.original()[span.clone()]).collect::<Vec<_>>().join(" | ")
}
