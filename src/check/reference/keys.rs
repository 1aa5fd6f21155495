//! The keys of a rule file: what each takes and what holds without it. What it means is told by the schema, so that
//! editors and the page say the same.

use serde_json::Value;

use crate::check::schema::SCHEMAS;

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: &'static str,
    /// What holds without it.
    pub without: &'static str,
}

/// Every key, in the order in which rule files are written.
pub const KEYS: &[Key] = &[
    key("intent", "a name", REQUIRED),
    key("title", "a text", REQUIRED),
    key("category", "one of the [categories](#categories)", REQUIRED),
    key("action", "one of the [actions](#actions)", REQUIRED),
    key("mode", "one of the [modes](#modes)", "`suggest` for answers, `auto` for the others"),
    key("priority", "a number from -100 to 100", "0"),
    key("say", "[patterns](#patterns) by language", REQUIRED),
    key("unless", "[patterns](#patterns) by language", "nothing switches the rule off"),
    key("when", "[conditions](#conditions)", "the rule always counts"),
    key("alone", "`true` or `false`", "`false`"),
    key("negation", "`respect` or `ignore`", "`respect`"),
    key("similar", "`never`, `suggest` or `auto`", "`suggest`"),
    key("needs", "[values](#values), each with `from` and perhaps `ask`", "the reply needs nothing"),
    key("reply", "a folder under `replies/`", "required by `action: answer`, useless otherwise"),
    key("ack", "a folder under `replies/`", "`unknown_ack`"),
    key("urgency", "`normal`, `high` or `urgent`", "`normal`"),
    key("with_answer", "`true` or `false`", "`false`"),
    key("then", "`{tag: [label, …]}`", "no labels"),
    key("examples", "by language, `match` and `skip`: lists of sentences", "a warning in `auto`"),
];

const REQUIRED: &str = "required";

/// Returns what a key means, in the words that editors show; empty if the schema does not know it.
pub fn meaning(key: &str) -> String {
    let Some(schema) = SCHEMAS.iter().find(|schema| schema.name == "rule") else { return String::new() };
    let schema = (schema.make)();
    let described = schema.pointer(&format!("/properties/{key}/description")).and_then(Value::as_str);
    described.unwrap_or_default().to_owned()
}

const fn key(name: &'static str, takes: &'static str, without: &'static str) -> Key {
    Key { name, takes, without }
}
