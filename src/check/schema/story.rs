//! Stories: conversations that the seller wants to hold true.

use serde_json::{Value, json};

use crate::{
    check::story::steps::{ACTS, AGENT_WORDS},
    diagnostic::schema::{
        day, described, file, key, list, mapping, named, one_or_many, part, required, switch, text, text_like, word,
    },
    model::{
        inbound::ChannelKind,
        order::OrderStatus,
        ticket::{TicketState, Urgency},
    },
};

/// Returns the schema of `tests/<name>.yaml`.
pub(super) fn story() -> Value {
    let mut steps = list(part("step"));
    steps["minItems"] = json!(1);
    let whole = mapping(vec![
        required("story", "What it tells, in one sentence.", text_like(r"\S")),
        required("at", "When it begins, with its zone: `2026-11-20T02:10+08:00`.", moment()),
        key("channel", "The channel the buyer writes through; mail if it is left out.", channel()),
        required("steps", "What happens, one after the other.", steps),
    ]);
    let parts = vec![("step", step()), ("letter", letter()), ("expect", expect())];
    let about = "A conversation as it would happen, with what must come of each message.";
    file("Nightdesk story", about, parts, whole)
}

fn step() -> Value {
    let mut step = mapping(vec![
        key("buyer", "What the buyer writes.", json!({ "anyOf": [{ "type": "string" }, part("letter")] })),
        key("agent", "What a person at the desk does.", agent()),
        key("wait", "Time that passes: `90s`, `15m`, `4h`, `1d 6h`.", text_like("^ *([0-9]+ *(s|m|min|h|d) *)+$")),
        key(
            "at",
            "The clock goes on to `09:30` at the desk, or to a moment with its zone.",
            text_like("[0-9]:[0-9]{2}"),
        ),
        key("order", "An order of the buyer, as the shop's records have it from then on.", order()),
        key("pause", "Somebody pauses the shop.", json!(true)),
        key("resume", "The shop answers again.", json!(true)),
        key("expect", "What must come of it.", part("expect")),
    ]);
    step["oneOf"] = ACTS.iter().map(|act| json!({ "required": [act] })).collect();
    step
}

fn order() -> Value {
    let statuses = OrderStatus::ALL.map(OrderStatus::as_str);
    json!({
        "type": "object",
        "required": ["number", "status"],
        "properties": {
            "number": { "type": ["string", "integer"] },
            "status": word(&statuses),
            "placed": day(),
            "shipped": day(),
            "delivered": day(),
            "carrier": text(),
            "tracking": text(),
            "email": text(),
        },
    })
}

fn letter() -> Value {
    mapping(vec![
        required("text", "The message.", text()),
        key("subject", "The subject of a mail.", text()),
        key("from", "The buyer's address, for a story with several buyers.", text()),
        key("name", "The buyer's name.", text()),
        key("channel", "If this message comes another way than the others.", channel()),
        key("attachments", "Names of files that come along.", list(text())),
        key("headers", "Header fields of the mail: `{Auto-Submitted: auto-replied}`.", named(".", text())),
        key("client_language", "The language that the buyer's program says it speaks.", language()),
        key("new_mail", "true: not an answer in the thread, but a new mail.", switch()),
    ])
}

fn agent() -> Value {
    let mut acts = mapping(vec![
        key("reply", "Answers the buyer.", text()),
        key("note", "Writes something for colleagues.", text()),
        key("close", "Closes the ticket with this result.", text()),
    ]);
    acts["minProperties"] = json!(1);
    acts["maxProperties"] = json!(1);
    json!({ "anyOf": [word(&AGENT_WORDS), acts] })
}

fn expect() -> Value {
    let names = || one_or_many(text());
    let states: Vec<&str> = TicketState::ALL.iter().map(|state| state.as_str()).chain(["none"]).collect();
    let urgencies = [Urgency::Normal, Urgency::High, Urgency::Urgent].map(Urgency::as_str);
    let or_name = |about: &str| described(about, json!({ "type": ["boolean", "string"] }));
    mapping(vec![
        key("intent", "These intents stand, and no others.", names()),
        key("answer", "These replies go out as the answer.", names()),
        key("ask", "The buyer is asked with this reply.", names()),
        key("ack", "The buyer is told with this reply that a person will write.", names()),
        key("draft", "A draft of these replies waits for a person.", names()),
        key("escalate", "A person must look; for this intent, where one is named.", or_name("")),
        key("silent", "Nothing goes out; because of this guard or rule, where one is named.", or_name("")),
        key("says", "The words for the buyer hold these texts.", names()),
        key("not_says", "The words for the buyer hold none of these texts.", names()),
        key("lang", "The words for the buyer are in this language.", language()),
        key("urgency", "The ticket is this urgent.", word(&urgencies)),
        key("ticket", "How the ticket stands then.", word(&states)),
        key(
            "due",
            "By when a person must have answered: `2026-11-20T18:00+08:00`, or `none`.",
            json!({ "anyOf": [word(&["none"]), moment()] }),
        ),
        key("reason", "The reasons on the ticket hold these texts.", names()),
        key("tag", "The ticket carries these labels.", names()),
        key("shadow", "This rule would have hit, and its mode keeps it from counting.", names()),
    ])
}

fn channel() -> Value {
    word(&[ChannelKind::Email.as_str(), ChannelKind::Telegram.as_str()])
}

fn language() -> Value {
    text_like("^[A-Za-z]{2,3}$")
}

fn moment() -> Value {
    text_like(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+ *(Z|z|[+-][0-9:]+)")
}
