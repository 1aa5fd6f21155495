//! M1: a notice of the marketplace itself, which is no buyer's message.

use crate::{
    engine::guard::{Case, Guard, Objection, Stage},
    model::profile::NoticeEnd,
};

pub(super) const GUARD: Guard = Guard {
    id: "M1",
    condition: "a notice of the marketplace itself, by its mail profile",
    demands: "record / escalate",
    source: "docs/marketplaces.md",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let relayed = case.inbound.relay.read()?;
    let notice = relayed.notice.as_ref()?;
    let evidence = format!("{}: {}", relayed.profile.title, notice.title);
    // What the profile does not know may be anything; only what it calls harmless ends in silence.
    Some(match notice.becomes {
        Some(NoticeEnd::Silence) => Objection::record(evidence),
        Some(NoticeEnd::Ticket | NoticeEnd::Urgent) | None => Objection::escalate(evidence),
    })
}
