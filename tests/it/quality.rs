//! What would embarrass a seller: messages as buyers write them, each with what must come of it.
//!
//! The table is decided by the starter pack through `nightdesk match`, as a seller would try it. Examples beside the
//! rules show what each rule is for; this table shows what the whole set does with slang, anger, sarcasm, several topics
//! and questions about something else that hold the same words.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

/// A moment in the peak season of the starter pack's situations.
const AT: &str = "2026-11-21T20:00:00Z";

/// One line of the table.
#[derive(Debug)]
struct Row {
    text: String,
    language: String,
    action: String,
    intent: String,
}

#[test]
fn nothing_that_buyers_write_is_answered_wrongly() {
    let rows = rows("messages.tsv");
    let decisions = decide(&rows);
    assert_eq!(decisions.len(), rows.len(), "one decision for each message");
    let wrong: Vec<String> =
        rows.iter().zip(&decisions).filter_map(|(row, decision)| complaint(row, decision)).collect();
    assert!(wrong.is_empty(), "{} of {} messages:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn buyers_are_answered_in_their_language() {
    let rows: Vec<Row> = rows("messages.tsv").into_iter().filter(|row| row.language == "zh").collect();
    let decisions = decide(&rows);
    let other = rows.iter().zip(&decisions).find(|(_, decision)| decision["lang"] != "zh");
    assert!(other.is_none(), "{other:?}");
}

/// A rule that is renamed must not silently count as something else in docs/quality.md.
#[test]
fn the_map_of_intents_names_rules_of_the_pack() {
    let path = root().join("tests/data/quality/intent-map.tsv");
    let table = fs::read_to_string(path).expect("the map is there");
    let rows: Vec<_> = table.lines().filter(|line| !line.starts_with('#')).collect();
    let files = nightdesk::library::starter_files();
    for row in &rows {
        let (rule, intent) = row.split_once('\t').expect("rule <tab> intent");
        assert!(files.iter().any(|(path, _)| path.ends_with(&format!("/{rule}.yaml"))), "no rule {rule}");
        assert!(rule != intent && !intent.is_empty(), "{row}");
    }
    assert!(rows.len() > 20, "only {} rows", rows.len());
}

/// Of messages made to mislead at most one in twenty is answered, and of plain questions at least 17 in 20.
#[test]
fn traps_are_left_to_people_and_plain_questions_are_not() {
    for file in ["first.tsv", "second.tsv"] {
        let rows = rows(&format!("../decisions/traps/{file}"));
        let decisions = decide_by("tests/data/decisions/traps/shop/config.yaml", &rows);
        let (mut traps, mut plain) = ((0, 0), (0, 0));
        for (row, decision) in rows.iter().zip(&decisions) {
            let answered = matches!(decision["action"].as_str(), Some("answer" | "ask"));
            let (count, all) = if row.action == "person" { &mut traps } else { &mut plain };
            *all += 1;
            *count += u32::from(answered && (row.action == "person" || decision["intent"] == row.intent.as_str()));
        }
        assert!(traps.1 >= 60 && traps.0 * 20 <= traps.1, "{file}: {traps:?} traps answered");
        assert!(plain.1 >= 60 && plain.0 * 20 >= plain.1 * 17, "{file}: {plain:?} plain questions answered");
    }
}

/// Of questions beside which something else is told none is answered, and of those beside which nothing is 4 in 5.
#[test]
fn what_is_told_beside_a_question_stops_the_answer_unless_it_changes_nothing() {
    let rows = rows("asides.tsv");
    let decisions = decide_by("tests/data/quality/config.yaml", &rows);
    let answered = |decision: &Value| matches!(decision["action"].as_str(), Some("answer" | "ask"));
    let (mut wrong, mut plain) = (Vec::new(), (0, 0));
    for (row, decision) in rows.iter().zip(&decisions) {
        if row.action == "person" {
            wrong.extend(answered(decision).then_some(&row.text));
        } else {
            plain.0 += u32::from(answered(decision) && decision["intent"] == row.intent.as_str());
            plain.1 += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(plain.1 >= 30 && plain.0 * 5 >= plain.1 * 4, "{plain:?} plain questions answered");
}

fn rows(file: &str) -> Vec<Row> {
    let path = root().join("tests/data/quality").join(file);
    let table = fs::read_to_string(&path).expect("the table is there");
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [text, language, action, intent] = cells[..] else { panic!("four cells: {line}") };
            Row {
                text: text.replace("\\n", "\n"),
                language: language.to_owned(),
                action: action.to_owned(),
                intent: intent.to_owned(),
            }
        })
        .collect()
}

/// Returns what is wrong with a decision, or nothing.
fn complaint(row: &Row, decision: &Value) -> Option<String> {
    let action = decision["action"].as_str().unwrap_or_default();
    let intent = decision["intent"].as_str().unwrap_or("none");
    let fits = action == row.action && (row.intent == "-" || intent == row.intent);
    (!fits).then(|| format!("{:?}: {action} {intent}, expected {} {}", row.text, row.action, row.intent))
}

fn decide(rows: &[Row]) -> Vec<Value> {
    decide_by("config.example.yaml", rows)
}

fn decide_by(config: &str, rows: &[Row]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nightdesk"))
        .current_dir(root())
        .args(["--config", config, "match", "--jsonl", "--at", AT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut input = child.stdin.take().expect("it is piped");
    let lines: Vec<String> = rows.iter().map(|row| json!({"id": 0, "text": row.text}).to_string()).collect();
    let lines = lines.join("\n");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("the writer ends").expect("the binary reads to the end");
    assert!(output.status.success(), "{output:?}");
    let output = String::from_utf8(output.stdout).expect("it is UTF-8");
    output.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
