//! The table of states as a whole.

use std::{collections::BTreeSet, fmt::Write as _};

use nightdesk::model::{
    delivery::{DeliveryEvent, DeliveryState},
    outbound::Phase,
};

const MAY_HAVE_LEFT: [DeliveryState; 4] =
    [DeliveryState::Sent, DeliveryState::Uncertain, DeliveryState::VerifiedSent, DeliveryState::Escalated];

/// Every state that any chain of events leads to.
fn reachable(from: DeliveryState) -> BTreeSet<DeliveryState> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(state) = open.pop() {
        let next = DeliveryEvent::ALL.iter().filter_map(|event| state.after(*event));
        open.extend(next.filter(|next| found.insert(*next)));
    }
    found
}

#[test]
fn nothing_that_may_have_left_or_was_cancelled_is_ever_sent_again() {
    for from in MAY_HAVE_LEFT.into_iter().chain([DeliveryState::Cancelled]) {
        for again in [DeliveryState::Ready, DeliveryState::RetryAt, DeliveryState::Sending] {
            assert!(!reachable(from).contains(&again), "{from:?} leads to {again:?}");
        }
    }
}

#[test]
fn a_draft_never_leaves() {
    assert_eq!(reachable(DeliveryState::Held), BTreeSet::from([DeliveryState::Cancelled]));
}

#[test]
fn what_is_on_its_way_has_an_end_and_what_is_settled_stays() {
    for state in DeliveryState::ALL {
        let ends = reachable(state).into_iter().any(DeliveryState::is_settled);
        assert!(ends || state.is_settled(), "{state:?} never ends");
        let moves = DeliveryEvent::ALL.iter().any(|event| state.after(*event).is_some());
        assert!(moves || state.is_settled(), "{state:?} is stuck");
    }
}

#[test]
fn only_a_break_after_the_last_bytes_and_a_restored_store_lead_into_doubt() {
    for state in DeliveryState::ALL {
        for event in DeliveryEvent::ALL {
            if state.after(event) == Some(DeliveryState::Uncertain) {
                let broken = matches!(event, DeliveryEvent::Lost | DeliveryEvent::BrokenOff(Phase::Dot));
                let expected = state == DeliveryState::Sending && broken || event == DeliveryEvent::Restored;
                assert!(expected, "{state:?} {event:?}");
            }
        }
    }
}

#[test]
fn the_table_is_the_documented_one() {
    let mut table = String::new();
    for from in DeliveryState::ALL {
        for event in DeliveryEvent::ALL {
            let Some(to) = from.after(event) else { continue };
            writeln!(table, "{} | {event:?} | {}", from.as_str(), to.as_str()).expect("a String takes everything");
        }
    }
    assert_eq!(table, include_str!("../../data/delivery/transitions.txt"));
}

#[test]
fn every_word_of_a_state_is_read_back() {
    assert!(DeliveryState::ALL.iter().all(|state| DeliveryState::from_word(state.as_str()) == Some(*state)));
    assert_eq!(DeliveryState::from_word("unknown"), None);
}
