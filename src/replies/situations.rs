//! Situations: dated switches (a holiday, a storm, the peak season) that change what replies say.
//!
//! `replies/_situations.yaml` is a list of them. One without an end is refused: nobody remembers to switch it off. Those
//! of every year and those around a public holiday come and go by themselves. One
//! marked `example: true` was made up by the starter pack; it is used like any other, and `check` asks for the shop's own.

use std::collections::BTreeMap;

use jiff::civil;

use crate::{
    diagnostic::{
        Code, Diagnostic,
        source::{FileId, Span},
        yaml::{Kind, Node, Spanned, WRONG_TYPE, fields::Fields, parse_all},
    },
    model::{language::Language, switch::SituationSwitch},
    replies::{
        facts::marked_example,
        season::{self, Season},
    },
};

/// When a situation begins and ends cannot be read, or it ends before it begins.
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
    /// When it is in force.
    pub season: Season,
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

/// How a situation stands on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It is in force.
    On {
        /// The first day of this time.
        since: civil::Date,
        /// The last day of this time.
        until: civil::Date,
        /// Who switched it on; none if its dates say so.
        by: Option<&'a SituationSwitch>,
    },
    /// It is not, because somebody switched it off; until then its dates say nothing.
    Off(&'a SituationSwitch),
    /// Its next time comes.
    Later {
        /// The first day of it.
        from: civil::Date,
        /// The last day of it.
        to: civil::Date,
    },
    /// It does not come again.
    Over,
}

impl Situation {
    /// Returns how it stands on that day. What somebody switched by hand goes before what the dates say.
    pub fn standing<'a>(&self, switches: &'a [SituationSwitch], today: civil::Date) -> Standing<'a> {
        let own = switches.iter().find(|switch| switch.situation == self.id && switch.holds(today));
        match (own, self.season.around(today)) {
            (Some(switch), _) if switch.on => {
                Standing::On { since: switch.since, until: switch.until, by: Some(switch) }
            }
            (Some(switch), _) => Standing::Off(switch),
            (None, Some((since, until))) => Standing::On { since, until, by: None },
            (None, None) => self.season.after(today).map_or(Standing::Over, |(from, to)| Standing::Later { from, to }),
        }
    }
}

/// Returns the situation in force with the last day of this time; of several the one that began last, because it is the
/// news, and one that somebody switched on before any other.
pub(super) fn in_force<'s>(
    situations: &'s [Situation],
    switches: &[SituationSwitch],
    today: civil::Date,
) -> Option<(&'s Situation, civil::Date)> {
    let now = situations.iter().filter_map(|situation| match situation.standing(switches, today) {
        Standing::On { since, until, by } => Some((situation, (by.is_some(), since), until)),
        _ => None,
    });
    now.max_by_key(|(_, rank, _)| *rank).map(|(situation, _, until)| (situation, until))
}

/// Returns a warning for each situation that is over: it only makes the file longer.
pub(super) fn check_dates(situations: &[Situation], today: civil::Date) -> Vec<Diagnostic> {
    let over = situations.iter().filter_map(|situation| {
        // One that ends before it begins has a finding of its own.
        let end = situation.season.ends().filter(|end| *end < today && !situation.season.is_turned())?;
        let help = match situation.season {
            Season::Holidays(_) => "install a newer version of the program: its calendar ends here",
            Season::Once(_) | Season::Yearly(_) => "remove it, or set the dates of its next time",
        };
        let message = format!("the situation `{}` ended on {end}", situation.id);
        Some(Diagnostic::warning(SITUATION_OVER, message, situation.span.clone(), "over").help(help))
    });
    over.collect()
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
    let season = season::read(file, &mut fields);
    let kind = fields.require("kind", "write `holiday`, `force_majeure` or `peak_season`");
    let title: Option<BTreeMap<Language, String>> = fields.require("title", "write `title: {en: …, zh: …}`");
    let text: Option<BTreeMap<Language, String>> = fields.require("text", "write `text: {en: …, zh: …}`");
    let extra_days = fields.take("extra_days");
    let example = marked_example(file, &mut fields);
    diagnostics.extend(fields.finish());
    let id = id?;
    let span = Span::new(file, id.span);
    let (id, season, kind, title, text) = (id.value, season?, kind?, title?, text?);
    Some(Situation { id, season, kind, title, text, extra_days, span, example })
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
            if let Some(day) = earlier.season.first_shared_day(&later.season) {
                let message =
                    format!("`{}` and `{}` are in force on the same days, first on {day}", earlier.id, later.id);
                let found = Diagnostic::warning(SITUATIONS_OVERLAP, message, later.span.clone(), "overlaps");
                let found = found.related(earlier.span.clone(), "with this one");
                diagnostics
                    .push(found.help("the one that begins later is used; shorten the other if that is not meant"));
            }
        }
    }
    diagnostics
}
