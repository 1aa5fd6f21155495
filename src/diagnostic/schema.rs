//! The words in which a JSON Schema (draft 2020-12) describes a YAML file, so that editors complete keys, explain them
//! and underline mistakes while they are typed.
//!
//! This file knows no file of ours: each layer describes its own files beside their readers.

use serde_json::{Map, Value, json};

/// The dialect that editors and validators are told.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// One key of a mapping.
#[derive(Debug)]
pub struct Key {
    name: &'static str,
    required: bool,
    value: Value,
}

/// Describes a key that may be left out; `about` is shown when the pointer rests on it.
pub fn key(name: &'static str, about: &str, value: Value) -> Key {
    Key { name, required: false, value: described(about, value) }
}

/// Describes a key that must be there.
pub fn required(name: &'static str, about: &str, value: Value) -> Key {
    Key { required: true, ..key(name, about, value) }
}

/// Describes a mapping that has these keys and no others.
pub fn mapping(keys: Vec<Key>) -> Value {
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let properties: Map<String, Value> = keys.into_iter().map(|key| (key.name.to_owned(), key.value)).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// Describes a mapping whose keys are the writer's own: `pattern` is what they look like (ECMA 262).
pub fn named(pattern: &str, value: Value) -> Value {
    let names = json!({ "pattern": pattern });
    Value::from_iter([("type", json!("object")), ("propertyNames", names), ("additionalProperties", value)])
}

/// Describes a mapping of languages.
pub fn by_language(value: Value) -> Value {
    named("^[A-Za-z]{2,3}$", value)
}

/// Describes a list.
pub fn list(value: Value) -> Value {
    Value::from_iter([("type", json!("array")), ("items", value)])
}

/// Describes one value or a list of them.
pub fn one_or_many(value: Value) -> Value {
    json!({ "anyOf": [value.clone(), list(value)] })
}

/// Describes any text.
pub fn text() -> Value {
    json!({ "type": "string" })
}

/// Describes a text that looks like `pattern` (ECMA 262).
pub fn text_like(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// Describes a name of files and folders.
pub fn name() -> Value {
    text_like("^[a-z0-9_]+$")
}

/// Describes one of these words.
pub fn word(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// Describes `true` or `false`.
pub fn switch() -> Value {
    json!({ "type": "boolean" })
}

/// Describes a whole number within bounds, both included.
pub fn number(from: i64, to: i64) -> Value {
    json!({ "type": "integer", "minimum": from, "maximum": to })
}

/// Describes a day: `2027-01-31`.
pub fn day() -> Value {
    text_like(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
}

/// Adds what is shown when the pointer rests on it.
pub fn described(about: &str, mut value: Value) -> Value {
    if let Value::Object(schema) = &mut value {
        schema.insert("description".to_owned(), json!(about));
    }
    value
}

/// Adds a value as somebody would write it.
pub fn with_example(mut value: Value, example: Value) -> Value {
    if let Value::Object(schema) = &mut value {
        schema.insert("examples".to_owned(), vec![example].into());
    }
    value
}

/// Completes the description of a whole file; `parts` are named by `{"$ref": "#/$defs/<name>"}`.
pub fn file(title: &str, about: &str, parts: Vec<(&'static str, Value)>, value: Value) -> Value {
    let mut whole = described(about, value);
    whole["$schema"] = json!(DIALECT);
    whole["title"] = json!(title);
    if !parts.is_empty() {
        whole["$defs"] = parts.into_iter().map(|(name, part)| (name.to_owned(), part)).collect::<Map<_, _>>().into();
    }
    whole
}

/// Names a part of the file.
pub fn part(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}
