//! The desk keeps holidays that its government had not announced when the calendar was made.

use jiff::ToSpan as _;

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic},
    model::holidays,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("holidays-unannounced");

/// China moves days of rest and of work about every holiday, and says how in November for the next year. Until then its
/// calendar has the days of the festivals only.
const ANNOUNCING: &str = "CN";
/// So many days before a year begins its days are looked for: there is still time to enter them.
const DAYS_AHEAD: i64 = 45;

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let desk = &trial.engine.settings().desk;
    let Some(calendar) = holidays::of(ANNOUNCING).filter(|_| desk.country.as_deref() == Some(ANNOUNCING)) else {
        return Vec::new();
    };
    let today = trial.today();
    let ahead = today.checked_add(DAYS_AHEAD.days()).unwrap_or(today);
    let announced = |year: i16| calendar.workdays().any(|day| day.year() == year);
    let entered = |year: i16| {
        let own = desk.holidays.iter().filter(|day| calendar.names_on(**day).is_empty());
        own.chain(&desk.workdays).any(|day| day.year() == year)
    };
    let Some(year) = [today.year(), ahead.year()].into_iter().find(|year| !announced(*year) && !entered(*year)) else {
        return Vec::new();
    };
    let Some(span) = trial.desk_country.clone() else { return Vec::new() };
    let message = format!("China had not announced its days of rest and of work of {year} when this calendar was made");
    let help =
        "install a newer version, or list them under `holidays` and `workdays`: buyers are told when people write";
    vec![Diagnostic::warning(CODE, message, span, "this country").help(help)]
}
