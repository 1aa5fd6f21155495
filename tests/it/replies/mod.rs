//! Replies: what is refused before a buyer sees it, and what a buyer reads.

mod composing;
mod facts;
mod formats;
mod mails;
mod pack;
mod reference;
mod templates;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use jiff::{Zoned, civil::Date};
use nightdesk::{
    diagnostic::{
        Diagnostic, Severity,
        source::{FileId, SourceMap},
    },
    model::{ids::ReplyId, inbound::ChannelKind, language::Language, outbound::OutboundKind},
    replies::catalog::{Catalog, HumanEta, Order, RenderError, Rendered, Rest, Values},
};

fn data(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/replies").join(path)
}

/// Compares with the expected file; `UPDATE=1` rewrites it, and a missing one is written and fails once.
fn expect(path: &str, actual: &str) {
    let path = data(path);
    let expected = fs::read_to_string(&path);
    if std::env::var_os("UPDATE").is_some() || expected.is_err() {
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folder made");
        fs::write(&path, actual).expect("expected file written");
    }
    if std::env::var_os("UPDATE").is_none() {
        assert_eq!(expected.expect("expected file was missing and is written now"), actual, "{}", path.display());
    }
}

/// A catalog from files held in the test.
fn catalog(files: &[(&str, &str)]) -> (SourceMap, Catalog, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let ids: Vec<FileId> = files.iter().map(|(path, text)| sources.add(*path, *text)).collect();
    let (catalog, diagnostics) = Catalog::read(&sources, &ids);
    (sources, catalog, diagnostics)
}

/// Findings as one line each: place, severity, code, message, help.
fn listed(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let mut lines = String::new();
    for found in diagnostics {
        let span = &found.primary.span;
        let (line, column) = sources.line_column(span.file, span.range.start);
        let severity = if found.severity == Severity::Error { "error" } else { "warning" };
        let help = found.help.as_deref().unwrap_or("-");
        let text = sources.file(span.file).text.get(span.range.clone()).unwrap_or_default();
        let _ = write!(
            lines,
            "{}:{line}:{column}: {severity}[{}] {} at {text:?}\n  help: {help}\n",
            sources.file(span.file).path,
            found.code,
            found.message,
        );
    }
    lines
}

fn values() -> Values {
    Values {
        buyer_first_name: Some("Anna".to_owned()),
        buyer_next_workday: Some(date("2026-12-28")),
        shop_name: "Lantern Home".to_owned(),
        entities: BTreeMap::new(),
        order: None,
        human_eta: Some(HumanEta { at: moment("2026-11-23T09:30+08:00[Asia/Shanghai]"), zone_known: false }),
        satisfaction_url: None,
        desk_hours: Some("Mon–Fri 09:30–18:30 (UTC+8)".to_owned()),
        automatic: true,
    }
}

fn moment(written: &str) -> Zoned {
    written.parse().expect("a moment with a zone")
}

fn date(written: &str) -> Date {
    written.parse().expect("a date")
}

fn language(code: &str) -> Language {
    code.parse().expect("a language")
}

/// Renders as an automatic mail on 20 November 2026.
fn render(catalog: &Catalog, replies: &[&str], code: &str, values: &Values) -> Result<Rendered, RenderError> {
    let replies: Vec<ReplyId> = replies.iter().map(|reply| ReplyId::new(*reply)).collect();
    catalog.render(&Order {
        kind: OutboundKind::Answer,
        replies: &replies,
        language: language(code),
        channel: ChannelKind::Email,
        values,
        today: date("2026-11-20"),
        switched: &[],
        rest: Rest::Nothing,
    })
}
