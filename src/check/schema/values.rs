//! Facts and situations: what replies quote.

use serde_json::{Value, json};

use crate::diagnostic::schema::{
    by_language, day, file, key, list, mapping, named, number, part, required, switch, text, text_like, word,
};

/// Returns the schema of `replies/_facts/<file>.yaml`.
pub(super) fn facts() -> Value {
    let origin = || {
        vec![
            key("source", "Where the value comes from: the page, law or price list somebody read.", text_like(r"\S")),
            key("checked_on", "The day somebody looked; for people.", day()),
            key("valid_until", "The last day it may be quoted; after it a person gets the question.", day()),
        ]
    };
    let mut keys = origin();
    keys.push(key("value", "The value, or one per language.", part("words")));
    keys.push(key("example", "true: made up by the starter pack; `check` asks for your own.", switch()));
    let row = {
        let mut row = origin();
        row.push(required("value", "The value of these keys, or one per language.", part("words")));
        mapping(row)
    };
    let by = json!({ "type": "object", "additionalProperties": { "anyOf": [row, part("words")] } });
    keys.push(key("by", "One value for each key; several keys may share one: `\"DE, AT\": 7 days`.", by));
    let mut fact = mapping(keys);
    fact["oneOf"] = json!([{ "required": ["value"] }, { "required": ["by"] }]);
    let scalar = json!({ "type": ["string", "number", "boolean"] });
    let words = json!({ "anyOf": [scalar.clone(), by_language(scalar)] });
    let about = "Numbers that replies quote, each with its source: fact(\"<file>.<name>\").";
    file("Nightdesk facts", about, vec![("words", words)], named(".", fact))
}

/// Returns the schema of `replies/_situations.yaml`.
pub(super) fn situations() -> Value {
    let situation = mapping(vec![
        required("id", "A short name: `chinese-new-year-2027`.", text()),
        key("from", "The first day; without a year (`11-15`) every year.", any_day()),
        key("to", "The last day: a situation without an end is never switched off.", any_day()),
        key("calendar", "Instead of days: the country whose calendar has the holiday, `CN`.", country()),
        key("holiday", "Its English name there: `Chinese New Year`.", text_like(r"\S")),
        key("days_before", "So many days before the holiday it begins; 0 if it is left out.", number(0, 60)),
        key("days_after", "So many days after the holiday it ends; 0 if it is left out.", number(0, 60)),
        required("kind", "What it is; reports count by it.", word(&["holiday", "force_majeure", "peak_season"])),
        required("title", "A few words, by language.", by_language(text())),
        required("text", "What it does to orders, one or two sentences, by language.", by_language(text())),
        key("extra_days", "How many days it adds to a delivery.", number(0, i64::from(u16::MAX))),
        key("example", "true: made up by the starter pack; `check` asks for your own.", switch()),
    ]);
    let mut situation = situation;
    situation["oneOf"] = json!([{ "required": ["from", "to"] }, { "required": ["calendar", "holiday"] }]);
    let mut whole = list(situation);
    whole["type"] = json!(["array", "null"]);
    file("Nightdesk situations", "Dated switches that change what replies say.", vec![], whole)
}

/// A day of one year or of every year.
fn any_day() -> Value {
    text_like("^([0-9]{4}-)?[0-9]{1,2}-[0-9]{1,2}$")
}

fn country() -> Value {
    text_like("^[A-Z]{2}$")
}
