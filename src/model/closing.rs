//! How a case ended: what disputes and complaints must say before they may be closed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::currency;

/// The largest compensation: more is a slip of the keyboard in any currency.
const MAX_MINOR_UNITS: i64 = 100_000_000_000;

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Closing {
    /// In a person's own words; may be empty.
    pub text: String,
    /// What came of it.
    pub result: Option<CloseResult>,
    /// Why it came to it, one of the shop's causes.
    pub cause: Option<String>,
    /// What it cost the shop.
    pub compensation: Option<Compensation>,
}

impl Closing {
    /// Returns an end in a person's own words.
    pub fn saying(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseResult {
    /// The question was answered, or the trouble is over.
    Solved,
    /// Money went back, all or part of it.
    Refunded,
    /// Another item was sent.
    Replaced,
    /// The goods come back.
    Returned,
    /// The buyer was wrong, or there was nothing to be done.
    Declined,
    /// The buyer gave it up, or never answered.
    Withdrawn,
}

impl CloseResult {
    /// Every result.
    pub const ALL: [Self; 6] =
        [Self::Solved, Self::Refunded, Self::Replaced, Self::Returned, Self::Declined, Self::Withdrawn];

    /// Returns the word used in the store and in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::Refunded => "refunded",
            Self::Replaced => "replaced",
            Self::Returned => "returned",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == word)
    }
}

/// What a case cost the shop. Written `none` or `12.50 EUR`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Compensation {
    /// Nothing.
    Nothing,
    /// Money.
    Amount {
        /// In the smallest unit of the currency; more than none.
        minor: i64,
        /// ISO 4217, in capitals.
        currency: String,
    },
}

/// A compensation that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no compensation: write `none`, or an amount and a currency such as `12.50 EUR`")]
pub struct BadCompensation(String);

impl FromStr for Compensation {
    type Err = BadCompensation;

    fn from_str(written: &str) -> Result<Self, BadCompensation> {
        let bad = || BadCompensation(written.to_owned());
        let text = written.trim();
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self::Nothing);
        }
        let (amount, currency) = text.rsplit_once(' ').ok_or_else(bad)?;
        let currency = currency.to_ascii_uppercase();
        if !currency::is_code(&currency) {
            return Err(bad());
        }
        let minor = minor_units(amount.trim(), currency::decimals(&currency)).ok_or_else(bad)?;
        Ok(Self::Amount { minor, currency })
    }
}

/// Reads `12`, `12.5`, `12,50`; none for anything else, for nothing and for more than anybody pays.
fn minor_units(amount: &str, decimals: u32) -> Option<i64> {
    let (whole, part) = amount.split_once(['.', ',']).unwrap_or((amount, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let places = usize::try_from(decimals).ok()?;
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > places {
        return None;
    }
    let minor: i64 = format!("{whole}{part:0<places$}").parse().ok()?;
    (1..=MAX_MINOR_UNITS).contains(&minor).then_some(minor)
}

impl fmt::Display for Compensation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Amount { minor, currency } = self else { return f.write_str("none") };
        let decimals = currency::decimals(currency);
        if decimals == 0 {
            return write!(f, "{minor} {currency}");
        }
        let factor = 10_i64.pow(decimals);
        let places = usize::try_from(decimals).unwrap_or(2);
        write!(f, "{}.{:0places$} {currency}", minor / factor, minor % factor)
    }
}

impl TryFrom<String> for Compensation {
    type Error = BadCompensation;

    fn try_from(written: String) -> Result<Self, BadCompensation> {
        written.parse()
    }
}

impl From<Compensation> for String {
    fn from(compensation: Compensation) -> Self {
        compensation.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_back_as_it_is_written() {
        for (written, told) in [
            ("none", "none"),
            ("12.5 eur", "12.50 EUR"),
            ("12,50 EUR", "12.50 EUR"),
            ("1200 JPY", "1200 JPY"),
            ("0.005 KWD", "0.005 KWD"),
        ] {
            let read: Compensation = written.parse().expect(written);
            assert_eq!(read.to_string(), told);
            assert_eq!(told.parse(), Ok(read));
        }
    }

    #[test]
    fn what_is_no_amount_of_a_currency_is_refused() {
        for written in ["", "12", "12 XXX", "-3 EUR", "1.234 EUR", "1.5 JPY", "0 EUR", "1e3 EUR", "99999999999999 EUR"]
        {
            assert!(written.parse::<Compensation>().is_err(), "{written}");
        }
    }
}
