//! An order as the shop's own records tell it: where it stands, and what was written down on the way.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One order of a buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Its number, as the shop or the marketplace writes it.
    pub number: String,
    /// Where it stands; none where the records use a word that nobody explained.
    #[serde(default)]
    pub status: Option<OrderStatus>,
    /// The day it was placed.
    #[serde(default)]
    pub placed: Option<civil::Date>,
    /// The day the parcel was handed to the carrier.
    #[serde(default)]
    pub shipped: Option<civil::Date>,
    /// The day the parcel was delivered.
    #[serde(default)]
    pub delivered: Option<civil::Date>,
    /// Who carries the parcel, by name.
    #[serde(default)]
    pub carrier: Option<String>,
    /// The tracking number.
    #[serde(default)]
    pub tracking: Option<String>,
    /// Where the shop's records say so; none for an order that nobody wrote down.
    #[serde(default)]
    pub source: Option<OrderSource>,
}

impl Order {
    /// Returns whether the buyer still waits for something: it neither arrived nor ended otherwise. An order of which
    /// nobody knows where it stands is open.
    pub fn is_open(&self) -> bool {
        self.status.is_none_or(|status| status < OrderStatus::Delivered)
    }
}

/// The line of a file that tells of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderSource {
    /// The file's name.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
    /// When the file was last written: what it says is as old as that.
    pub as_of: Timestamp,
}

/// What one line of a file says about an order, or about a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderLine {
    /// The line, from 1.
    pub line: u64,
    /// The order's number as written.
    pub number: String,
    /// The buyer's address as written; none where the line has none.
    pub email: Option<String>,
    /// Where the order stands; none where the line does not say.
    pub status: Option<LineStatus>,
    /// The day it was placed.
    pub placed: Option<civil::Date>,
    /// The day it was handed to the carrier.
    pub shipped: Option<civil::Date>,
    /// The day it was delivered.
    pub delivered: Option<civil::Date>,
    /// Who carries it.
    pub carrier: Option<String>,
    /// The tracking number.
    pub tracking: Option<String>,
}

/// What a line says about where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStatus {
    /// A word that was explained.
    Known(OrderStatus),
    /// Something else: a person has to look. It hides what older files say.
    Unclear,
}

/// A file of the shop's records, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFile {
    /// Its name within the folder.
    pub name: String,
    /// The shop or marketplace it comes from. Order numbers are unique within one.
    pub series: String,
    /// When it was last written.
    pub as_of: Timestamp,
    /// How many bytes it has; with `as_of` it tells whether the file was read already.
    pub size: u64,
}

/// Returns the moment since when a file must have been written to be spoken of.
pub fn fresh_since(stale_after: SignedDuration, now: Timestamp) -> Timestamp {
    now.checked_sub(stale_after).unwrap_or(Timestamp::MIN)
}

/// Returns the files that somebody has to renew: the newest of each series, if it was written before that moment. What a
/// newer export of the same series replaced may be as old as it likes. `written` says the series of a file and when it
/// was written.
pub fn stale<F>(
    files: &[F],
    written: impl Fn(&F) -> (&str, Timestamp),
    fresh_since: Timestamp,
) -> impl Iterator<Item = &F> {
    let mut newest: BTreeMap<String, Timestamp> = BTreeMap::new();
    for (series, as_of) in files.iter().map(&written) {
        let known = newest.entry(series.to_owned()).or_insert(as_of);
        *known = as_of.max(*known);
    }
    files.iter().filter(move |file| {
        let (series, as_of) = written(file);
        as_of < fresh_since && newest.get(series) == Some(&as_of)
    })
}

/// Returns what order numbers are compared by: letters and digits, because buyers leave out dashes, blanks and `#`.
pub fn number_key(number: &str) -> String {
    number.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Providers that deliver `anna+shop@` to `anna@`, and let nobody else have the former.
const WITH_DETAIL: [&str; 15] = [
    "gmail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "fastmail.com",
    "protonmail.com",
    "proton.me",
    "pm.me",
    "zoho.com",
    "posteo.de",
    "mailbox.org",
];

/// Returns what addresses of orders and senders are compared by: lower case, and without `+detail`, and without the dots
/// that make no difference, where the provider is known to put such mail into one mailbox. Anywhere else two addresses
/// may be two people; the addresses under which marketplaces hide buyers have a `+` that matters.
pub fn address_key(address: &str) -> Option<String> {
    let lower = address.trim().to_lowercase();
    let (local, domain) = lower.rsplit_once('@')?;
    let domain = if domain == "googlemail.com" { "gmail.com" } else { domain };
    if local.is_empty() || !domain.contains('.') || lower.contains(char::is_whitespace) {
        return None;
    }
    if !WITH_DETAIL.contains(&domain) {
        return Some(format!("{local}@{domain}"));
    }
    let base = local.split_once('+').map_or(local, |(base, _)| base);
    let base = if domain == "gmail.com" { base.replace('.', "") } else { base.to_owned() };
    (!base.is_empty()).then(|| format!("{base}@{domain}"))
}

/// Where an order stands; the order is the order of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// Placed and not paid.
    Unpaid,
    /// Paid and not packed.
    Paid,
    /// Packed, waiting for the carrier.
    Packed,
    /// On its way.
    Shipped,
    /// With the buyer, as the carrier says.
    Delivered,
    /// Sent back.
    Returned,
    /// Canceled by either side.
    Canceled,
}

impl OrderStatus {
    /// Every status, in the order of life.
    pub const ALL: [Self; 7] =
        [Self::Unpaid, Self::Paid, Self::Packed, Self::Shipped, Self::Delivered, Self::Returned, Self::Canceled];

    /// Returns the word used in files and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Paid => "paid",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
            Self::Canceled => "canceled",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_mailbox_are_one_and_others_are_not() {
        for (left, right) in [
            ("Anna@Example.org", "anna@example.org"),
            ("anna+shop@gmail.com", "An.Na@googlemail.com"),
            ("anna+shop@outlook.com", "anna@outlook.com"),
        ] {
            assert_eq!(address_key(left), address_key(right), "{left} {right}");
        }
        for (left, right) in [
            ("anna+shop@firm.example", "anna@firm.example"),
            ("k3x9+aa11@marketplace.amazon.com", "k3x9+bb22@marketplace.amazon.com"),
            ("an.na@outlook.com", "anna@outlook.com"),
            ("anna@mail.example", "anna@example"),
        ] {
            assert_ne!(address_key(left), address_key(right), "{left} {right}");
        }
        for none in ["", "anna", "@example.org", "anna@", "anna @example.org", "+x@gmail.com"] {
            assert_eq!(address_key(none), None, "{none}");
        }
    }

    #[test]
    fn of_the_exports_of_a_month_only_the_newest_has_to_be_renewed() {
        let at = |hour: i64| Timestamp::from_second(hour * 3_600).expect("a moment");
        let files = [("shop", 0), ("shop", 24), ("shop", 48), ("erp", 0), ("erp", 24), ("dhl", 0)];
        let stale =
            |since| stale(&files, |(series, hour)| (*series, at(*hour)), at(since)).copied().collect::<Vec<_>>();
        assert_eq!(stale(0), []);
        assert_eq!(stale(24), [("dhl", 0)]);
        assert_eq!(stale(25), [("erp", 24), ("dhl", 0)]);
        assert_eq!(stale(49), [("shop", 48), ("erp", 24), ("dhl", 0)]);
    }

    #[test]
    fn numbers_are_compared_by_letters_and_digits() {
        assert_eq!(number_key("#1001"), number_key(" 1001 "));
        assert_eq!(number_key("114-7122810-2961857"), number_key("11471228102961857".to_owned().as_str()));
        assert_eq!(number_key("ab-12"), "AB12");
    }
}
