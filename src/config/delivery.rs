//! The section `delivery`: when a send is tried again, and for how long things wait on purpose.

use jiff::SignedDuration;

use crate::{
    config::{raw::Reader, units},
    diagnostic::yaml::{Node, fields::Fields},
    service::{burst::Pace, delivery::RetrySchedule, verify::VerifySchedule},
};

/// The longest cancel window: buyers were promised an answer within minutes.
pub(super) const LONGEST_CANCEL_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The longest burst window: whoever writes again after a minute has begun another thought.
pub(super) const LONGEST_BURST_WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Reads it.
pub(super) fn delivery(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> (RetrySchedule, VerifySchedule, Pace) {
    let (mut retry, mut verify, mut pace) = (RetrySchedule::default(), VerifySchedule::default(), Pace::default());
    let Some(mut section) = fields.node("delivery").and_then(|node| reader.open(node)) else {
        return (retry, verify, pace);
    };
    for (key, slot) in [
        ("retry_after", &mut retry.first),
        ("longest_pause", &mut retry.longest),
        ("give_up_after", &mut retry.give_up_after),
        ("verify_for", &mut verify.verify_for),
    ] {
        let default = u64::try_from(slot.as_secs()).unwrap_or(0);
        let seconds = reader.seconds(&mut section, key, default);
        *slot = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    }
    if let Some(node) = section.node("cancel_window") {
        let expected = "a duration of at most 1h such as 0s, 30s or 5m";
        pace.cancel_window = up_to(reader, node, LONGEST_CANCEL_WINDOW, expected).unwrap_or(pace.cancel_window);
    }
    if let Some(node) = section.node("burst_window") {
        burst_window(reader, node, &mut pace);
    }
    reader.close(section);
    (retry, verify, pace)
}

/// Reads one duration for every channel, or one for each.
fn burst_window(reader: &mut Reader<'_>, node: &Node, pace: &mut Pace) {
    let expected = "a duration of at most 1m such as 0s or 3s";
    if node.as_text().is_some() {
        if let Some(window) = up_to(reader, node, LONGEST_BURST_WINDOW, expected) {
            (pace.email_burst, pace.telegram_burst) = (window, window);
        }
        return;
    }
    let Some(mut section) = reader.open(node) else { return };
    for (key, slot) in [("email", &mut pace.email_burst), ("telegram", &mut pace.telegram_burst)] {
        let Some(node) = section.node(key) else { continue };
        if let Some(window) = up_to(reader, node, LONGEST_BURST_WINDOW, expected) {
            *slot = window;
        }
    }
    reader.close(section);
}

/// Reads a duration with a limit, or collects that it is none.
fn up_to(reader: &mut Reader<'_>, node: &Node, longest: SignedDuration, expected: &str) -> Option<SignedDuration> {
    let seconds = node.as_text().and_then(units::seconds).and_then(|seconds| i64::try_from(seconds).ok());
    let found = seconds.map(SignedDuration::from_secs).filter(|duration| *duration <= longest);
    if found.is_none() {
        reader.bad(node, expected);
    }
    found
}
