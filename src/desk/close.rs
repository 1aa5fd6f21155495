//! What a dispute or complaint must say before it may be closed: what came of it, why it came to it, what it cost.

use crate::model::{closing::Closing, ticket::Ticket};

/// The causes of a shop that names none of its own: what the after-sale statistics of the big marketplaces tell apart.
pub const CAUSES: [&str; 9] = [
    "product_fault",
    "damaged_in_transit",
    "wrong_item",
    "description",
    "late_delivery",
    "lost_parcel",
    "customs",
    "buyer_error",
    "other",
];

/// Labels that make a ticket a case that must be accounted for. Rules give them (`then: {tag: [complaint]}`), people may
/// add and remove them; what the buyer writes later takes none away.
pub const ACCOUNTABLE_TAGS: [&str; 2] = ["dispute", "complaint"];

/// Returns whether a ticket must be accounted for when it is closed: it is labelled a dispute or a complaint.
pub fn is_accountable(ticket: &Ticket) -> bool {
    ticket.tags.iter().any(|tag| ACCOUNTABLE_TAGS.contains(&tag.as_str()))
}

/// Returns what is missing of the account of a case, in the order people are asked.
pub fn missing(closing: &Closing) -> Vec<&'static str> {
    let parts = [
        ("result", closing.result.is_some()),
        ("cause", closing.cause.is_some()),
        ("compensation", closing.compensation.is_some()),
    ];
    parts.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect()
}

/// Returns the line of history: the words, then the account.
pub fn words(closing: &Closing) -> String {
    let account = [
        closing.result.map(|result| format!("result: {}", result.as_str())),
        closing.cause.as_ref().map(|cause| format!("cause: {cause}")),
        closing.compensation.as_ref().map(|compensation| format!("compensation: {compensation}")),
    ];
    let account: Vec<String> = account.into_iter().flatten().collect();
    let parts = [closing.text.trim().to_owned(), account.join(", ")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}
