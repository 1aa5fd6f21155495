//! The same answer twice: whoever asks again was not helped by it, so a person answers.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    engine::{guard::Case, guard::Proposal},
    model::{outbound::OutboundKind, thread::Said},
};

/// How long an answer counts as told: a week later the question may be a new one.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Returns when and about what this thread was told the same already, as a reason for a person.
pub(super) fn before(case: &Case<'_>, proposal: &Proposal) -> Option<String> {
    let said = &case.ctx.thread.as_ref()?.said;
    let same = |said: &&Said| {
        said.kind == OutboundKind::Answer
            && case.now.duration_since(said.at) < WINDOW
            && proposal.replies.iter().any(|reply| said.replies.contains(reply))
    };
    let last = said.iter().rev().find(same)?;
    let intent = proposal.intents.iter().find(|intent| last.intents.contains(intent))?;
    Some(format!("Already told about {intent} {}.", moment(last.at, case.now, &case.settings.desk.zone)))
}

/// Says a moment as people at the desk do: "at 02:14" today, "on 2026-11-19 at 02:14" before.
fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let time = at.strftime("%H:%M");
    if at.date() == now.date() { format!("at {time}") } else { format!("on {} at {time}", at.date()) }
}
