//! Amounts in facts and values: `49 USD`, `2 kg`, `7-15 days`, `8–15`. They are written once, in one plain form, and said
//! in the language of the reply. Digits are never changed, only the signs between them and the words behind them.
//!
//! A currency is named by its ISO code, behind the number in every language, which is how CLDR names a code beside an
//! amount (`{0} ¤¤`): `$` is the money of a dozen countries, and a buyer who reads it as their own is misled.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

use crate::{
    model::{currency, language::Language},
    replies::format::{Formats, plural},
};

/// Rows: language, unit as `MEASURES` names it, then the forms in the order of `plural::CATEGORIES`.
const TABLE: &str = include_str!("units.tsv");
/// English words for units, as facts are written, with the name of the row.
const MEASURES: &[(&str, &str)] = &[
    ("minute", "minute"),
    ("minutes", "minute"),
    ("min", "minute"),
    ("hour", "hour"),
    ("hours", "hour"),
    ("day", "day"),
    ("days", "day"),
    ("week", "week"),
    ("weeks", "week"),
    ("month", "month"),
    ("months", "month"),
    ("kg", "kg"),
    ("g", "g"),
    ("cm", "cm"),
    ("m", "m"),
];
/// Signs that stand for the money of several countries from which parcels are ordered.
const SIGNS: [char; 2] = ['$', '¥'];

static UNITS: LazyLock<BTreeMap<(&str, &str), Vec<&str>>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter_map(|row| Some(((*row.first()?, *row.get(1)?), row.get(2..)?.to_vec()))).collect()
});

/// A number or span with what stands behind it, or a code of a currency before it.
static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:([A-Z]{3}) ?)?([0-9][0-9.]*)(?: ?([-–—]) ?([0-9][0-9.]*))?(?: ?([A-Za-z]+))?$")
        .expect("the expression is well-formed")
});

/// What a fact may hold: digits in groups, with a sign or a word behind.
static LOOSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^([$¥£€]|[A-Z]{3})? ?([0-9]+(?:[.,' ][0-9]+)*) ?([$¥£€]|[A-Za-z]+)?$")
        .expect("the expression is well-formed")
});

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit<'a> {
    None,
    Currency(&'a str),
    Measure(&'static str),
}

/// An amount as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Amount<'a> {
    from: &'a str,
    to: Option<&'a str>,
    unit: Unit<'a>,
}

/// Returns an amount in the words of a language; none if the text is no amount, or one of which it is not sure what
/// number it is (`1.000 EUR`), and then it is to be printed as it stands.
///
/// A bare number is none: it may be the number of a house.
pub fn said(text: &str, language: Language) -> Option<String> {
    let amount = read(text)?;
    let formats = Formats::of(language);
    match amount.unit {
        Unit::Currency(code) => Some(format!("{} {code}", plural::span(&formats, amount.from, amount.to))),
        Unit::Measure(unit) => {
            let forms = UNITS.get(&(language.as_str(), unit))?;
            let form = |category: &str| {
                let at = plural::CATEGORIES.iter().position(|known| *known == category)?;
                forms.get(at).copied().filter(|form| !form.is_empty())
            };
            plural::chosen(&formats, (amount.from, amount.to), form).ok()
        }
        Unit::None => amount.to.map(|to| plural::span(&formats, amount.from, Some(to))),
    }
}

/// Returns an amount of money in the words of a language; none if the text is none.
pub fn money(text: &str, language: Language) -> Option<String> {
    let amount = read(text)?;
    matches!(amount.unit, Unit::Currency(_)).then(|| said(text, language))?
}

/// Returns a number, or both ends of a span, of a text that holds nothing else.
pub fn bare(text: &str) -> Option<(&str, Option<&str>)> {
    let amount = shaped(text)?;
    (amount.unit == Unit::None).then_some((amount.from, amount.to))
}

/// Returns why buyers may read another amount than the seller wrote, as a clause, and what to write instead; none if the
/// text is no amount or a clear one.
pub fn doubt(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let parts = LOOSE.captures(text)?;
    let number = &parts[2];
    let before = parts.get(1).map(|sign| sign.as_str());
    let unit = before.or_else(|| parts.get(3).map(|sign| sign.as_str()))?;
    if SIGNS.iter().any(|sign| unit.starts_with(*sign)) {
        let why = format!("`{unit}` is the money of several countries");
        return Some((why, format!("write the code of the currency, such as `{number} USD`")));
    }
    let is_unit =
        matches!(unit, "€" | "£") || currency::is_code(unit) || MEASURES.iter().any(|(word, _)| *word == unit);
    let plain = number.bytes().all(|byte| byte.is_ascii_digit()) || is_number(number);
    if !is_unit || plain {
        return None;
    }
    let unit = match unit {
        "€" => "EUR",
        "£" => "GBP",
        unit => unit,
    };
    let why = format!("`{number}` is another number where the signs of thousands and decimals are the other way round");
    Some((why, format!("write thousands without a sign and decimals with a point: `{} {unit}`", plainly(number))))
}

/// Returns a number as facts are to be written; of `1.000` one must guess, and a thousand is what people write so.
fn plainly(number: &str) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let at = number.rfind(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let decimals = number.get(at + 1..).unwrap_or_default();
    if decimals.is_empty() || decimals.len() == 3 {
        digits(number)
    } else {
        format!("{}.{decimals}", digits(&number[..at]))
    }
}

fn read(text: &str) -> Option<Amount<'_>> {
    let amount = shaped(text)?;
    // 555–1234 is a telephone number, 12–14 are days.
    let is_short = |number: &str| number.len() <= 3;
    let to_is_short = amount.to.is_some_and(is_short);
    let is_span_of_days = text.contains('–') && is_short(amount.from) && to_is_short;
    (amount.unit != Unit::None || is_span_of_days).then_some(amount)
}

fn shaped(text: &str) -> Option<Amount<'_>> {
    let parts = SHAPE.captures(text.trim())?;
    let part = |at: usize| parts.get(at).map(|part| part.as_str());
    let (from, to) = (part(2)?, part(4));
    if !is_number(from) || !to.is_none_or(is_number) {
        return None;
    }
    let unit = match (part(1), part(5)) {
        (None, None) => Unit::None,
        (Some(code), None) | (None, Some(code)) if currency::is_code(code) => Unit::Currency(code),
        (None, Some(word)) => Unit::Measure(MEASURES.iter().find(|(known, _)| *known == word)?.1),
        _ => return None,
    };
    let rises = to.is_none_or(|to| from.parse::<f64>().ok() < to.parse::<f64>().ok());
    rises.then_some(Amount { from, to, unit })
}

/// Digits with at most one point. Three digits behind it are thousands for half of the world, unless a zero stands
/// before.
fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leads = whole.len() > 1 && whole.starts_with('0');
    let clear = fraction.is_none_or(|fraction| digits(fraction) && (fraction.len() != 3 || whole == "0"));
    digits(whole) && !leads && whole.len() <= MOST_DIGITS && clear && fraction.is_none_or(|f| f.len() <= MOST_DIGITS)
}

/// More digits than any price, and few enough that comparing ends of spans is exact.
const MOST_DIGITS: usize = 12;
