//! A program with a token, as integrations are. Whatever it is told is held against the OpenAPI file.

use jiff::Timestamp;
use nightdesk::{
    console::{self, guard::secret},
    model::{agent::Role, ids::AccountName},
    store::{audit::Actor, tokens::NewToken},
};
use serde_json::{Value, json};

use super::house::{House, Told};

/// A program that came in with a token of its own.
pub(super) struct Program<'a> {
    house: &'a House,
    bearer: String,
}

/// What it was told.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) told: Told,
}

impl Heard {
    /// Returns the value at a pointer such as `/tickets/0/ticket/id`.
    pub(super) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {:#}", self.body))
    }

    /// Returns the status and the word of the problem.
    pub(super) fn problem(&self) -> (u16, &str) {
        (self.status, self.at("/code").as_str().expect("a word"))
    }
}

/// Makes a token that is in force.
pub(super) async fn token(house: &House, name: &str, role: Role, accounts: Option<&[AccountName]>) {
    let new = NewToken { name, role, accounts, hash: &secret::hash(&format!("nightdesk_{name}")) };
    assert!(house.store.add_token(&new, &Actor::here("terminal"), Timestamp::now()).await.expect("added"));
}

impl<'a> Program<'a> {
    pub(super) async fn of(house: &'a House, name: &str, role: Role, accounts: Option<&[AccountName]>) -> Self {
        token(house, name, role, accounts).await;
        Self { house, bearer: format!("Bearer nightdesk_{name}") }
    }

    pub(super) async fn get(&self, path: &str) -> Heard {
        heard("GET", path, self.house.ask("GET", path, &[("authorization", &self.bearer)], "").await)
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Heard {
        self.post_with(path, &[], body).await
    }

    pub(super) async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Heard {
        let mut all = vec![("authorization", self.bearer.as_str()), ("content-type", "application/json")];
        all.extend(headers);
        heard("POST", path, self.house.ask("POST", path, &all, &body.to_string()).await)
    }
}

/// Reads an answer, and holds it against what is written of it.
pub(super) fn heard(method: &str, path: &str, told: Told) -> Heard {
    let kind = told.header("content-type").unwrap_or_default().to_owned();
    let body = if kind.ends_with("json") {
        serde_json::from_str(&told.body).unwrap_or_else(|error| panic!("{error} in {}", told.body))
    } else {
        Value::Null
    };
    let heard = Heard { status: told.status, body, told };
    if let Some(schema) = schema(method, path, heard.status, &kind) {
        let validator = jsonschema::validator_for(&schema).expect("the schema is one");
        let wrong: Vec<String> =
            validator.iter_errors(&heard.body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{method} {path} {}: {}\n{:#}", heard.status, wrong.join("\n"), heard.body);
    }
    heard
}

/// Returns the OpenAPI file.
pub(super) fn description() -> Value {
    serde_json::from_str(console::openapi()).expect("it is JSON")
}

/// Returns what an answer must look like; none for bytes, and for paths that are none.
fn schema(method: &str, path: &str, status: u16, kind: &str) -> Option<Value> {
    let description = description();
    let path = path.split('?').next().unwrap_or_default();
    let paths = description["paths"].as_object().expect("paths");
    let Some((_, item)) = paths.iter().find(|(template, _)| is_of(path, template)) else {
        assert!(matches!(status, 401 | 404), "{method} {path} is not described and answers {status}");
        return None;
    };
    let Some(operation) = item.get(method.to_lowercase()) else {
        assert_eq!(status, 405, "{method} {path} is not described");
        return None;
    };
    let responses = &operation["responses"];
    let response = responses.get(status.to_string()).unwrap_or(&responses["default"]);
    assert!(status >= 400 || responses.get(status.to_string()).is_some(), "{method} {path}: {status} is not described");
    let content = response["content"].get(kind);
    let content = content.unwrap_or_else(|| panic!("{method} {path} {status}: {kind} is not described: {response:#}"));
    kind.ends_with("json").then(|| {
        let mut components = description["components"].clone();
        close(&mut components);
        json!({"allOf": [content["schema"]], "components": components})
    })
}

fn is_of(path: &str, template: &str) -> bool {
    let (path, template) = (path.split('/'), template.split('/'));
    path.clone().count() == template.clone().count()
        && path.zip(template).all(|(part, named)| named.starts_with('{') || part == named)
}

/// Forbids in every schema what it does not name: the file is to know all that is said.
fn close(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        if object.contains_key("properties") && !object.contains_key("additionalProperties") {
            object.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        object.values_mut().for_each(close);
    } else if let Some(list) = schema.as_array_mut() {
        list.iter_mut().for_each(close);
    }
}
