//! The names by which stories speak of guards: what stands in the table as `E5` is `human_owns_thread` to a seller.

/// Every guard's id with its name in stories.
pub(super) const NAMES: [(&str, &str); 45] = [
    ("A2", "duplicate"),
    ("A3", "own_message_id"),
    ("A4", "own_loop_header"),
    ("A5", "own_address"),
    ("A6", "received_hops"),
    ("A7", "ping_pong"),
    ("B1", "null_return_path"),
    ("B2", "report"),
    ("B3", "auto_submitted"),
    ("B4", "bulk_precedence"),
    ("B5", "list_mail"),
    ("B6", "suppress_wish"),
    ("B7", "machine_header"),
    ("B8", "failed_recipients"),
    ("B9", "machine_sender"),
    ("B10", "from_invalid"),
    ("B11", "machine_subject"),
    ("B12", "mass_mailer"),
    ("B13", "junk"),
    ("B14", "calendar"),
    ("B15", "relay_notification"),
    ("C1", "authentication"),
    ("C6", "unverified_thread"),
    ("D1", "not_addressed"),
    ("D2", "too_many_recipients"),
    ("D3", "suppressed_buyer"),
    ("D4", "return_path_differs"),
    ("E1", "unreadable"),
    ("E3", "no_text"),
    ("E4", "backlog"),
    ("E5", "human_owns_thread"),
    ("E6", "answered_before"),
    ("E8", "forwarded"),
    ("F1", "same_reply"),
    ("F2", "sender_cap"),
    ("F3", "repeated_body"),
    ("F4", "flood"),
    ("F5", "chat_cap"),
    ("M1", "marketplace_notice"),
    ("M2", "marketplace_unproven"),
    ("M3", "marketplace_unclear"),
    ("P1", "paused"),
    ("P2", "rule_paused"),
    ("P3", "bot_off"),
    ("T1", "machine_chat"),
];

/// Returns the id of the guard that a story names, by its name or its id.
pub(super) fn guard(written: &str) -> Option<&'static str> {
    NAMES.iter().find(|(id, name)| *name == written || *id == written).map(|(id, _)| *id)
}

/// Returns the name of a guard.
pub(super) fn name(id: &str) -> &str {
    NAMES.iter().find(|(known, _)| *known == id).map_or(id, |(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::NAMES;
    use crate::engine::guard::GUARDS;

    #[test]
    fn every_guard_has_one_name() {
        let mut ids: Vec<&str> = NAMES.iter().map(|(id, _)| *id).collect();
        let mut guards: Vec<&str> = GUARDS.iter().map(|guard| guard.id).collect();
        ids.sort_unstable();
        guards.sort_unstable();
        guards.dedup();
        assert_eq!(ids, guards);
    }
}
