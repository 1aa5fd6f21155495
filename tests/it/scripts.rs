//! Patterns in scripts with and without spaces between words: `tests/data/text/scripts.tsv`.

use std::{fs, path::Path};

use crate::rules::{evaluate, rule};

#[test]
fn patterns_hit_words_as_their_script_writes_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/text/scripts.tsv");
    let table = fs::read_to_string(path).expect("the table can be read");
    let mut wrong = Vec::new();
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [code, pattern, sentence, expected] = cells[..] else { panic!("{row} has not four columns") };
        let probe = rule("probe", &format!("negation: ignore\nsay: {{{code}: [\"{pattern}\"]}}"));
        let evaluation = evaluate(&[probe], sentence);
        let hit = evaluation.hits.first();
        let found = hit.map_or("-".to_owned(), |hit| {
            hit.spans.iter().map(|span| &sentence[span.clone()]).collect::<Vec<_>>().join(",")
        });
        if found != expected {
            wrong.push(format!("{row}: found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows\n{}", wrong.len(), wrong.join("\n"));
}
