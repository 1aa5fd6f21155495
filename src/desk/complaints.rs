//! Disputes and complaints that were closed: why it came to them, what came of it, what it cost.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{
    closing::{CloseResult, Compensation},
    figures::CaseCount,
};

/// What became of the cases of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CauseLine {
    /// Why it came to them.
    pub cause: String,
    /// How many were closed.
    pub tickets: u64,
    /// How many ended how; a result that none had is left out.
    pub results: BTreeMap<String, u64>,
    /// How many cost the shop money.
    pub paid_tickets: u64,
    /// What they cost together, one sum for each currency, sorted by currency.
    #[schema(value_type = Vec<String>)]
    pub paid: Vec<Compensation>,
}

/// Adds up closed cases by cause, most frequent first; ties by name.
pub fn by_cause(counts: &[CaseCount]) -> Vec<CauseLine> {
    let mut causes: BTreeMap<&str, Vec<&CaseCount>> = BTreeMap::new();
    for count in counts {
        causes.entry(&count.cause).or_default().push(count);
    }
    let mut lines: Vec<CauseLine> = causes.into_iter().map(|(cause, counts)| line(cause, &counts)).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.tickets));
    lines
}

fn line(cause: &str, counts: &[&CaseCount]) -> CauseLine {
    let mut results: BTreeMap<String, u64> = BTreeMap::new();
    let mut paid: BTreeMap<&str, i64> = BTreeMap::new();
    let mut paid_tickets = 0;
    for count in counts {
        let result = count.result.map_or("unknown", CloseResult::as_str);
        *results.entry(result.to_owned()).or_default() += count.tickets;
        let Some(Compensation::Amount { minor, currency }) = &count.compensation else { continue };
        paid_tickets += count.tickets;
        let sum = paid.entry(currency).or_default();
        *sum = sum.saturating_add(minor.saturating_mul(i64::try_from(count.tickets).unwrap_or(i64::MAX)));
    }
    let amount = |(currency, minor): (&str, i64)| Compensation::Amount { minor, currency: currency.to_owned() };
    CauseLine {
        cause: cause.to_owned(),
        tickets: counts.iter().map(|count| count.tickets).sum(),
        results,
        paid_tickets,
        paid: paid.into_iter().map(amount).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::by_cause;
    use crate::model::{closing::CloseResult, figures::CaseCount};

    #[test]
    fn money_is_added_up_by_currency_and_causes_by_their_number() {
        let count = |cause: &str, result, compensation: &str, tickets| CaseCount {
            cause: cause.to_owned(),
            result: Some(result),
            compensation: Some(compensation.parse().expect("a compensation")),
            tickets,
        };
        let lines = by_cause(&[
            count("broken", CloseResult::Refunded, "12.50 EUR", 2),
            count("broken", CloseResult::Replaced, "none", 1),
            count("broken", CloseResult::Refunded, "0.05 EUR", 1),
            count("broken", CloseResult::Refunded, "300 JPY", 1),
            count("late", CloseResult::Declined, "none", 9),
        ]);
        let [late, broken] = &lines[..] else { panic!("two causes: {lines:?}") };
        assert_eq!((late.cause.as_str(), late.tickets, late.paid.len(), late.paid_tickets), ("late", 9, 0, 0));
        assert_eq!((broken.tickets, broken.paid_tickets, broken.results["refunded"]), (5, 4, 4));
        let paid: Vec<String> = broken.paid.iter().map(ToString::to_string).collect();
        assert_eq!(paid, ["25.05 EUR", "300 JPY"]);
    }
}
