//! Bad sources that each law must catch, and good ones it must leave alone: a checker that cannot fail holds nothing.

use super::{
    documents,
    laws::{self, LAWS},
    layers::{self, Layers, TABLE},
    scan::Source,
};

/// Law, path, source; the law must object.
const BAD: &[(&str, &str, &str)] = &[
    ("header", "src/text/word.rs", "use std::fmt;\n"),
    ("header", "src/text/word.rs", "\n//! Too late.\n"),
    ("name", "src/util.rs", "//! Things.\n"),
    ("name", "src/rules/helpers/mod.rs", "//! Things.\n"),
    ("layers", "src/rules/set.rs", "//! .\nuse crate::store::Store;\n"),
    ("layers", "src/rules/set.rs", "//! .\nuse crate::{model::ids, store::Store};\n"),
    ("layers", "src/rules/set.rs", "//! .\nuse crate::{\n    model::{ids::{A, B}, language},\n    store,\n};\n"),
    ("layers", "src/rules/set.rs", "//! .\nfn f() -> crate::channel::Inbox { loop {} }\n"),
    ("layers", "src/rules/set.rs", "//! .\nmacro_rules! m { () => { $crate::engine::Engine } }\n"),
    ("layers", "src/rules/mod.rs", "//! .\nuse super::store::Store;\n"),
    ("layers", "src/library/mod.rs", "//! .\nuse super::channel::Inbox;\n"),
    ("layers", "src/model/ids.rs", "//! .\nuse crate::diagnostic::Span;\n"),
    ("layers", "src/unheard_of/mod.rs", "//! .\n"),
    ("layers", "src/rules/set.rs", "//! .\nconst C: char = '\"'; use crate::store::Store; const D: char = '\"';\n"),
    ("hidden_edges", "src/rules/set.rs", "//! .\nuse super::super::model;\n"),
    ("hidden_edges", "src/rules/set.rs", "//! .\nuse super::{super::model, set};\n"),
    ("hidden_edges", "src/rules/set.rs", "//! .\nuse self::super::super::model;\n"),
    ("hidden_edges", "src/rules/mod.rs", "//! .\npub use set::RuleSet;\n"),
    ("hidden_edges", "src/rules/mod.rs", "//! .\npub(crate) use set::RuleSet;\n"),
    ("hidden_edges", "src/rules/set.rs", "//! .\nuse crate::{self as root};\n"),
    ("hidden_edges", "src/rules/set.rs", "//! .\nuse crate as root;\n"),
    ("hidden_edges", "src/rules/set.rs", "//! .\nuse crate::*;\n"),
    ("globs", "src/rules/set.rs", "//! .\nuse crate::model::*;\n"),
    ("globs", "src/rules/set.rs", "//! .\nuse std::{fmt, collections::*};\n"),
    ("purity", "src/engine/mod.rs", "//! .\nuse tokio::sync::mpsc;\n"),
    ("purity", "src/engine/mod.rs", "//! .\nuse std::{collections::BTreeMap, fs};\n"),
    ("purity", "src/engine/mod.rs", "//! .\nfn f() { std::env::var(\"X\").ok(); }\n"),
    ("purity", "src/engine/mod.rs", "//! .\nfn f() { jiff::Timestamp::now(); }\n"),
    ("purity", "src/engine/mod.rs", "//! .\nfn f() { Instant::now(); }\n"),
    ("purity", "src/engine/mod.rs", "//! .\nasync fn f() {}\n"),
    ("purity", "src/channel/email/parse.rs", "//! .\nuse std::net::IpAddr;\n"),
    ("database", "src/service/intake.rs", "//! .\nuse sqlx::PgPool;\n"),
    ("database", "src/service/intake.rs", "//! .\nfn f(tx: &mut Tx) {}\n"),
    ("database", "src/store/outbox.rs", "//! .\nuse lettre::Transport;\n"),
    ("database", "src/store/outbox.rs", "//! .\nuse tokio::{net::TcpStream, time};\n"),
    ("database", "src/store/outbox.rs", "//! .\nfn f(asked: tokio::sync::oneshot::Receiver<()>) {}\n"),
    ("database", "src/store/outbox.rs", "//! .\npub async fn begin(&self) -> Tx {}\n"),
    ("database", "src/store/outbox.rs", "//! .\npub async fn with<R: Future>(&self, f: impl FnOnce() -> R) {}\n"),
    ("purity", "src/channel/telegram/compose/mod.rs", "//! .\nuse reqwest::Client;\n"),
];

/// Law, path, source; the law must stay silent.
const GOOD: &[(&str, &str, &str)] = &[
    ("layers", "src/rules/set.rs", "//! .\nuse crate::{diagnostic::Span, model::ids, text::folded::Folded};\n"),
    ("layers", "src/rules/set.rs", "//! .\n// use crate::store::Store;\n/* crate::store /* deep */ crate::store */\n"),
    ("layers", "src/rules/set.rs", "//! .\nconst A: &str = \"crate::store\"; const B: &str = r#\"\"crate::store\"#;\n"),
    (
        "layers",
        "src/rules/set.rs",
        "//! .\nfn f<'a>(x: &'a str) -> (char, &'a str) { ('\\'', x) }\npub(crate) fn g() {}\n",
    ),
    (
        "layers",
        "src/rules/set.rs",
        "//! .\nuse crate::rules::{rule as store, set};\nmod tests {\n    use super::store;\n}\n",
    ),
    ("layers", "src/channel/mod.rs", "//! .\nmod tests {\n    use super::store::fake;\n}\n"),
    ("hidden_edges", "src/rules/set.rs", "//! .\nuse super::rule::Rule;\npub(super) fn f() {}\n"),
    ("globs", "src/rules/set.rs", "//! .\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n"),
    ("globs", "src/rules/set.rs", "//! .\nconst AREA: usize = limits::WIDTH * 2;\n"),
    (
        "purity",
        "src/channel/email/imap/mod.rs",
        "//! .\nuse tokio::net::TcpStream;\nasync fn f() { Instant::now(); }\n",
    ),
    ("purity", "src/engine/mod.rs", "//! .\n/// Never `async`, never tokio.\nfn now(operand: u8) -> u8 { operand }\n"),
    ("database", "src/store/outbox.rs", "//! .\nuse sqlx::PgPool;\npub(super) async fn f(tx: &mut Tx) {}\n"),
    ("database", "src/service/intake.rs", "//! .\nuse tokio::{net::TcpStream, sync::oneshot};\n"),
    ("header", "src/text/word.rs", "//! One word.\n"),
];

fn objects(law: &str, path: &str, text: &str) -> bool {
    let (_, judge) = LAWS.iter().find(|(name, _)| *name == law).expect("the law is in the list");
    !judge(&Source::new(path, text), &Layers::read(TABLE)).is_empty()
}

fn function_of(lines: usize) -> String {
    format!("//! .\nfn long(\n) -> [u8; 2] {{\n{}}}\n", "    // One line.\n".repeat(lines - 3))
}

#[test]
fn each_law_catches_its_seeded_breaches() {
    for (law, path, text) in BAD {
        assert!(objects(law, path, text), "`{law}` must object to {path}:\n{text}");
    }
}

#[test]
fn no_law_objects_to_lawful_code() {
    for (law, path, text) in GOOD {
        assert!(!objects(law, path, text), "`{law}` must not object to {path}:\n{text}");
    }
}

#[test]
fn sizes_are_counted_to_the_line() {
    let file = |lines: usize| format!("//! .\n{}", "// One line.\n".repeat(lines - 1));
    assert!(!objects("size", "src/text/word.rs", &file(laws::MAX_FILE_LINES)));
    assert!(objects("size", "src/text/word.rs", &file(laws::MAX_FILE_LINES + 1)));
    assert!(!objects("size", "tests/it/text.rs", &function_of(laws::MAX_FUNCTION_LINES)));
    assert!(objects("size", "tests/it/text.rs", &function_of(laws::MAX_FUNCTION_LINES + 1)));
}

#[test]
fn every_law_has_a_seeded_breach() {
    let seeded = |law: &str| law == "size" || BAD.iter().any(|(name, _, _)| *name == law);
    let bare: Vec<&str> = LAWS.iter().map(|(name, _)| *name).filter(|name| !seeded(name)).collect();
    assert!(bare.is_empty(), "laws without a seeded breach: {bare:?}");
}

#[test]
fn a_cycle_is_found_and_a_ladder_is_not() {
    let graph = |edges: &[(&str, &str)]| {
        edges.iter().map(|(from, to)| ((*from).to_owned(), [(*to).to_owned()].into())).collect()
    };
    assert_eq!(layers::cycle(&graph(&[("a", "b"), ("b", "c"), ("c", "c")])), None);
    let found = layers::cycle(&graph(&[("a", "b"), ("b", "c"), ("c", "b")])).expect("b and c import each other");
    assert!(found.contains(&"b".to_owned()) && found.contains(&"c".to_owned()));
}

#[test]
fn documents_claim_paths_in_spans_and_links_only() {
    let text = "See `src/nowhere.rs`, [a page](other.md#top), [up](../LICENSE) and `channel/folder.rs`;\n\
                `rules/<category>/x.yaml`, `docs/*.md`, [web](https://a.example/b), `cargo test` and `either/or` are none.\n\
                ```sh\n`src/fenced.rs`\n```\n";
    let found = documents::paths("docs/page.md", text, &["src", "docs", "rules", "LICENSE"]);
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["src/nowhere.rs", "channel/folder.rs", "docs/other.md", "LICENSE"]);
}

#[test]
fn invariants_name_their_tests_in_the_last_column() {
    let page = "# A\n## Invariants\n\n| what | test |\n|---|---|\n| `decide` is pure | `a_test`, `b_test` |\n## Next\n| `c` | `d` |\n";
    assert_eq!(documents::named_tests(page), ["a_test", "b_test"]);
}
