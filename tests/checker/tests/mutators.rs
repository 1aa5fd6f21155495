//! What a broken program would leave behind: each mutator breaks one thing of a good history and says which invariant
//! must notice. None where the history has nothing that it could break.

use std::collections::BTreeMap;

use checker::chain::Span;
use serde_json::{Map, Value, json};

use crate::{
    folder::{Happened, History},
    generator::{Dice, MS},
};

/// Breaks one thing.
pub(crate) type Mutator = fn(&mut History, &mut Dice) -> Option<()>;

/// Every mutator: its name, the invariant that must fail, what it does.
pub(crate) const MUTATORS: &[(&str, &str, Mutator)] = &[
    ("an answered mail is lost", "I1", lose_a_mail),
    ("a mail is left undecided", "I1", undecide),
    ("a mail ends a second time", "I1", end_again),
    ("a question is suppressed", "I1", suppress),
    ("a sent row waits again", "I1", |history, dice| set_state(history, dice, "sent", "ready")),
    ("a sent message never left", "I1", never_sent),
    ("a ticket is lost", "I1", lose_a_ticket),
    ("a message is sent again", "I2", |history, dice| repeat(history, dice, |_| ())),
    ("a message is sent again under another id", "I2", |history, dice| {
        repeat(history, dice, |event| drop(event.insert("message_id".to_owned(), json!("other@shop.example"))))
    }),
    ("a retry has other bytes", "I2", other_bytes),
    ("the row of a sent message is lost", "I2", lose_a_row),
    ("an uncertain send is repeated", "I3", repeat_uncertain),
    ("an uncertain send has no ticket", "I3", lose_notices),
    ("an uncertain send is told twice", "I3", tell_twice),
    ("an uncertain send names no ticket", "I3", name_no_ticket),
    ("an uncertain send is called sent", "I3", call_it_sent),
    ("an uncertain send is cancelled", "I3", |history, dice| set_state(history, dice, "verified_sent", "cancelled")),
    ("an uncertain send stays so", "I3", stay_uncertain),
    ("a proof is false", "I3", false_proof),
    ("a mail opens a second ticket", "I3", open_again),
    ("an answered mail opens a ticket", "I4", open_for_answered),
    ("the answered part is not flagged", "I4", forget_flag),
    ("a take-over comes before a send", "I5", take_over_before),
    ("one more than the cap leaves", "I7", lower_the_cap),
    ("an answer goes to another", "I8", |history, dice| {
        set_in_a_send(history, dice, "to", json!(["mallory@example.org"]))
    }),
    ("an answer goes to two", "I8", |history, dice| {
        set_in_a_send(history, dice, "to", json!(["anna@example.net", "mallory@example.org"]))
    }),
    ("an answer has a copy", "I8", |history, dice| {
        set_in_a_send(history, dice, "header_cc", json!(["mallory@example.org"]))
    }),
    ("machine mail is answered", "I8", answer_a_machine),
    ("a pause comes before a send", "I10", pause_before),
    ("two answers change places", "I12", change_places),
];

fn lose_a_mail(history: &mut History, dice: &mut Dice) -> Option<()> {
    let id = pick(history, dice, "inbound", |row| row["outcome"] == "answered")?["message_id"].clone();
    history.rows("inbound").retain(|row| row["message_id"] != id);
    Some(())
}

fn undecide(history: &mut History, dice: &mut Dice) -> Option<()> {
    let row = pick(history, dice, "inbound", |_| true)?;
    row.insert("state".to_owned(), json!("undecided"));
    row.insert("outcome".to_owned(), Value::Null);
    Some(())
}

fn end_again(history: &mut History, dice: &mut Dice) -> Option<()> {
    let mut row = pick(history, dice, "inbound", |row| row["outcome"] != "suppressed")?.clone();
    row.insert("id".to_owned(), json!(history.rows("inbound").len() + 1));
    history.rows("inbound").push(row);
    Some(())
}

fn suppress(history: &mut History, dice: &mut Dice) -> Option<()> {
    pick(history, dice, "inbound", |row| row["outcome"] != "suppressed")?
        .insert("outcome".to_owned(), json!("suppressed"));
    Some(())
}

fn set_state(history: &mut History, dice: &mut Dice, from: &str, to: &str) -> Option<()> {
    pick(history, dice, "outbox", |row| row["state"] == from)?.insert("state".to_owned(), json!(to));
    Some(())
}

fn never_sent(history: &mut History, dice: &mut Dice) -> Option<()> {
    let id = pick(history, dice, "outbox", |row| row["state"] == "sent")?["message_id"].clone();
    history.truth.retain(|happened| !happened.is("transaction") || happened.event["message_id"] != id);
    Some(())
}

fn lose_a_ticket(history: &mut History, dice: &mut Dice) -> Option<()> {
    let thread = pick(history, dice, "inbound", |row| row["outcome"] == "escalated")?["thread"].clone();
    history.rows("ticket").retain(|ticket| ticket["thread"] != thread);
    Some(())
}

fn repeat(history: &mut History, dice: &mut Dice, change: impl Fn(&mut Map<String, Value>)) -> Option<()> {
    let sent = pick_send(history, dice, |event| event["taken"] == true)?;
    again(history, sent, change);
    Some(())
}

fn other_bytes(history: &mut History, dice: &mut Dice) -> Option<()> {
    let refused = pick_send(history, dice, |event| event["reply"] == "451 4.3.0 later")?;
    history.truth[refused].event.insert("sha256".to_owned(), json!("ab".repeat(32)));
    Some(())
}

fn lose_a_row(history: &mut History, dice: &mut Dice) -> Option<()> {
    let id = pick(history, dice, "outbox", |row| row["state"] == "sent")?["id"].clone();
    history.rows("outbox").retain(|row| row["id"] != id);
    Some(())
}

fn repeat_uncertain(history: &mut History, dice: &mut Dice) -> Option<()> {
    let unclear = pick_send(history, dice, |event| event["written"] == false && event["phase"] == "dot")?;
    again(history, unclear, |event| {
        event.insert("written".to_owned(), json!(true));
        event.insert("reply".to_owned(), json!("250 2.0.0 ok"));
    });
    Some(())
}

fn lose_notices(history: &mut History, dice: &mut Dice) -> Option<()> {
    pick(history, dice, "outbox", |row| row["state"] == "escalated")?;
    history.rows("ticket_event").retain(|event| !event["text"].as_str().unwrap_or_default().contains("may have been"));
    Some(())
}

fn tell_twice(history: &mut History, dice: &mut Dice) -> Option<()> {
    let is_notice = |event: &Map<String, Value>| event["text"].as_str().unwrap_or_default().contains("may have been");
    let notice = pick(history, dice, "ticket_event", is_notice)?.clone();
    history.rows("ticket_event").push(notice);
    Some(())
}

fn name_no_ticket(history: &mut History, dice: &mut Dice) -> Option<()> {
    pick(history, dice, "outbox", |row| !row["ticket"].is_null())?.insert("ticket".to_owned(), Value::Null);
    Some(())
}

fn call_it_sent(history: &mut History, dice: &mut Dice) -> Option<()> {
    set_state(history, dice, "verified_sent", "sent")
}

fn stay_uncertain(history: &mut History, dice: &mut Dice) -> Option<()> {
    let row = pick(history, dice, "outbox", |row| row["state"] == "verified_sent")?;
    let long_ago = row["created_at"].clone();
    row.insert("state".to_owned(), json!("uncertain"));
    row.insert("verify_by".to_owned(), long_ago);
    Some(())
}

fn false_proof(history: &mut History, dice: &mut Dice) -> Option<()> {
    let id = pick(history, dice, "outbox", |row| row["state"] == "verified_sent")?["message_id"].clone();
    let sends = history.truth.iter_mut().filter(|happened| happened.is("transaction"));
    for send in sends.filter(|send| send.event["message_id"] == id) {
        send.event.insert("taken".to_owned(), json!(false));
    }
    Some(())
}

fn open_again(history: &mut History, dice: &mut Dice) -> Option<()> {
    let mut ticket = pick(history, dice, "ticket", |_| true)?.clone();
    ticket.insert("id".to_owned(), json!(history.rows("ticket").len() + 1));
    history.rows("ticket").push(ticket);
    Some(())
}

fn open_for_answered(history: &mut History, dice: &mut Dice) -> Option<()> {
    let answer = pick(history, dice, "outbox", |row| row["state"] == "sent" && row["kind"] == "answer")?.clone();
    let id = answer["inbound"].clone();
    let is_answered = history.rows("inbound").iter().any(|row| row["id"] == id && row["outcome"] == "answered");
    if !is_answered {
        return None;
    }
    let tickets = history.rows("ticket");
    let ticket = json!({
        "id": tickets.len() + 1, "thread": answer["thread"], "inbound": id, "state": "open", "opened_at": answer["created_at"],
    });
    tickets.push(ticket.as_object()?.clone());
    Some(())
}

fn forget_flag(history: &mut History, dice: &mut Dice) -> Option<()> {
    let is_flagged =
        |row: &Map<String, Value>| row["record"].as_str().unwrap_or_default().contains("\"with_answer\":true");
    pick(history, dice, "verdict", is_flagged)?.insert("record".to_owned(), json!({"outcome": {"is": "escalated"}}));
    Some(())
}

fn take_over_before(history: &mut History, dice: &mut Dice) -> Option<()> {
    let sent = pick_send(history, dice, |event| event["taken"] == true)?;
    let nonce = history.truth[sent].event["in_reply_to"].as_str()?.split('@').next()?.to_owned();
    before(history, sent, &json!({"event": "take_over", "nonce": nonce, "how": "claim", "acknowledged": true}))
}

fn pause_before(history: &mut History, dice: &mut Dice) -> Option<()> {
    let sent = pick_send(history, dice, |event| event["taken"] == true)?;
    before(history, sent, &json!({"event": "pause", "scope": "rule", "name": "shipping_time", "acknowledged": true}))
}

fn lower_the_cap(history: &mut History, _: &mut Dice) -> Option<()> {
    let taken = history.truth.iter().filter(|happened| happened.is("transaction") && happened.event["taken"] == true);
    let ids: Vec<Value> = taken.map(|happened| happened.event["message_id"].clone()).collect();
    let answers =
        history.rows("outbox").iter().filter(|row| row["kind"] == "answer" && ids.contains(&row["message_id"]));
    let fewer = answers.count().checked_sub(1)?;
    let caps = json!([{"per": "shop", "window_ms": 86_400_000, "at_most": fewer, "kinds": ["answer"]}]);
    history.truth.first_mut()?.event.insert("caps".to_owned(), caps);
    Some(())
}

fn set_in_a_send(history: &mut History, dice: &mut Dice, field: &str, value: Value) -> Option<()> {
    let sent = pick_send(history, dice, |event| event["taken"] == true)?;
    history.truth[sent].event.insert(field.to_owned(), value);
    Some(())
}

fn answer_a_machine(history: &mut History, dice: &mut Dice) -> Option<()> {
    let sent = pick_send(history, dice, |event| event["taken"] == true)?;
    let id = history.truth[sent].event["in_reply_to"].as_str()?.to_owned();
    let mails = history.truth.iter_mut().filter(|happened| happened.is("delivered"));
    for mail in mails.filter(|mail| id.starts_with(mail.event["nonce"].as_str().unwrap_or("?"))) {
        mail.event.insert("expect".to_owned(), json!("silence"));
    }
    Some(())
}

/// Lets two messages of one conversation that were each sent once change places on the wire.
fn change_places(history: &mut History, dice: &mut Dice) -> Option<()> {
    let mut newest: BTreeMap<String, usize> = BTreeMap::new();
    let mut pairs = Vec::new();
    for at in (0..history.truth.len()).filter(|at| is_sent_once(history, *at)) {
        if let Some(earlier) = newest.insert(conversation_of(history, at)?, at) {
            pairs.push((earlier, at));
        }
    }
    if pairs.is_empty() {
        return None;
    }
    let (first, second) = pairs[dice.below(pairs.len())];
    for field in ["message_id", "in_reply_to", "sha256"] {
        let kept = history.truth[first].event[field].clone();
        let other = history.truth[second].event.insert(field.to_owned(), kept)?;
        history.truth[first].event.insert(field.to_owned(), other);
    }
    Some(())
}

fn is_sent_once(history: &History, at: usize) -> bool {
    let happened = &history.truth[at];
    let id = &happened.event.get("message_id");
    let same = history.truth.iter().filter(|other| other.is("transaction") && other.event.get("message_id") == *id);
    happened.is("transaction") && happened.event["taken"] == true && same.count() == 1
}

fn conversation_of(history: &History, at: usize) -> Option<String> {
    let nonce = history.truth[at].event["in_reply_to"].as_str()?.split('@').next()?;
    let mail = history.truth.iter().find(|happened| happened.is("delivered") && happened.event["nonce"] == nonce)?;
    Some(mail.event["conversation"].as_str()?.to_owned())
}

/// Adds a copy of a transaction half a second later.
fn again(history: &mut History, at: usize, change: impl Fn(&mut Map<String, Value>)) {
    let mut copy = history.truth[at].clone();
    let later = 500 * MS;
    copy.span = Span { start: copy.span.start + later, end: copy.span.end + later };
    for field in ["data_ns", "dot_ns"] {
        let moment = copy.event[field].as_u64().map(|moment| moment + later);
        copy.event.insert(field.to_owned(), json!(moment));
    }
    change(&mut copy.event);
    history.truth.push(copy);
}

/// Adds an event of an agent that was over just before a transaction committed.
fn before(history: &mut History, at: usize, event: &Value) -> Option<()> {
    let data = history.truth[at].event["data_ns"].as_u64()?;
    let span = Span { start: data - 2000, end: data - 1000 };
    history.truth.push(Happened { span, party: "agents".to_owned(), event: event.as_object()?.clone() });
    Some(())
}

fn pick<'a>(
    history: &'a mut History,
    dice: &mut Dice,
    table: &str,
    fits: impl Fn(&Map<String, Value>) -> bool,
) -> Option<&'a mut Map<String, Value>> {
    let mut rows: Vec<&mut Map<String, Value>> = history.rows(table).iter_mut().filter(|row| fits(row)).collect();
    if rows.is_empty() {
        return None;
    }
    let chosen = dice.below(rows.len());
    Some(rows.swap_remove(chosen))
}

fn pick_send(history: &History, dice: &mut Dice, fits: impl Fn(&Map<String, Value>) -> bool) -> Option<usize> {
    let sends =
        history.truth.iter().enumerate().filter(|(_, happened)| happened.is("transaction") && fits(&happened.event));
    let sends: Vec<usize> = sends.map(|(index, _)| index).collect();
    if sends.is_empty() { None } else { Some(sends[dice.below(sends.len())]) }
}
