//! Values of the message as a buyer reads them. They are kept in machine form, and what cannot be said plainly is missing.

use jiff::civil;

use crate::{
    model::{currency, language::Language},
    replies::moment,
};

/// Longer than any order number, address or telephone number that a reply repeats.
const MAX_CHARS: usize = 64;
/// What stands in such values beside letters and digits; no blank lines, no slashes that make an address of a page.
const SIGNS: &str = " -#_/+.@'&()";
/// Returns a value as it is printed; none if it cannot be: a day that only names a weekday, or a text that is none of the
/// values that replies repeat.
pub(super) fn printed(kind: &str, value: &str, language: Language) -> Option<String> {
    let printed = match kind {
        "money" => amount(value)?,
        "date" => moment::day(value.parse::<civil::Date>().ok()?, language),
        // The words of these are the shop's own.
        _ => value.to_owned(),
    };
    let fits = |c: char| c.is_alphanumeric() || SIGNS.contains(c) || (kind == "date" && ",（）".contains(c));
    let plain = printed.chars().count() <= MAX_CHARS && printed.chars().all(fits) && !printed.contains("//");
    plain.then_some(printed)
}

/// Returns an amount of smallest units (`12900 EUR`) in whole ones (`129.00 EUR`).
fn amount(value: &str) -> Option<String> {
    let (minor, currency) = value.split_once(' ')?;
    let minor: u64 = minor.parse().ok()?;
    Some(match currency::decimals(currency) {
        0 => format!("{minor} {currency}"),
        3 => format!("{}.{:03} {currency}", minor / 1000, minor % 1000),
        _ => format!("{}.{:02} {currency}", minor / 100, minor % 100),
    })
}
