//! `weekday: [sat, sun]`: the day of the week at the desk.

use jiff::civil;

use crate::{
    diagnostic::{
        Diagnostic,
        nearest::{advice, nearest},
        source::Span,
        yaml::Node,
    },
    rules::condition::{BAD_CONDITION, Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "weekday",
    summary: "It is one of these days of the week, in the desk's zone; `mon-fri` stands for a span.",
    example: "[sat, sun]",
    read,
};

/// The words, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Whether each day is wanted, Monday first.
#[derive(Debug)]
struct Weekday([bool; 7]);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let spans = words::read_with(place, node, "a day of the week (`mon`) or a span (`mon-fri`)", span)?;
    let mut wanted = [false; 7];
    for (from, to) in spans {
        // `sat-mon` crosses the end of the week.
        let length = (to + 7 - from) % 7;
        (0..=length).for_each(|ahead| wanted[(from + ahead) % 7] = true);
    }
    Ok(Box::new(Weekday(wanted)))
}

fn span(written: &str, place: &Span) -> Result<(usize, usize), Diagnostic> {
    let (from, to) = written.split_once('-').unwrap_or((written, written));
    Ok((day(from.trim(), place)?, day(to.trim(), place)?))
}

/// Reads `mon`, `Mon` or `monday`.
fn day(written: &str, place: &Span) -> Result<usize, Diagnostic> {
    let lower = written.to_lowercase();
    let full = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let known = DAYS.iter().position(|day| *day == lower).or_else(|| full.iter().position(|day| *day == lower));
    known.ok_or_else(|| {
        let message = format!("`{written}` is no day of the week");
        let found =
            Diagnostic::error(BAD_CONDITION, message, place.clone(), "no such day").help(advice(written, &DAYS));
        match nearest(written, DAYS) {
            Some(meant) => found.fix(place.clone(), meant),
            None => found,
        }
    })
}

impl Condition for Weekday {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        Some(self.0[index(scene.moment.date)])
    }

    fn wanted(&self) -> String {
        let days: Vec<&str> = DAYS.into_iter().zip(self.0).filter_map(|(day, wanted)| wanted.then_some(day)).collect();
        format!("weekday {}", words::either(&days))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        format!("weekday {}", DAYS[index(scene.moment.date)])
    }
}

fn index(date: civil::Date) -> usize {
    usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())
}
