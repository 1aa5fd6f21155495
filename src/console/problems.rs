//! What is wrong with the seller's files as they are now, and what became of them each time they were read.

use askama::Template;
use axum::extract::State;
use jiff::{Timestamp, Zoned, tz::TimeZone};

use crate::{
    check::codes,
    console::{
        Shop,
        problem::Answer,
        rules::{Tab, Tabs, fill_numbered},
        shell::{Place, Shell, page},
        visit::Visit,
        words::{fill, rules::Words},
    },
    diagnostic::{Diagnostic, Severity, source::SourceMap},
    library::shelf::Review,
    model::reload::{Cause, Reload},
};

/// More findings than anybody reads on one page.
const MAX_SHOWN: usize = 200;

/// Longer lines of files are cut around the place.
const MAX_LINE: usize = 200;

/// So many readings are shown.
const MAX_RELOADS: u32 = 200;

#[derive(Template)]
#[template(path = "problems.html")]
struct Problems {
    shell: Shell,
    words: &'static Words,
    tabs: Tabs,
    errors: usize,
    warnings: usize,
    more: Option<String>,
    unreadable: Option<String>,
    differs: bool,
    checked: String,
    found: Vec<Finding>,
}

#[derive(Debug)]
struct Finding {
    error: bool,
    message: String,
    code: &'static str,
    place: String,
    excerpt: Excerpt,
    help: Option<String>,
    explained: Option<String>,
    related: Vec<String>,
}

/// The line a finding points at, cut into what stands before, at and behind the place.
#[derive(Debug, Default, PartialEq, Eq)]
struct Excerpt {
    number: usize,
    before: String,
    at: String,
    after: String,
    label: String,
}

/// Shows what `check` says of the files.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit) -> Answer {
    let words = Words::of(visit.tongue);
    let shelf = shop.shelf.clone();
    let reviewed = shop.busy.work(move || {
        shelf.review(Timestamp::now()).map(|review| {
            let findings = findings(&review);
            (review, findings)
        })
    });
    let reviewed = reviewed.await?;
    let zone = shop.live.engine().settings().desk.zone.clone();
    let mut shown = Problems {
        shell: Shell::of(&shop, &visit, Some(Place::Rules)).await?,
        words,
        tabs: Tabs::of(visit.tongue, Tab::Problems),
        errors: 0,
        warnings: 0,
        more: None,
        unreadable: None,
        differs: false,
        checked: String::new(),
        found: Vec::new(),
    };
    match reviewed {
        Err(why) => shown.unreadable = Some(fill(words.cannot_check, &[&why])),
        Ok((review, findings)) => {
            let errors = review.found.iter().filter(|found| found.severity == Severity::Error).count();
            shown.errors = errors;
            shown.warnings = review.found.len() - errors;
            shown.more = (review.found.len() > MAX_SHOWN).then(|| fill(words.more_problems, &[&MAX_SHOWN.to_string()]));
            shown.differs = review.rule_set != shop.live.engine().hash();
            shown.checked = fill(words.checked, &[&hour(review.at, &zone)]);
            shown.found = findings;
        }
    }
    page(&shown)
}

/// Returns the findings as they are shown: errors first, each in the order of the files.
fn findings(review: &Review) -> Vec<Finding> {
    let mut found: Vec<&Diagnostic> = review.found.iter().collect();
    let place = |found: &Diagnostic| {
        let span = &found.primary.span;
        (review.sources.file(span.file).path.clone(), span.range.start)
    };
    found.sort_by_cached_key(|found| (found.severity == Severity::Warning, place(found)));
    found.into_iter().take(MAX_SHOWN).map(|found| finding(found, &review.sources)).collect()
}

fn finding(found: &Diagnostic, sources: &SourceMap) -> Finding {
    let span = &found.primary.span;
    let named = |span: &crate::diagnostic::source::Span| {
        let (line, column) = sources.line_column(span.file, span.range.start);
        format!("{}:{line}:{column}", sources.file(span.file).path)
    };
    let related = found.related.iter().map(|label| format!("{}: {}", named(&label.span), label.text));
    let mut excerpt = excerpt(&sources.file(span.file).text, &span.range);
    excerpt.label.clone_from(&found.primary.text);
    Finding {
        error: found.severity == Severity::Error,
        message: found.message.clone(),
        code: found.code.as_str(),
        place: named(span),
        excerpt,
        help: found.help.clone(),
        explained: codes::explain(found.code.as_str()).ok(),
        related: related.collect(),
    }
}

/// Returns the line in which a place begins; of a place over several lines, its first.
fn excerpt(text: &str, range: &std::ops::Range<usize>) -> Excerpt {
    let start = text.floor_char_boundary(range.start);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let end = text.floor_char_boundary(range.end).clamp(start, line_end);
    let number = text[..start].matches('\n').count() + 1;
    let cut = |part: &str, from_end: bool| {
        let length = part.chars().count();
        if length <= MAX_LINE {
            return part.to_owned();
        }
        if from_end {
            return format!("…{}", part.chars().skip(length - MAX_LINE).collect::<String>());
        }
        format!("{}…", part.chars().take(MAX_LINE).collect::<String>())
    };
    Excerpt {
        number,
        before: cut(&text[line_start..start], true),
        at: cut(&text[start..end], false),
        after: cut(text[end..line_end].trim_end(), false),
        label: String::new(),
    }
}

#[derive(Template)]
#[template(path = "reloads.html")]
struct Reloads {
    shell: Shell,
    words: &'static Words,
    tabs: Tabs,
    rows: Vec<Reading>,
}

#[derive(Debug)]
struct Reading {
    at: String,
    why: &'static str,
    taken: bool,
    outcome: String,
    first: Option<String>,
    rule_set: String,
    unchanged: bool,
    rules: u32,
    restart: Option<String>,
}

/// Shows when the files were read, and what became of it.
pub(super) async fn reloads(State(shop): State<Shop>, visit: Visit) -> Answer {
    let words = Words::of(visit.tongue);
    let reloads = shop.store.reloads(MAX_RELOADS).await?;
    let zone = shop.live.engine().settings().desk.zone.clone();
    let before = reloads.iter().skip(1).map(Some).chain([None]);
    let rows = reloads.iter().zip(before).map(|(reload, before)| reading(reload, before, &zone, words));
    page(&Reloads {
        rows: rows.collect(),
        shell: Shell::of(&shop, &visit, Some(Place::Rules)).await?,
        words,
        tabs: Tabs::of(visit.tongue, Tab::History),
    })
}

fn reading(reload: &Reload, before: Option<&Reload>, zone: &TimeZone, words: &'static Words) -> Reading {
    let why = match reload.cause {
        Cause::Start => words.cause_start,
        Cause::Files => words.cause_files,
        Cause::Signal => words.cause_signal,
    };
    let outcome = if reload.taken() {
        words.taken.to_owned()
    } else {
        fill_numbered(words.refused, &[&reload.errors.to_string()])
    };
    let restart = (!reload.restart.is_empty()).then(|| fill(words.restart_needed, &[&reload.restart.join(", ")]));
    Reading {
        at: hour(reload.at, zone),
        why,
        taken: reload.taken(),
        outcome,
        first: reload.first.clone(),
        unchanged: reload.taken() && before.is_some_and(|before| before.rule_set == reload.rule_set),
        rule_set: reload.rule_set.clone(),
        rules: reload.rules,
        restart,
    }
}

/// Returns a moment as the desk's clock showed it.
pub(super) fn hour(at: Timestamp, zone: &TimeZone) -> String {
    let at: Zoned = at.to_zoned(zone.clone());
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, excerpt};

    #[test]
    fn a_finding_shows_its_line_with_the_place_apart() {
        let text = "title: a\naction: anwser # oops\nmode: auto\n";
        let at = text.find("anwser").expect("it is there");
        let seen = excerpt(text, &(at..at + 6));
        let expected = Excerpt {
            number: 2,
            before: "action: ".to_owned(),
            at: "anwser".to_owned(),
            after: " # oops".to_owned(),
            label: String::new(),
        };
        assert_eq!(seen, expected);
        assert_eq!(excerpt(text, &(at..text.len())).at, "anwser # oops", "a place over several lines is cut");
        assert_eq!(excerpt("", &(9..12)).number, 1, "a place beyond the end of a file that was cut");
    }
}
