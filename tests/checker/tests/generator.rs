//! Random good histories: what a program that keeps every promise would leave behind, faults and people included.

use std::{collections::BTreeMap, ops::Range};

use checker::chain::{Span, hash};
use serde_json::{Map, Value, json};

use crate::folder::{BEGIN_MS, Happened, History};

/// Nanoseconds in a millisecond.
pub(crate) const MS: u64 = 1_000_000;

/// What may become of a mail, all of it allowed.
const STORIES: &[fn(&mut Teller)] = &[
    answered,
    answered,
    answered,
    retried,
    cut_in_the_body,
    asked,
    escalated,
    acknowledged,
    with_answer,
    silent,
    uncertain_escalated,
    uncertain_verified,
    paused,
    taken_over,
    shown_twice,
    refused,
    two_mailboxes,
    removed,
];

/// Tells a history of so many mails; the same seed tells the same.
pub(crate) fn tell(seed: u64, mails: usize) -> History {
    let mut teller = Teller {
        dice: Dice(seed),
        now: 10,
        threads: 0,
        thread: 0,
        mail: 0,
        row: 0,
        tickets: BTreeMap::new(),
        history: History::default(),
    };
    let caps = json!([{"per": "sender", "window_ms": 86_400_000, "at_most": mails, "kinds": ["answer"]}]);
    let began = json!({"event": "began", "unix_ms": BEGIN_MS, "order": "kept", "caps": caps, "bound_ms": 60_000});
    teller.happened("run", 0..0, began);
    for _ in 0..mails {
        teller.turn();
    }
    let end = teller.now + 1000;
    let unix_ms = BEGIN_MS + i64::try_from(end).expect("a short time");
    teller.happened("run", end..end, json!({"event": "dumped", "unix_ms": unix_ms}));
    teller.history
}

/// Dice that fall the same way for the same seed (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// Returns a number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let rest = (mixed ^ (mixed >> 31)) % u64::try_from(end).expect("64 bits");
        usize::try_from(rest).expect("64 bits")
    }
}

struct Teller {
    dice: Dice,
    /// Milliseconds since the beginning.
    now: u64,
    threads: i64,
    /// The conversation of the present mail.
    thread: i64,
    /// Number of the present mail.
    mail: i64,
    /// Number of its first inbound row.
    row: i64,
    /// Conversations that have a ticket, and its number.
    tickets: BTreeMap<i64, usize>,
    history: History,
}

impl Teller {
    /// One mail, in a new conversation or in one of the last.
    fn turn(&mut self) {
        self.mail += 1;
        let goes_on = self.threads > 0 && self.dice.below(3) == 0;
        if goes_on {
            let back = i64::try_from(self.dice.below(4)).expect("a small number");
            self.thread = (self.threads - back).max(1);
        } else {
            self.threads += 1;
            self.thread = self.threads;
        }
        let story = STORIES[self.dice.below(STORIES.len())];
        story(self);
    }

    fn happened(&mut self, party: &str, ms: Range<u64>, event: Value) {
        let span = Span { start: ms.start * MS, end: ms.end * MS };
        self.history.truth.push(Happened { span, party: party.to_owned(), event: object(event) });
    }

    /// Something that takes some time.
    fn next(&mut self, party: &str, event: Value) {
        let start = self.now + 1 + self.dice.below(9) as u64;
        self.now = start + 1 + self.dice.below(5) as u64;
        self.happened(party, start..self.now, event);
    }

    fn nonce(&self) -> String {
        format!("{:032x}", self.mail)
    }

    fn delivered(&mut self, expect: &str) {
        self.delivered_to("support", expect);
    }

    fn delivered_to(&mut self, account: &str, expect: &str) {
        let event = json!({
            "event": "delivered", "nonce": self.nonce(), "account": account, "folder": "INBOX",
            "from": "anna@example.net", "reply_to": "anna@example.net", "conversation": format!("c{}", self.thread),
            "expect": expect,
        });
        self.next("mailbox", event);
    }

    /// A transaction of the present mail's message that came to its final dot.
    fn sent(&mut self, taken: bool, reply: Option<&str>) {
        let start = self.now + 2;
        let (data, dot) = ((start + 1) * MS, (start + 4) * MS);
        let id = self.message_id();
        let event = json!({
            "event": "transaction", "connection": self.history.truth.len(), "phase": "dot", "from": "bounce@shop.example",
            "to": ["anna@example.net"], "message_id": id, "in_reply_to": format!("{}@example.net", self.nonce()),
            "header_to": ["anna@example.net"], "header_cc": [], "auto_submitted": "auto-replied",
            "sha256": hash(id.as_bytes()), "data_ns": data, "dot_ns": dot, "taken": taken, "reply": reply,
            "written": reply.is_some(),
        });
        self.now = start + 5;
        self.happened("sink", start..start + 5, event);
    }

    fn message_id(&self) -> String {
        format!("o{}@shop.example", self.mail)
    }

    fn unix_ms(&self) -> i64 {
        BEGIN_MS + i64::try_from(self.now).expect("a short time")
    }

    fn inbound(&mut self, outcome: &str) {
        self.inbound_of("support", outcome);
        self.row = i64::try_from(self.history.rows("inbound").len()).expect("a small number");
    }

    fn inbound_of(&mut self, account: &str, outcome: &str) {
        let (at, thread, message_id) = (self.unix_ms(), self.thread, format!("{}@example.net", self.nonce()));
        let rows = self.history.rows("inbound");
        rows.push(object(json!({
            "id": rows.len() + 1, "account": account, "state": "decided", "outcome": outcome,
            "outcome_reason": (outcome == "suppressed").then_some("duplicate"), "stored_at": at, "decided_at": at,
            "thread": thread, "message_id": message_id,
        })));
    }

    fn outbox(&mut self, kind: &str, state: &str) {
        let (at, thread, id, inbound, key) = (self.unix_ms(), self.thread, self.message_id(), self.row, self.mail);
        let rows = self.history.rows("outbox");
        rows.push(object(json!({
            "id": rows.len() + 1, "key": format!("i{key}-{kind}"), "thread": thread, "inbound": inbound,
            "account": "support", "kind": kind, "human": 0, "intents": "[\"shipping_time\"]",
            "recipient_key": "anna@example.net", "recipient_domain": "example.net", "message_id": id, "state": state,
            "reason": null, "created_at": at, "ticket": null, "verify_by": null,
        })));
    }

    /// Opens or extends the conversation's ticket; returns its number.
    fn ticket(&mut self, what: &str, text: &str) -> usize {
        let (at, thread, inbound) = (self.unix_ms(), self.thread, self.row);
        let tickets = self.history.rows("ticket");
        let id = *self.tickets.entry(thread).or_insert_with(|| {
            let id = tickets.len() + 1;
            let ticket = json!({"id": id, "thread": thread, "inbound": inbound, "state": "open", "opened_at": at});
            tickets.push(object(ticket));
            id
        });
        let events = self.history.rows("ticket_event");
        events.push(object(json!({"id": events.len() + 1, "ticket": id, "what": what, "text": text})));
        id
    }

    fn verdict(&mut self, with_answer: bool) {
        let record = json!({"outcome": {"is": "escalated", "with_answer": with_answer}}).to_string();
        let inbound = self.row;
        self.history.rows("verdict").push(object(json!({"inbound": inbound, "record": record})));
    }
}

/// What the sink says when it takes a message.
const OK: Option<&str> = Some("250 2.0.0 ok");

fn answered(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("answered");
    teller.outbox("answer", "sent");
    teller.sent(true, OK);
}

fn retried(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("answered");
    teller.outbox("answer", "sent");
    for _ in 0..=teller.dice.below(2) {
        teller.sent(false, Some("451 4.3.0 later"));
    }
    teller.sent(true, OK);
}

fn cut_in_the_body(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("answered");
    teller.outbox("answer", "sent");
    teller.next("faults", json!({"event": "fault", "what": "cut", "process": "n1", "place": "body"}));
    teller.sent(false, None);
    let cut = &mut teller.history.truth.last_mut().expect("just told").event;
    for (field, value) in [("phase", json!("body")), ("sha256", Value::Null), ("dot_ns", Value::Null)] {
        cut.insert(field.to_owned(), value);
    }
    teller.sent(true, OK);
}

fn asked(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("asked");
    teller.outbox("ask", "sent");
    teller.sent(true, OK);
}

fn escalated(teller: &mut Teller) {
    teller.delivered("person");
    teller.inbound("escalated");
    teller.verdict(false);
    teller.ticket("opened", "for a person");
}

fn acknowledged(teller: &mut Teller) {
    escalated(teller);
    teller.outbox("ack", "sent");
    teller.sent(true, OK);
}

fn with_answer(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("escalated");
    teller.verdict(true);
    teller.ticket("opened", "one half is for a person");
    teller.outbox("answer", "sent");
    teller.sent(true, OK);
}

fn silent(teller: &mut Teller) {
    teller.delivered("silence");
    teller.inbound("suppressed");
}

fn uncertain_escalated(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("answered");
    teller.outbox("answer", "escalated");
    teller.next("faults", json!({"event": "fault", "what": "kill", "process": "n1", "place": "email.dot.after"}));
    let taken = teller.dice.below(2) == 0;
    teller.sent(taken, None);
    let ticket = teller.ticket("opened", "a message may have been sent: look into the sent mail");
    teller.ticket("delivery", "the connection broke");
    let row = teller.history.rows("outbox").last_mut().expect("just told");
    row.insert("ticket".to_owned(), json!(ticket));
    if taken && teller.dice.below(2) == 0 {
        row.insert("state".to_owned(), json!("verified_sent"));
    }
}

fn uncertain_verified(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("answered");
    teller.outbox("answer", "verified_sent");
    teller.sent(true, None);
}

fn paused(teller: &mut Teller) {
    let switch = |word: &str| json!({"event": word, "scope": "shop", "name": "", "acknowledged": true});
    teller.delivered("help");
    teller.inbound("answered");
    teller.outbox("answer", "sent");
    teller.next("agents", switch("pause"));
    teller.next("agents", switch("resume"));
    teller.sent(true, OK);
}

fn taken_over(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("answered");
    teller.outbox("answer", "cancelled");
    let nonce = teller.nonce();
    teller.next("agents", json!({"event": "take_over", "nonce": nonce, "how": "claim", "acknowledged": true}));
    teller.next("agents", json!({"event": "hand_back", "nonce": nonce, "acknowledged": true}));
}

fn shown_twice(teller: &mut Teller) {
    answered(teller);
    let nonce = teller.nonce();
    teller.next("mailbox", json!({"event": "again", "nonce": nonce, "account": "support", "why": "moved"}));
    teller.inbound("suppressed");
}

fn refused(teller: &mut Teller) {
    teller.delivered("help");
    teller.inbound("escalated");
    teller.outbox("answer", "cancelled");
    teller.sent(false, Some("550 5.7.1 no"));
    teller.ticket("opened", "a message to the buyer could not be delivered");
    teller.ticket("delivery", "550 5.7.1 no");
}

fn two_mailboxes(teller: &mut Teller) {
    teller.delivered("help");
    teller.delivered_to("sales", "help");
    teller.inbound("answered");
    teller.outbox("answer", "sent");
    teller.sent(true, OK);
    teller.inbound_of("sales", "suppressed");
}

fn removed(teller: &mut Teller) {
    teller.delivered("help");
    let nonce = teller.nonce();
    teller.next("mailbox", json!({"event": "removed", "nonce": nonce, "account": "support"}));
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is not an object"),
    }
}
