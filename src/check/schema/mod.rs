//! JSON Schemas of the files under `rules/`, `replies/` and `tests/`, made from the tables their readers use.
//!
//! A schema is for editors: it completes, explains and underlines while somebody types. `check` remains the judge, for it
//! also knows the other files.

mod rule;
mod story;
mod values;

use serde_json::Value;

/// One kind of file.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Its name on the command line, and the stem of the written schema.
    pub name: &'static str,
    /// Returns the schema.
    pub make: fn() -> Value,
}

/// Every kind of file that lies under `rules/`, `replies/` and `tests/`.
pub const SCHEMAS: &[Schema] = &[
    Schema { name: "rule", make: rule::rule },
    Schema { name: "words", make: rule::words },
    Schema { name: "entities", make: rule::entities },
    Schema { name: "facts", make: values::facts },
    Schema { name: "situations", make: values::situations },
    Schema { name: "story", make: story::story },
];

/// The folder of the written schemas, in the folder of the configuration.
pub const FOLDER: &str = ".nightdesk/schema";

/// Returns the first line that tells editors where the schema of a file lies, with its line break; `path` is relative to
/// the folder of the configuration (`rules/pre_sale/x.yaml`). None if the file has no schema.
pub fn header(path: &str) -> Option<String> {
    let name = kind(path)?;
    let up = "../".repeat(path.matches('/').count());
    Some(format!("# yaml-language-server: $schema={up}{FOLDER}/{name}.json\n"))
}

/// Returns the kind of a file by its place.
fn kind(path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.strip_suffix(".yaml")?.split('/').collect();
    match parts[..] {
        ["config"] => Some("config"),
        ["rules", "_words", _] => Some("words"),
        ["rules", "_entities", _] => Some("entities"),
        ["rules", _, _] => Some("rule"),
        ["replies", "_facts", _] => Some("facts"),
        ["replies", "_situations"] => Some("situations"),
        ["tests", _] => Some("story"),
        ["profiles", _] => Some("profile"),
        _ => None,
    }
}
