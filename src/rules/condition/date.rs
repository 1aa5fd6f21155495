//! `date: {from: 11-20, to: 01-05}`: days of every year, or days of one year.

use jiff::civil;

use crate::{
    diagnostic::{
        Diagnostic,
        source::Span,
        yaml::{Node, Spanned, fields::Fields},
    },
    model::time::{Day, YearlySpan},
    rules::condition::{BAD_CONDITION, Condition, Kind, Place, ReadCondition, Scene},
};

pub(super) const KIND: Kind = Kind {
    name: "date",
    summary: "The day lies within the span, both ends included: every year (`11-20`) or once (`2026-11-20`).",
    example: "{from: 11-20, to: 01-05}",
    read,
};

#[derive(Debug)]
enum Date {
    Yearly(YearlySpan),
    Once { from: civil::Date, to: civil::Date },
}

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let help = "write `{from: 11-20, to: 01-05}` for every year, or full dates such as `2026-11-20`";
    let mut fields = Fields::open(place.file, node).map_err(|found| vec![found.help(help)])?;
    let from = day(place, &mut fields, "from", help);
    let to = day(place, &mut fields, "to", help);
    let span = place.span(node);
    let date = match (from, to) {
        (Some(Day::Yearly(month, day)), Some(Day::Yearly(to_month, to_day))) => {
            Some(Date::Yearly(YearlySpan { from: (month, day), to: (to_month, to_day) }))
        }
        (Some(Day::Full(from)), Some(Day::Full(to))) if from <= to => Some(Date::Once { from, to }),
        (Some(Day::Full(from)), Some(Day::Full(to))) => {
            let message = format!("the span ends on {to}, before it begins on {from}");
            fields.push(Diagnostic::error(BAD_CONDITION, message, span, "never holds").help("swap the two days"));
            None
        }
        (Some(_), Some(_)) => {
            let message = "one day has a year and the other has none";
            fields.push(Diagnostic::error(BAD_CONDITION, message, span, "mixed").help(help));
            None
        }
        _ => None,
    };
    let diagnostics = fields.finish();
    match date {
        Some(date) if diagnostics.is_empty() => Ok(Box::new(date)),
        _ => Err(diagnostics),
    }
}

fn day(place: Place<'_>, fields: &mut Fields<'_>, key: &'static str, help: &str) -> Option<Day> {
    let written: Spanned<String> = fields.require(key, help)?;
    let day = Day::parse(&written.value);
    if day.is_none() {
        let message = format!("`{}` is not a day: expected month-day (`11-20`) or a full date", written.value);
        let span = Span::new(place.file, written.span);
        fields.push(Diagnostic::error(BAD_CONDITION, message, span, "no such day").help(help));
    }
    day
}

impl Condition for Date {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let today = scene.moment.date;
        Some(match self {
            Self::Yearly(span) => span.contains(today),
            Self::Once { from, to } => (*from..=*to).contains(&today),
        })
    }

    fn wanted(&self) -> String {
        match self {
            Self::Yearly(YearlySpan { from, to }) => {
                format!("a day from {:02}-{:02} to {:02}-{:02}", from.0, from.1, to.0, to.1)
            }
            Self::Once { from, to } => format!("a day from {from} to {to}"),
        }
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        scene.moment.date.to_string()
    }
}
