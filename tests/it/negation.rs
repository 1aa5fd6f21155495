//! Which negators take a hit away, per language: tables under `tests/data/text/negation/`.

use std::{fs, path::Path};

use nightdesk::{
    model::{language::Language, verdict::LossReason},
    text::{folded::Folded, negation},
};

use crate::rules::{evaluate, rule};

/// Each table has at least so many negated sentences, and as many that are not.
const MIN_OF_EACH: usize = 8;

#[test]
fn negated_wishes_do_not_count_and_mere_questions_do() {
    let mut wrong = Vec::new();
    for (code, _) in negation::FILES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/text/negation/{code}.tsv"));
        let table = fs::read_to_string(path).expect("every language has a table");
        let rows: Vec<Vec<&str>> =
            table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
        let negated = rows.iter().filter(|row| row[0] != "-").count();
        assert!(negated >= MIN_OF_EACH && rows.len() - negated >= MIN_OF_EACH, "{code}: too few rows");
        for row in rows {
            let [expected, pattern, sentence] = row[..] else { panic!("{code}: {row:?} has not three columns") };
            let found = negator(code, pattern, sentence);
            if found.as_deref() != Ok(expected) {
                wrong.push(format!("{code}: `{pattern}` in {sentence:?}: expected {expected}, found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows\n{}", wrong.len(), wrong.join("\n"));
}

/// Returns the negator that took the hit away, `-` if it stands, and an error where nothing hit.
fn negator(code: &str, pattern: &str, sentence: &str) -> Result<String, &'static str> {
    let evaluation = evaluate(&[rule("probe", &format!("say: {{{code}: [\"{pattern}\"]}}"))], sentence);
    if !evaluation.hits.is_empty() {
        return Ok("-".to_owned());
    }
    let negators = evaluation.losers.into_iter().filter_map(|loser| match loser.why {
        LossReason::Negated(negator) => Some(negator),
        _ => None,
    });
    negators.into_iter().next().ok_or("no hit")
}

#[test]
fn the_phrases_of_negation_are_written_as_folding_leaves_them() {
    for (code, file) in negation::FILES {
        let grammar = negation::grammar(code.parse().expect("a language code")).expect("a listed language");
        assert!(grammar.negators().count() > 0, "{code} negates");
        assert!(grammar.negators().all(|phrase| !phrase.is_empty()), "{code}: an empty phrase");
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let (_, phrases) = line.split_once(':').expect("a part and its phrases");
            for phrase in phrases.split(',').map(str::trim) {
                let folded = Folded::new(phrase);
                // Accents may stay; what is no word may not.
                assert_eq!(
                    folded.text().chars().filter(|c| !c.is_alphanumeric()).find(|c| !" '*".contains(*c)),
                    None,
                    "{code}: {phrase}"
                );
            }
        }
    }
    assert!(negation::grammar("xx".parse::<Language>().expect("a language code")).is_none());
}
