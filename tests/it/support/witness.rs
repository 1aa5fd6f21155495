//! What a submission server saw of one transaction, from MAIL to the reply after the final dot, for the truth of a run.
//!
//! The server tells it every line and every reply; it finds the transaction in them and writes it down when it is over.

use mail_parser::{Address, HeaderValue, MessageParser};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    smtp_relay::{Outcome, Relayed},
    truth::{Truth, hex, now_ns},
};

/// Sees one connection.
#[derive(Debug)]
pub(crate) struct Witness {
    truth: Option<Truth>,
    connection: usize,
    current: Option<Transaction>,
}

#[derive(Debug, Default)]
struct Transaction {
    start_ns: u64,
    phase: &'static str,
    from: String,
    to: Vec<String>,
    message: Vec<u8>,
    asked_ns: u64,
    data_ns: Option<u64>,
    dot_ns: Option<u64>,
    is_taken: bool,
    reply: Option<String>,
    is_written: bool,
}

impl Witness {
    /// Looks at a connection; sees nothing without a truth to write to.
    pub(crate) fn of(truth: Option<&Truth>, connection: usize) -> Self {
        Self { truth: truth.cloned(), connection, current: None }
    }

    /// A command was read.
    pub(crate) fn command(&mut self, verb: &str, line: &str) {
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_lowercase();
        if verb == "MAIL" {
            self.end();
            let start_ns = now_ns();
            self.current = Some(Transaction { start_ns, phase: "mail", from: address(), ..Transaction::default() });
        }
        let Some(current) = &mut self.current else { return };
        match verb {
            "RCPT" => {
                current.phase = "rcpt";
                current.to.push(address());
            }
            "DATA" => {
                current.phase = "data";
                current.asked_ns = now_ns();
            }
            _ => {}
        }
        // What was said before was not said to this.
        current.reply = None;
        current.is_written = false;
    }

    /// A line was read, of a message or not.
    pub(crate) fn line(&mut self) {
        let is_message = |current: &&mut Transaction| current.phase == "data" && current.data_ns.is_some();
        if let Some(current) = self.current.as_mut().filter(is_message) {
            current.phase = "body";
            current.reply = None;
            current.is_written = false;
        }
    }

    /// The final dot was read; the server keeps the message or not, whatever it is going to say.
    pub(crate) fn dot(&mut self, message: &[u8], is_taken: bool) {
        if let Some(current) = &mut self.current {
            current.phase = "dot";
            current.dot_ns = Some(now_ns());
            current.message = message.to_vec();
            current.is_taken = is_taken;
        }
    }

    /// A reply was written, or could not be.
    pub(crate) fn said(&mut self, reply: &str, is_written: bool) {
        let Some(current) = &mut self.current else { return };
        current.reply = Some(reply.trim_end().to_owned());
        current.is_written = is_written;
        if current.phase == "data" && reply.starts_with('3') {
            current.data_ns = Some(current.asked_ns);
        }
        if current.phase == "dot" {
            self.end();
        }
    }

    /// Nothing more comes of the transaction, if there is one.
    fn end(&mut self) {
        let (Some(current), Some(truth)) = (self.current.take(), &self.truth) else { return };
        truth.since(current.start_ns, "sink", "transaction", current.fields(self.connection));
    }
}

/// Writes down what a relay was given, from its own log; what never came to its final dot is not in there.
pub(crate) fn relayed(truth: &Truth, connection: usize, mail: &Relayed) {
    let reply = match mail.outcome {
        Outcome::Accepted => Some("250 2.0.0 queued"),
        Outcome::Rejected => Some("554 5.6.0 rejected after DATA"),
        Outcome::Deferred => Some("451 4.3.0 mailbox server does not answer"),
        Outcome::Dropped => None,
    };
    let seen = Transaction {
        start_ns: mail.data_ns,
        phase: "dot",
        from: mail.from.to_lowercase(),
        to: mail.to.iter().map(|to| to.to_lowercase()).collect(),
        message: mail.data.clone().into_bytes(),
        asked_ns: mail.data_ns,
        data_ns: Some(mail.data_ns),
        dot_ns: Some(mail.dot_ns),
        is_taken: matches!(mail.outcome, Outcome::Accepted | Outcome::Dropped),
        reply: reply.map(str::to_owned),
        is_written: reply.is_some(),
    };
    truth.since(seen.start_ns, "sink", "transaction", seen.fields(connection));
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.end();
    }
}

impl Transaction {
    fn fields(&self, connection: usize) -> Value {
        let at_dot = self.dot_ns.is_some();
        let parsed = MessageParser::default().parse(&self.message);
        let read = parsed.as_ref().filter(|_| at_dot);
        let answered = read.and_then(|message| match message.in_reply_to() {
            HeaderValue::Text(id) => Some(id.to_string()),
            HeaderValue::TextList(ids) => ids.first().map(ToString::to_string),
            _ => None,
        });
        let copies = read.map(|message| [addresses(message.cc()), addresses(message.bcc())].concat());
        json!({
            "connection": connection, "phase": self.phase, "from": self.from, "to": self.to,
            "message_id": read.and_then(|message| message.message_id()),
            "in_reply_to": answered,
            "header_to": read.map(|message| addresses(message.to())).unwrap_or_default(),
            "header_cc": copies.unwrap_or_default(),
            "auto_submitted": read.and_then(|message| message.header_raw("Auto-Submitted")).map(str::trim),
            "sha256": at_dot.then(|| hex(&Sha256::digest(&self.message))),
            "data_ns": self.data_ns, "dot_ns": self.dot_ns, "taken": self.is_taken,
            "reply": self.reply, "written": self.is_written,
        })
    }
}

fn addresses(list: Option<&Address<'_>>) -> Vec<String> {
    let named = list.into_iter().flat_map(Address::iter).filter_map(|entry| entry.address());
    named.map(str::to_lowercase).collect()
}
