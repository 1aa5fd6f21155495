//! Values of the message as a buyer reads them. They are kept in machine form, and what cannot be said plainly is missing.

use jiff::civil;

use crate::{
    model::{currency, language::Language, time::full_day},
    replies::format::{self, amount, moment},
};

/// Longer than any order number, address or telephone number that a reply repeats.
const MAX_CHARS: usize = 64;
/// What stands in such values beside letters and digits; no blank lines, no slashes that make an address of a page.
const SIGNS: &str = " -#_/+.@'&()";

/// Returns a value as it is printed; none if it cannot be: a day that only names a weekday, or a text that is none of the
/// values that replies repeat.
pub(super) fn printed(kind: &str, value: &str, today: civil::Date, language: Language) -> Option<String> {
    if value.chars().count() > MAX_CHARS {
        return None;
    }
    match kind {
        "money" => amount::money(&whole_units(value)?, language),
        "date" => Some(moment::day(full_day(value)?, today, language)),
        "quantity" if value.bytes().all(|byte| byte.is_ascii_digit()) => Some(format::number(value, language)),
        // The words of these are the shop's own.
        _ => is_plain(value).then(|| value.to_owned()),
    }
}

fn is_plain(value: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || SIGNS.contains(c);
    value.chars().all(fits) && !value.contains("//")
}

/// Returns an amount of smallest units (`12900 EUR`) in whole ones (`129.00 EUR`).
fn whole_units(value: &str) -> Option<String> {
    let (minor, currency) = value.split_once(' ')?;
    let minor: u64 = minor.parse().ok()?;
    Some(match currency::decimals(currency) {
        0 => format!("{minor} {currency}"),
        3 => format!("{}.{:03} {currency}", minor / 1000, minor % 1000),
        _ => format!("{}.{:02} {currency}", minor / 100, minor % 100),
    })
}
