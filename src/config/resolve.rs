//! Fills `${NAME}` and `${NAME:-default}` in the values of the configuration, and reads secret files.
//!
//! Only the configuration is filled; rules and replies may contain `${` as text. `$${` writes a literal `${`.

use std::{fs, path::Path};

use secrecy::SecretString;

use crate::{
    config::Environment,
    diagnostic::{
        Code, Diagnostic,
        source::{FileId, Span},
        yaml::{Kind, Node},
    },
};

/// A `${NAME}` without a value.
pub(super) const MISSING_VARIABLE: Code = Code::new("missing-variable");
/// A `${NAME}` without a value where a secret is expected: files can be checked and tried out without it.
pub(super) const UNSET_SECRET: Code = Code::new("unset-secret");
/// A secret file that cannot be read, is empty or open to other users.
pub(super) const SECRET_FILE: Code = Code::new("secret-file");

/// The keys whose values are secrets.
const SECRETS: [&str; 5] = ["password", "token", "client_secret", "refresh_token", "secret"];

/// A secret file holds one line; larger files are a mistake in the path.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Replaces the variables in all text values under a node. A missing one is reported and left as written; a missing
/// secret is reported as a warning, because only a service that runs needs it.
pub(super) fn fill(file: FileId, node: &mut Node, environment: Environment<'_>, found: &mut Vec<Diagnostic>) {
    match &mut node.kind {
        Kind::Text(text) if text.contains("${") => match filled(text, environment) {
            Ok(full) => *text = full,
            Err(name) => {
                let message = format!("the environment variable `{name}` is not set");
                let help = format!("set it before starting (`export {name}=…`), or write `${{{name}:-default}}`");
                let span = Span::new(file, node.span.clone());
                found.push(Diagnostic::error(MISSING_VARIABLE, message, span, "needs it").help(help));
            }
        },
        Kind::List(items) => items.iter_mut().for_each(|item| fill(file, item, environment, found)),
        Kind::Mapping(entries) => {
            for (key, value) in entries {
                let secret = key.as_text().is_some_and(|key| SECRETS.contains(&key));
                match value.as_text().filter(|_| secret).map(|text| filled(text, environment)) {
                    Some(Err(name)) => found.push(unset(file, value, &name)),
                    _ => fill(file, value, environment, found),
                }
            }
        }
        _ => {}
    }
}

fn unset(file: FileId, node: &Node, name: &str) -> Diagnostic {
    let message = format!("the secret in `{name}` is not set");
    let help = format!("`run` needs it: set it before starting (`export {name}=…`), or name a file with it");
    let span = Span::new(file, node.span.clone());
    Diagnostic::warning(UNSET_SECRET, message, span, "needed to run").help(help)
}

/// Returns the text with all variables replaced, or the name of the first one without a value.
fn filled(text: &str, environment: Environment<'_>) -> Result<String, String> {
    let mut full = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            full.push_str(&rest[..start - 1]);
            full.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        let Some(length) = rest[start..].find('}') else { break };
        let inside = &rest[start + 2..start + length];
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (inside, None),
        };
        let value = environment(name).filter(|value| !value.is_empty()).or(default).ok_or_else(|| name.to_owned())?;
        full.push_str(&rest[..start]);
        full.push_str(&value);
        rest = &rest[start + length + 1..];
    }
    full.push_str(rest);
    Ok(full)
}

/// Reads a secret from a file, without its final line break.
pub(super) fn secret_file(path: &Path, span: &Span) -> Result<SecretString, Diagnostic> {
    let problem =
        |message: String, help: &str| Diagnostic::error(SECRET_FILE, message, span.clone(), "this file").help(help);
    let shown = path.display();
    let metadata = fs::metadata(path).map_err(|error| {
        problem(
            format!("cannot read the secret file {shown}: {error}"),
            "check the path; it is relative to the configuration file",
        )
    })?;
    if !metadata.is_file() || metadata.len() > MAX_SECRET_BYTES {
        return Err(problem(
            format!("{shown} is not a file with one secret"),
            "put the secret alone into a small file",
        ));
    }
    if open_to_others(&metadata) {
        let help = format!("run `chmod 600 {shown}`");
        return Err(problem(format!("the secret file {shown} can be read by other users"), &help));
    }
    let text = fs::read_to_string(path).map_err(|error| {
        problem(
            format!("cannot read the secret file {shown}: {error}"),
            "give the user that runs nightdesk the right to read it",
        )
    })?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(problem(format!("the secret file {shown} is empty"), "write the secret into it"));
    }
    Ok(SecretString::from(secret.to_owned()))
}

#[cfg(unix)]
fn open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_metadata: &fs::Metadata) -> bool {
    false
}
