//! Situations: dated switches (a holiday, a storm, the peak season) that change what replies say.
//!
//! `replies/_situations.yaml` is a list of them. One without an end is refused: nobody remembers to switch it off. One
//! marked `example: true` was made up by the starter pack; it is used like any other, and `check` asks for the shop's own.

use std::collections::BTreeMap;

use jiff::civil;

use crate::{
    diagnostic::{
        Code, Diagnostic,
        source::{FileId, Span},
        yaml::{Kind, Node, Spanned, WRONG_TYPE, fields::Fields, parse_all},
    },
    model::language::Language,
    replies::facts::marked_example,
};

/// A situation ends before it begins.
pub const SITUATION_DATES: Code = Code::new("situation-dates");
/// Two situations are in force on the same day.
pub const SITUATIONS_OVERLAP: Code = Code::new("situations-overlap");
/// Two situations have the same id.
pub const SITUATION_TWICE: Code = Code::new("situation-twice");
/// A situation has ended.
pub const SITUATION_OVER: Code = Code::new("situation-over");

/// A dated switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// Its name in records and reports.
    pub id: String,
    /// The first day.
    pub from: civil::Date,
    /// The last day.
    pub to: civil::Date,
    /// What it is.
    pub kind: SituationKind,
    /// A few words per language.
    pub title: BTreeMap<Language, String>,
    /// What it does to orders, per language.
    pub text: BTreeMap<Language, String>,
    /// How many days it adds to a delivery.
    pub extra_days: Option<u16>,
    /// Where its id is written.
    pub span: Span,
    /// Where the starter pack says that it is made up.
    pub example: Option<Span>,
}

/// What a situation is; reports count by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SituationKind {
    /// Known long before.
    Holiday,
    /// Storm, strike, closed border.
    ForceMajeure,
    /// More parcels than carriers can carry.
    PeakSeason,
}

/// Reads the list and reports what overlaps.
pub(super) fn read(file: FileId, text: &str) -> (Vec<Situation>, Vec<Diagnostic>) {
    let (root, mut diagnostics) = parse_all(file, text);
    let mut situations = Vec::new();
    match root.map(|root| (root.kind, root.span)) {
        Some((Kind::List(nodes), _)) => {
            for node in &nodes {
                situations.extend(read_one(file, node, &mut diagnostics));
            }
        }
        Some((Kind::Null, _)) | None => {}
        Some((_, span)) => {
            let span = Span::new(file, span);
            let found = Diagnostic::error(WRONG_TYPE, "expected a list of situations", span, "not a list");
            diagnostics.push(found.help("begin each situation with `- id: …`"));
        }
    }
    diagnostics.extend(compare(&situations));
    (situations, diagnostics)
}

/// Returns the situation in force; of several the one that began last, because it is the news.
pub(super) fn in_force(situations: &[Situation], today: civil::Date) -> Option<&Situation> {
    situations.iter().filter(|situation| situation.covers(today)).max_by_key(|situation| situation.from)
}

/// Returns a warning for each situation that is over: it only makes the file longer.
pub(super) fn check_dates(situations: &[Situation], today: civil::Date) -> Vec<Diagnostic> {
    // One that ends before it begins has a finding of its own.
    let over = situations.iter().filter(|situation| situation.from <= situation.to && situation.to < today);
    over.map(|situation| {
        let message = format!("the situation `{}` ended on {}", situation.id, situation.to);
        Diagnostic::warning(SITUATION_OVER, message, situation.span.clone(), "over")
            .help("remove it, or set the dates of its next time")
    })
    .collect()
}

impl Situation {
    fn covers(&self, day: civil::Date) -> bool {
        self.from <= day && day <= self.to
    }
}

fn read_one(file: FileId, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Situation> {
    let mut fields = match Fields::open(file, node) {
        Ok(fields) => fields,
        Err(found) => {
            diagnostics.push(found);
            return None;
        }
    };
    let id: Option<Spanned<String>> = fields.require("id", "give it a short name such as `chinese-new-year-2027`");
    let from: Option<civil::Date> = fields.require("from", "write the first day, such as `2027-02-04`");
    let to: Option<Spanned<civil::Date>> =
        fields.require("to", "write the last day: a situation without an end is never switched off");
    let kind = fields.require("kind", "write `holiday`, `force_majeure` or `peak_season`");
    let title: Option<BTreeMap<Language, String>> = fields.require("title", "write `title: {en: …, zh: …}`");
    let text: Option<BTreeMap<Language, String>> = fields.require("text", "write `text: {en: …, zh: …}`");
    let extra_days = fields.take("extra_days");
    let example = marked_example(file, &mut fields);
    if let (Some(from), Some(to)) = (from, &to)
        && to.value < from
    {
        let message = format!("the situation ends on {}, before it begins on {from}", to.value);
        let span = Span::new(file, to.span.clone());
        fields.push(Diagnostic::error(SITUATION_DATES, message, span, "before `from`").help("mind the year"));
    }
    diagnostics.extend(fields.finish());
    let id = id?;
    let span = Span::new(file, id.span);
    let (id, from, to, kind, title, text) = (id.value, from?, to?.value, kind?, title?, text?);
    Some(Situation { id, from, to, kind, title, text, extra_days, span, example })
}

fn compare(situations: &[Situation]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (index, later) in situations.iter().enumerate() {
        for earlier in &situations[..index] {
            if earlier.id == later.id {
                let message = format!("two situations are called `{}`", later.id);
                let found = Diagnostic::error(SITUATION_TWICE, message, later.span.clone(), "second");
                diagnostics.push(found.related(earlier.span.clone(), "first").help("rename one"));
            }
            if later.from <= earlier.to && earlier.from <= later.to {
                let message = format!("`{}` and `{}` are in force on the same days", earlier.id, later.id);
                let found = Diagnostic::warning(SITUATIONS_OVERLAP, message, later.span.clone(), "overlaps");
                let found = found.related(earlier.span.clone(), "with this one");
                diagnostics
                    .push(found.help("the one that begins later is used; shorten the other if that is not meant"));
            }
        }
    }
    diagnostics
}
