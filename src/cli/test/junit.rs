//! The results as JUnit XML, which build servers show: a suite for each rule file, one for each story file.
//!
//! Times are left out: they differ from run to run and say nothing about rules.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::{
    check::{cases::CaseResult, story::play::Telling},
    cli::test::Report,
    diagnostic::source::FileId,
};

/// Returns the document.
pub(super) fn document(report: &Report<'_>) -> anyhow::Result<String> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    let mut add = |file: FileId, case: TestCase| {
        let path = report.sources.file(file).path.as_str();
        suites.entry(path).or_insert_with(|| TestSuite::new(path)).add_test_case(case);
    };
    for case in &report.cases {
        add(case.span.file, example(report, case));
    }
    for telling in &report.tellings {
        add(telling.story.span.file, story(report, telling));
    }
    for found in &report.broken {
        let span = &found.primary.span;
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(found.message.as_str()).set_type(found.code.as_str());
        let mut case = TestCase::new(report.place(span), status);
        case.set_classname("story file");
        add(span.file, case);
    }
    let mut document = Document::new("nightdesk test");
    document.add_test_suites(suites.into_values());
    Ok(document.to_string()?.trim_end().to_owned())
}

fn example(report: &Report<'_>, example: &CaseResult) -> TestCase {
    let kind = if example.matches { "match" } else { "skip" };
    let status = if example.outcome.holds() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(example.outcome.as_str()).set_message(example.why.as_str());
        status.set_description(format!("{}\n{}", report.place(&example.span), example.text));
        status
    };
    let mut case = TestCase::new(format!("{} {kind} {}", example.language, example.text), status);
    case.set_classname(example.rule.as_str());
    case
}

fn story(report: &Report<'_>, telling: &Telling<'_>) -> TestCase {
    let misses: Vec<_> = telling.turns.iter().flat_map(|turn| &turn.misses).collect();
    let status = match misses.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("story").set_message(format!("expected {}, came {}", first.expected, first.came));
            let line = |miss: &&crate::check::story::claim::Miss| {
                format!("{}\n- {}\n+ {}", report.place(&miss.span), miss.expected, miss.came)
            };
            status.set_description(misses.iter().map(line).collect::<Vec<_>>().join("\n"));
            status
        }
    };
    let mut case = TestCase::new(telling.story.name.as_str(), status);
    case.set_classname("story");
    case
}
