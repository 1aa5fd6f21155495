//! The laws a source file must obey, one function per law. `LAWS` is the list; each has seeded bad sources in
//! `seeded.rs` that it must catch.

use super::{
    layers::{Layers, module_of},
    scan::{Path, Source, is_word},
};

/// Longest file, in lines. Longer ones hold more than one idea.
pub(super) const MAX_FILE_LINES: usize = 600;

/// Longest function, in lines: one screen without scrolling.
pub(super) const MAX_FUNCTION_LINES: usize = 60;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

/// Crates that do I/O, read a clock or throw dice; a pure module names none of them.
const IMPURE_CRATES: &[&str] = &["tokio", "rand", "getrandom", "sqlx", "reqwest"];

/// Rooms of the standard library that do I/O.
const IMPURE_STD: &[&str] = &["fs", "net", "env", "process"];

/// Types whose `now` reads the clock.
const CLOCKS: &[&str] = &["SystemTime", "Instant", "Timestamp", "Zoned"];

/// What speaks to the outside; the store, where transactions are open, names none of it.
const NETWORK: &[&str] =
    &["reqwest", "lettre", "teloxide", "rustls", "net", "mpsc", "oneshot", "Notify", "JoinSet", "spawn"];

/// One breach of one law.
#[derive(Debug)]
pub(super) struct Breach {
    /// File and line.
    pub(super) place: String,
    /// What is wrong.
    pub(super) what: String,
}

/// One law over one source file.
pub(super) type Law = fn(&Source, &Layers) -> Vec<Breach>;

/// Every law, by name.
pub(super) const LAWS: &[(&str, Law)] = &[
    ("header", header),
    ("size", size),
    ("name", name),
    ("layers", layers),
    ("hidden_edges", hidden_edges),
    ("globs", globs),
    ("purity", purity),
    ("database", database),
];

/// Returns the modules this file imports, by absolute path or by `super` from the top of a module.
pub(super) fn imports(source: &Source) -> Vec<(String, usize)> {
    source.paths().iter().filter_map(|path| Some((from_root(source, path)?, path.line))).collect()
}

fn header(source: &Source, _: &Layers) -> Vec<Breach> {
    let said = source.text.starts_with("//! ");
    if said {
        vec![]
    } else {
        vec![breach(source, 1, "does not open with a `//!` header that says what the file is for")]
    }
}

fn size(source: &Source, _: &Layers) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let lines = source.text.lines().count();
    if lines > MAX_FILE_LINES {
        breaches.push(breach(source, lines, &format!("has {lines} lines, at most {MAX_FILE_LINES} are allowed")));
    }
    for function in source.functions() {
        let lines = function.last - function.first + 1;
        if lines > MAX_FUNCTION_LINES {
            let what = format!("`{}` has {lines} lines, at most {MAX_FUNCTION_LINES} are allowed", function.name);
            breaches.push(breach(source, function.first, &what));
        }
    }
    breaches
}

fn name(source: &Source, _: &Layers) -> Vec<Breach> {
    let parts = source.path.split('/').map(|part| part.trim_end_matches(".rs"));
    parts
        .filter(|part| EMPTY_NAMES.contains(part))
        .map(|part| breach(source, 1, &format!("`{part}` does not name an idea")))
        .collect()
}

fn layers(source: &Source, layers: &Layers) -> Vec<Breach> {
    let Some(module) = module_of(&source.path) else { return vec![] };
    let Some(allowed) = layers.may_import.get(module) else {
        return vec![breach(source, 1, &format!("module `{module}` has no row in the layer table"))];
    };
    let foreign = imports(source).into_iter().filter(|(import, _)| import != module && !allowed.contains(import));
    foreign.map(|(import, line)| breach(source, line, &format!("`{module}` may not import `{import}`"))).collect()
}

fn hidden_edges(source: &Source, _: &Layers) -> Vec<Breach> {
    if !source.path.starts_with("src/") {
        return vec![];
    }
    let mut breaches = Vec::new();
    for path in source.paths() {
        if path.segments.windows(2).any(|pair| pair[1] == "super" && (pair[0] == "super" || pair[0] == "self")) {
            breaches.push(breach(source, path.line, "`super::super` hides an edge: write `crate::…`"));
        }
        let whole_crate = path.segments.get(1).is_none_or(|first| matches!(first.as_str(), "self" | "*"));
        if path.segments[0] == "crate" && whole_crate {
            breaches.push(breach(source, path.line, "imports the whole crate: name the module"));
        }
    }
    for at in 0..source.tokens.len() {
        if source.word(at) == "use" && is_public(source, at) {
            breaches.push(breach(source, source.tokens[at].line, "a re-export hides an edge: import from its home"));
        }
        if source.word(at) == "use" && source.word(at + 1) == "crate" && source.word(at + 2) == "as" {
            breaches.push(breach(source, source.tokens[at].line, "renames the crate: name the module"));
        }
    }
    breaches
}

fn globs(source: &Source, _: &Layers) -> Vec<Breach> {
    if !source.path.starts_with("src/") {
        return vec![];
    }
    let glob = |path: &&Path| path.segments.last().is_some_and(|last| last == "*");
    let imported = |path: &&Path| source.word(path.at.wrapping_sub(1)) == "use";
    let in_tests = |path: &&Path| source.inline_modules(path.at).contains(&"tests");
    let paths = source.paths();
    let found = paths.iter().filter(glob).filter(imported).filter(|path| !in_tests(path));
    found.map(|path| breach(source, path.line, "a glob import hides names: list them")).collect()
}

fn purity(source: &Source, layers: &Layers) -> Vec<Breach> {
    if !layers.is_pure(&source.path) {
        return vec![];
    }
    let mut breaches = Vec::new();
    for path in source.paths() {
        let room = path.segments.get(1).map_or("", String::as_str);
        let impure_std = path.segments[0] == "std" && IMPURE_STD.contains(&room);
        let clock = path.segments.windows(2).any(|pair| CLOCKS.contains(&pair[0].as_str()) && pair[1] == "now");
        if impure_std || clock {
            breaches.push(breach(source, path.line, &format!("names `{}` in a pure module", path.segments.join("::"))));
        }
    }
    for token in &source.tokens {
        if IMPURE_CRATES.contains(&token.text.as_str()) {
            breaches.push(breach(source, token.line, &format!("names `{}` in a pure module", token.text)));
        }
        if token.text == "async" {
            breaches.push(breach(source, token.line, "is async in a pure module"));
        }
    }
    breaches
}

/// No transaction is open over anything but the database: only the store speaks to it, transactions do not leave the
/// store, and the store neither speaks to anybody else nor waits for another task.
fn database(source: &Source, _: &Layers) -> Vec<Breach> {
    if !source.path.starts_with("src/") {
        return vec![];
    }
    let in_store = source.path.starts_with("src/store/");
    let mut breaches = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        let word = token.text.as_str();
        if !in_store && matches!(word, "sqlx" | "Tx") {
            breaches.push(breach(source, token.line, &format!("names `{word}` outside the store")));
        }
        if in_store && NETWORK.contains(&word) {
            breaches.push(breach(source, token.line, &format!("names `{word}` where transactions are open")));
        }
        let leaves = in_store && word == "fn" && is_exported(source, at);
        if leaves && signature(source, at).any(|word| matches!(word, "Tx" | "Future" | "FnOnce" | "FnMut" | "AsyncFn"))
        {
            breaches.push(breach(source, token.line, "lets a transaction out, or foreign code into one"));
        }
    }
    breaches
}

/// Says whether a function is `pub` without a limit.
fn is_exported(source: &Source, at: usize) -> bool {
    let before = at.wrapping_sub(1);
    source.word(if source.word(before) == "async" { at.wrapping_sub(2) } else { before }) == "pub"
}

/// Returns the words of a function's head.
fn signature(source: &Source, at: usize) -> impl Iterator<Item = &str> {
    (at..source.tokens.len()).map(|at| source.word(at)).take_while(|word| *word != "{")
}

/// Returns the module at the crate's root that the path leads to; none if it stays inside or leaves the crate.
fn from_root(source: &Source, path: &Path) -> Option<String> {
    let target = path.segments.get(1)?;
    let at_root = match path.segments[0].as_str() {
        "crate" => true,
        "super" => is_module_top(&source.path) && source.inline_modules(path.at).is_empty(),
        _ => false,
    };
    (at_root && is_word(target) && target != "self").then(|| target.clone())
}

/// Says whether `super` at the top of this file is the crate's root.
fn is_module_top(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts[0] == "src" && (parts.len() == 2 || parts.len() == 3 && parts[2] == "mod.rs")
}

/// Says whether the word is preceded by `pub` or `pub(…)`.
fn is_public(source: &Source, at: usize) -> bool {
    if at == 0 {
        return false;
    }
    if source.word(at - 1) != ")" {
        return source.word(at - 1) == "pub";
    }
    let open = (0..at).rev().find(|&i| source.word(i) == "(");
    open.is_some_and(|open| open > 0 && source.word(open - 1) == "pub")
}

fn breach(source: &Source, line: usize, what: &str) -> Breach {
    Breach { place: format!("{}:{line}", source.path), what: what.to_owned() }
}
