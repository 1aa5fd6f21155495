//! Checks a request against the published Bot API: methods, parameters, types. The extract is described in
//! `tests/data/telegram/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The extract of the Bot API that we speak.
#[derive(Debug, Deserialize)]
pub(crate) struct Schema {
    methods: BTreeMap<String, BTreeMap<String, Field>>,
    types: BTreeMap<String, BTreeMap<String, Field>>,
    /// Every kind of update.
    pub(crate) update_kinds: Vec<String>,
    /// Every field of a message.
    pub(crate) message_fields: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Field {
    types: Vec<String>,
    required: bool,
}

impl Schema {
    /// Reads the committed extract.
    pub(crate) fn load() -> Self {
        serde_json::from_str(include_str!("../../../data/telegram/bot-api.json"))
            .expect("the extract is JSON of this form")
    }

    /// Returns everything that is wrong with a call, in words.
    pub(crate) fn check(&self, method: &str, parameters: &Value) -> Vec<String> {
        let Some(fields) = self.methods.get(method) else {
            return vec![format!("there is no method `{method}`")];
        };
        let mut wrong = Vec::new();
        self.object(method, fields, parameters, &mut wrong);
        if wrong.is_empty() {
            self.ranges(method, parameters, &mut wrong);
        }
        wrong
    }

    fn object(&self, place: &str, fields: &BTreeMap<String, Field>, value: &Value, wrong: &mut Vec<String>) {
        let Some(given) = value.as_object() else {
            wrong.push(format!("{place}: expected an object, found {value}"));
            return;
        };
        for (name, value) in given {
            let place = format!("{place}.{name}");
            match fields.get(name) {
                None => wrong.push(format!("{place}: there is no such parameter")),
                Some(field) => self.value(&place, &field.types, value, wrong),
            }
        }
        let missing = fields.iter().filter(|(name, field)| field.required && !given.contains_key(*name));
        wrong.extend(missing.map(|(name, _)| format!("{place}.{name}: required, but missing")));
    }

    fn value(&self, place: &str, types: &[String], value: &Value, wrong: &mut Vec<String>) {
        let mut stories = Vec::new();
        for name in types {
            let mut story = Vec::new();
            self.one(place, name, value, &mut story);
            if story.is_empty() {
                return;
            }
            stories.extend(story);
        }
        wrong.extend(stories);
    }

    fn one(&self, place: &str, name: &str, value: &Value, wrong: &mut Vec<String>) {
        if let Some(element) = name.strip_prefix("Array of ") {
            match value.as_array() {
                None => wrong.push(format!("{place}: expected {name}, found {value}")),
                Some(items) => items.iter().for_each(|item| self.one(place, element, item, wrong)),
            }
            return;
        }
        let fits = match name {
            "Integer" => value.is_i64(),
            "Float" => value.is_number(),
            "String" => value.is_string(),
            "Boolean" => value.is_boolean(),
            _ => match self.types.get(name) {
                Some(fields) => return self.object(place, fields, value, wrong),
                None => false,
            },
        };
        if !fits {
            wrong.push(format!("{place}: expected {name}, found {value}"));
        }
    }

    /// What the descriptions demand and no type says.
    fn ranges(&self, method: &str, parameters: &Value, wrong: &mut Vec<String>) {
        if method == "sendMessage" {
            let units = parameters["text"].as_str().unwrap_or_default().encode_utf16().count();
            if !(1..=4096).contains(&units) {
                wrong.push(format!("sendMessage.text: 1 to 4096 UTF-16 units allowed, found {units}"));
            }
        }
        if method == "getUpdates" {
            if parameters["limit"].as_i64().is_some_and(|limit| !(1..=100).contains(&limit)) {
                wrong.push("getUpdates.limit: 1 to 100 allowed".to_owned());
            }
            let kinds = parameters["allowed_updates"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let unknown = kinds.filter(|kind| !self.update_kinds.iter().any(|known| known == kind));
            wrong.extend(unknown.map(|kind| format!("getUpdates.allowed_updates: there is no kind `{kind}`")));
        }
    }
}
