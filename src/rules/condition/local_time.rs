//! `local_time: {from: "22:00", to: "07:00"}`: what the buyer's clock shows, by the main zone of the country.

use jiff::civil;

use crate::{
    diagnostic::{
        Diagnostic,
        source::Span,
        yaml::{Node, Spanned, fields::Fields},
    },
    rules::condition::{BAD_CONDITION, Condition, Kind, Place, ReadCondition, Scene},
};

pub(super) const KIND: Kind = Kind {
    name: "local_time",
    summary: "The buyer's clock shows a time from `from` until just before `to`, over midnight if `to` is the smaller; \
              the clock is that of most people in the buyer's country.",
    example: "{from: \"22:00\", to: \"07:00\"}",
    read,
};

const HELP: &str = "write `{from: \"22:00\", to: \"07:00\"}`";

/// From, inclusive, until, exclusive.
#[derive(Debug)]
struct LocalTime {
    from: civil::Time,
    to: civil::Time,
}

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let mut fields = Fields::open(place.file, node).map_err(|found| vec![found.help(HELP)])?;
    let from = time(place, &mut fields, "from");
    let to = time(place, &mut fields, "to");
    if from.is_some() && from == to {
        let found = Diagnostic::error(BAD_CONDITION, "the span is empty", place.span(node), "never holds");
        fields.push(found.help("leave the condition out for the whole day"));
    }
    let diagnostics = fields.finish();
    match (from, to) {
        (Some(from), Some(to)) if diagnostics.is_empty() => Ok(Box::new(LocalTime { from, to })),
        _ => Err(diagnostics),
    }
}

fn time(place: Place<'_>, fields: &mut Fields<'_>, key: &'static str) -> Option<civil::Time> {
    let written: Spanned<String> = fields.require(key, HELP)?;
    let time = parse(&written.value);
    if time.is_none() {
        let message = format!("`{}` is no time of day: expected hours and minutes (`22:00`)", written.value);
        let span = Span::new(place.file, written.span);
        fields.push(Diagnostic::error(BAD_CONDITION, message, span, "no such time").help(HELP));
    }
    time
}

/// Reads `7:00`, `07:00` and, as the end of a day, `24:00`.
fn parse(text: &str) -> Option<civil::Time> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (hour.parse::<i8>().ok()?, minute.parse::<i8>().ok()?);
    let hour = if (hour, minute) == (24, 0) { 0 } else { hour };
    civil::Time::new(hour, minute, 0, 0).ok()
}

impl Condition for LocalTime {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let now = scene.moment.buyer_time?;
        if self.from < self.to {
            return Some(self.from <= now && now < self.to);
        }
        Some(now >= self.from || now < self.to)
    }

    fn wanted(&self) -> String {
        format!("{} to {} on the buyer's clock", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        match scene.moment.buyer_time {
            Some(now) => format!("{} there", now.strftime("%H:%M")),
            None => "no known clock, because the buyer's country is not known".to_owned(),
        }
    }
}
