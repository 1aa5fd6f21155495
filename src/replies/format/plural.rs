//! Which form of a word a number takes: one `день`, two `дня`, five `дней`.

use icu_decimal::input::Decimal;
use icu_plurals::PluralCategory;

use crate::{model::language::Language, replies::format::Formats};

/// The names of the forms, in the order of CLDR; no language has others.
pub const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
/// Counts in replies stay below; what a language does with round millions alone is no need.
const HIGHEST_COUNT: u32 = 1000;
/// How many numbers are shown as examples of a form.
const SHOWN: usize = 3;

/// A form that a language needs for whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its name.
    pub category: &'static str,
    /// The first numbers that take it.
    pub numbers: Vec<u32>,
}

/// Returns the forms that whole numbers up to 1000 take in a language, in the order of [`CATEGORIES`]. A form for nothing
/// at all is no need: where it is missing, `other` says it.
pub fn needed(language: Language) -> Vec<Need> {
    let formats = Formats::of(language);
    formats.needs.get_or_init(|| needs(&formats)).clone()
}

fn needs(formats: &Formats) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for number in 0..=HIGHEST_COUNT {
        let category = name(formats.plurals.category_for(number));
        if category == "zero" {
            continue;
        }
        match needs.iter_mut().find(|need| need.category == category) {
            Some(need) if need.numbers.len() < SHOWN => need.numbers.push(number),
            Some(_) => {}
            None => needs.push(Need { category, numbers: vec![number] }),
        }
    }
    needs.sort_by_key(|need| CATEGORIES.iter().position(|category| *category == need.category));
    needs
}

/// Returns the form that a number, or a span of two, takes in a language; see [`chosen`].
///
/// # Errors
///
/// The name of the form that is wanted and not there.
pub(in crate::replies) fn said<'a>(
    number: (&str, Option<&str>),
    language: Language,
    form: impl Fn(&str) -> Option<&'a str>,
) -> Result<String, &'static str> {
    chosen(&Formats::of(language), number, form)
}

impl Formats {
    /// Returns the form that a number takes, written as digits with at most one point.
    pub(super) fn category(&self, number: &str) -> &'static str {
        number.parse::<Decimal>().map_or("other", |number| name(self.plurals.category_for(&number)))
    }
}

/// Chooses the form of a number, or of the span that ends with it, and puts it where the form says `#`.
///
/// A form without `#` names its number by itself (`يومان`), which a span cannot do; spans then take `other`. So does a
/// number whose form is not there. No other form stands in for `other`: "2,5 дней" is wrong.
///
/// # Errors
///
/// The name of the form that is wanted, if neither it nor `other` is there.
pub(super) fn chosen<'a>(
    formats: &Formats,
    (from, to): (&str, Option<&str>),
    form: impl Fn(&str) -> Option<&'a str>,
) -> Result<String, &'static str> {
    let category = formats.category(to.unwrap_or(from));
    let own = form(category).filter(|form| to.is_none() || form.contains('#'));
    let form = own.or_else(|| form("other")).ok_or(category)?;
    Ok(form.replace('#', &span(formats, from, to)))
}

/// Returns a number or a span of two.
pub(super) fn span(formats: &Formats, from: &str, to: Option<&str>) -> String {
    match to {
        None => formats.number(from),
        Some(to) => [formats.number(from), formats.number(to)].join(formats.to()),
    }
}

fn name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}
