//! The little language of `histories/*/history.txt`: what a person reads and what the checker reads, joined.
//!
//! | line | meaning |
//! |---|---|
//! | `# …` | a remark |
//! | `breaks I2 I3` | the invariants that fail, all of them; `breaks nothing` |
//! | `20 sink transaction o1 re=a` | an event at 20 ms; `20-25` from 20 to 25 ms |
//! | `row outbox 1 state=sent` | a row of the dump |
//!
//! What a line does not say is as it usually is (`usual` below): a mail is Anna's question to `support`, a transaction
//! is taken and confirmed, row 1 answers mail `a` in thread 1. The word after the event or the table is its name: a nonce,
//! a Message-ID, a row number. Values are JSON, or words. Times in rows are milliseconds since the beginning.

use checker::chain::{Span, hash};
use serde_json::{Map, Value, json};

use crate::folder::{BEGIN_MS, Happened, History};

/// Nanoseconds in a millisecond.
const MS: u64 = 1_000_000;

/// A written history.
pub(crate) struct Script {
    /// The invariants that fail.
    pub(crate) breaks: Vec<String>,
    /// What happened.
    pub(crate) history: History,
}

/// Reads a history; panics at what it does not understand.
pub(crate) fn read(text: &str) -> Script {
    let mut breaks = None;
    let mut history = History::default();
    let mut last = 0;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words = words(line);
        match words[0].as_str() {
            "breaks" => breaks = Some(words[1..].iter().filter(|word| *word != "nothing").cloned().collect()),
            "row" => row(&mut history, &words[1..]),
            _ => {
                let happened = event(&words, history.truth.len());
                last = last.max(happened.span.end);
                history.truth.push(happened);
            }
        }
    }
    frame(&mut history, last);
    Script { breaks: breaks.expect("a history says what it breaks"), history }
}

/// Adds `began` and `dumped` where the history does not say them itself.
fn frame(history: &mut History, last: u64) {
    if !history.truth.iter().any(|happened| happened.is("began")) {
        history.truth.insert(0, event(&words("0 run began"), 0));
    }
    let dumped =
        object(json!({"event": "dumped", "unix_ms": BEGIN_MS + i64::try_from(last / MS).expect("a short time")}));
    history.truth.push(Happened { span: Span { start: last, end: last }, party: "run".to_owned(), event: dumped });
}

fn event(words: &[String], number: usize) -> Happened {
    let (start, end) = words[0].split_once('-').unwrap_or((&words[0], &words[0]));
    let at = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("{text} is not a time in ms")) * MS;
    let span = Span { start: at(start), end: at(end) };
    let (party, word) = (words[1].clone(), words[2].as_str());
    let (name, given) = given(&words[3..]);
    let mut event = object(usual(word, name.as_deref(), span, number, &given));
    for (key, value) in given.into_iter().filter(|(key, _)| key != "re") {
        let value = if key.ends_with("_ns") { json!(value.as_u64().expect("ms") * MS) } else { value };
        event.insert(key, value);
    }
    event.insert("event".to_owned(), json!(word));
    Happened { span, party, event }
}

/// Returns the fields of an event that says nothing of itself.
fn usual(word: &str, name: Option<&str>, span: Span, number: usize, given: &Map<String, Value>) -> Value {
    match word {
        "began" => json!({"unix_ms": BEGIN_MS, "order": "kept", "caps": [], "bound_ms": null}),
        "delivered" => json!({
            "nonce": name, "account": "support", "folder": "INBOX", "from": "anna@example.net",
            "reply_to": "anna@example.net", "conversation": name, "expect": "help",
        }),
        "again" => json!({"nonce": name, "account": "support", "why": "delivered_twice"}),
        "removed" => json!({"nonce": name, "account": "support"}),
        "transaction" => transaction(name.expect("a transaction has a Message-ID"), span, number, given),
        "take_over" => json!({"nonce": name, "how": "claim", "acknowledged": true}),
        "hand_back" => json!({"nonce": name, "acknowledged": true}),
        "pause" | "resume" => json!({"scope": "shop", "name": "", "acknowledged": true}),
        "fault" => json!({"what": name, "process": "n1", "place": null}),
        "started" | "ready" => json!({"process": name}),
        "ended" => json!({"process": name, "how": "signal 9"}),
        _ => json!({}),
    }
}

fn transaction(id: &str, span: Span, number: usize, given: &Map<String, Value>) -> Value {
    let came_to_dot = given.get("phase").is_none_or(|phase| phase == "dot");
    let to = given.get("to").cloned().unwrap_or(json!(["anna@example.net"]));
    let dot = |value: Value| if came_to_dot { value } else { Value::Null };
    json!({
        "connection": number, "phase": "dot", "from": "bounce@shop.example", "to": to, "header_to": to, "header_cc": [],
        "message_id": format!("{id}@shop.example"),
        "in_reply_to": given.get("re").and_then(Value::as_str).map(|nonce| format!("{nonce}@example.net")),
        "auto_submitted": "auto-replied", "sha256": dot(json!(hash(id.as_bytes()))),
        "data_ns": dot(json!(span.start)), "dot_ns": dot(json!(span.end)), "taken": came_to_dot,
        "reply": "250 2.0.0 ok", "written": true,
    })
}

fn row(history: &mut History, words: &[String]) {
    let (name, given) = given(&words[1..]);
    let table = words[0].as_str();
    let rows = history.rows(table);
    let id = name.as_deref().map_or(rows.len() + 1, |name| name.parse().expect("a row number"));
    let number = |key: &str| given.get(key).and_then(Value::as_i64).unwrap_or(1);
    let kind = given.get("kind").and_then(Value::as_str).unwrap_or("answer");
    let usual = match table {
        "inbound" => json!({
            "id": id, "account": "support", "state": "decided", "outcome": "answered", "outcome_reason": null,
            "stored_at": 15, "decided_at": 16, "thread": 1, "message_id": "a@example.net",
        }),
        "outbox" => json!({
            "id": id, "key": format!("i{}-{kind}", number("inbound")), "thread": 1, "inbound": 1, "account": "support",
            "kind": "answer", "human": 0, "intents": "[\"shipping_time\"]", "recipient_key": "anna@example.net",
            "recipient_domain": "example.net", "message_id": format!("o{id}@shop.example"), "state": "sent",
            "reason": null, "created_at": 16,
        }),
        "ticket" => json!({"id": id, "thread": 1, "inbound": 1, "state": "open", "opened_at": 16}),
        "ticket_event" => json!({"id": id, "ticket": 1, "what": "opened", "text": ""}),
        "verdict" => json!({"inbound": id, "record": {"outcome": {"is": "answered"}}}),
        "folder" => json!({}),
        other => panic!("no table {other}"),
    };
    let mut row = object(usual);
    for (key, value) in given {
        if key == "nonce" {
            let id = value.as_str().map(|nonce| format!("{nonce}@example.net"));
            row.insert("message_id".to_owned(), json!(id));
        } else {
            row.insert(key, value);
        }
    }
    for (key, value) in &mut row {
        if (key.ends_with("_at") || key.ends_with("_by")) && value.is_i64() {
            *value = json!(value.as_i64().expect("just seen") + BEGIN_MS);
        }
    }
    rows.push(row);
}

/// Splits the words after the event's or the table's into its name and its fields.
fn given(words: &[String]) -> (Option<String>, Map<String, Value>) {
    let name = words.first().filter(|word| !word.contains('=')).cloned();
    let fields = words.iter().skip(usize::from(name.is_some())).map(|word| {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("{word} is not key=value"));
        (key.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| json!(value)))
    });
    let fields = fields.collect();
    (name, fields)
}

/// Splits at spaces outside brackets and quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut depth, mut quoted) = (0_i32, false);
    for sign in line.chars() {
        match sign {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        if sign == ' ' && depth == 0 && !quoted {
            words.push(String::new());
        } else {
            words.last_mut().expect("there is always one").push(sign);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is not an object"),
    }
}
