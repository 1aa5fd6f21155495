//! Reports in a terminal, about the tour of the demo: nine messages, five answers, one question, two tickets.

use std::path::Path;

use crate::cli::{nightdesk, starting::tour};

fn report(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = nightdesk(folder);
    command.args(["--config", "nightdesk-demo/config.yaml", "report"]).args(arguments);
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn the_night_says_what_was_answered_and_what_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let (code, json, said) = report(folder.path(), &["week", "--json"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&json).expect("an object");
    let messages = &json["report"]["messages"];
    let count = |key: &str| messages[key].as_u64().unwrap_or_else(|| panic!("{key} is a number: {messages}"));
    assert_eq!(count("resolved") + count("answered") + count("asked") + count("escalated"), count("in_scope"));
    assert_eq!(count("suppressed"), 2, "the out-of-office note and the newsletter: {messages}");
    assert_eq!(json["night"]["waiting"], 2);
    let (answered, came_in) = (count("resolved") + count("answered"), count("in_scope"));
    assert!(answered >= 4 && came_in > answered, "{messages}");
    assert_eq!(json["report"]["first_answer"]["rule"]["messages"], answered);

    let (code, text, _) = report(folder.path(), &["night", "--since", "7d"]);
    assert_eq!(code, 0);
    let first = format!("the machine answered {answered} of {came_in} messages; 2 tickets wait for you.");
    assert!(text.lines().next().is_some_and(|line| line.contains(&first)), "{text}");
    for label in ["Came in ", "Machine ", "Asked back ", "To people ", "By rules ", "Queue ", "Asked for "] {
        assert!(text.lines().any(|line| line.starts_with(label)), "{label} is missing in\n{text}");
    }

    let (code, csv, _) = report(folder.path(), &["week", "--csv"]);
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!((code, rows.len()), (0, 8), "a header and seven days\n{csv}");
    assert!(rows[0].starts_with("date,in_scope,resolved,answered,asked,escalated,suppressed,auto_resolved,"), "{csv}");
}

#[test]
fn coverage_names_every_rule_that_was_recognized() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let (code, text, _) = report(folder.path(), &["coverage"]);
    assert_eq!(code, 0);
    assert!(text.contains("rules knew"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("cancel_order ")), "{text}");
    let (_, csv, _) = report(folder.path(), &["coverage", "--csv"]);
    let sum: u64 =
        csv.lines().skip(1).map(|row| row.split(',').nth(1).map_or(0, |hits| hits.parse().unwrap_or(0))).sum();
    assert!(csv.starts_with("intent,hits,first,answered,asked,drafted,left\r\n") && sum >= 6, "{csv}");
}

#[test]
fn coverage_tells_rule_by_rule_what_people_did_with_drafts() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let (_, before, _) = report(folder.path(), &["coverage"]);
    assert!(!before.contains("DRAFTS OF"), "where there were none, nothing is said of them: {before}");
    let url = format!("sqlite://{}", folder.path().join("nightdesk-demo/nightdesk.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::SqlitePool::connect(&url).await.expect("the tour has a store");
        sqlx::query(
            "INSERT INTO draft_outcome (outbox, intent, outcome, actor, at)
             SELECT o.id, 'customs_tax', CASE WHEN o.id % 2 = 0 THEN 'sent' ELSE 'edited' END, 'lin',
                    CAST(unixepoch('subsec') * 1000 AS INTEGER) - 1000
             FROM outbox o ORDER BY o.id LIMIT 2",
        )
        .execute(&pool)
        .await
        .expect("people decided");
        pool.close().await;
    });
    let (code, text, _) = report(folder.path(), &["coverage"]);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let row = text.lines().skip_while(|line| !line.starts_with("DRAFTS OF")).nth(1).map(words);
    let expected = ["customs_tax", "1", "1", "0", "0", "50", "%"].map(str::to_owned).to_vec();
    assert_eq!((code, row), (0, Some(expected)), "{text}");
}

#[test]
fn what_cannot_be_reported_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    for (arguments, words) in [
        (&["night", "--since", "soon"][..], "`soon` is no moment; write 18:00, 2026-11-30, 36h, 7d or 4w."),
        (&["week", "--since", "400d"][..], "a report covers 93 days at most; ask for a shorter time."),
        (&["week", "--account", "nobody"][..], "there is no account `nobody`; the accounts are"),
    ] {
        let (code, out, said) = report(folder.path(), arguments);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!((code, out.as_str()), (5, ""), "{arguments:?}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn complaints_say_why_and_what_they_cost() {
    let folder = tempfile::tempdir().expect("a folder");
    tour(folder.path());
    let (code, text, _) = report(folder.path(), &["complaints"]);
    assert_eq!((code, text.contains("no dispute or complaint was closed")), (0, true), "{text}");
    let mut close = nightdesk(folder.path());
    close.args(["--config", "nightdesk-demo/config.yaml", "ticket", "close", "1", "--result", "refunded"]);
    let close = close.args(["--cause", "damaged_in_transit", "--compensation", "12.50 EUR"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&close.stderr);
    assert!(close.status.success(), "{said}");
    let (_, text, _) = report(folder.path(), &["complaints"]);
    let row = text
        .lines()
        .find(|line| line.starts_with("damaged_in_transit "))
        .unwrap_or_else(|| panic!("no row in\n{text}"));
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells, ["damaged_in_transit", "1", "1", "12.50", "EUR", "1", "refunded"], "{text}");
    let (_, csv, _) = report(folder.path(), &["complaints", "--csv"]);
    assert_eq!(csv.lines().nth(1), Some("damaged_in_transit,1,0,1,0,0,0,0,1,12.50 EUR"), "{csv}");
}
