//! E6: this mail thread already got an automatic answer.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "E6",
    condition: "this mail thread already got an automatic answer",
    demands: "escalate",
    source: "one answer per thread, a second only for another intent",
    stage: Stage::Answer,
    objects,
};

use crate::model::{inbound::ChannelKind, outbound::OutboundKind};

/// One answer, and one more if the buyer asks about something else.
const MAX_ANSWERS: usize = 2;

fn objects(case: &Case<'_>) -> Option<Objection> {
    if case.inbound.channel != ChannelKind::Email {
        return None;
    }
    let proposal = case.proposal?;
    let answers: Vec<_> =
        case.ctx.thread.as_ref()?.said.iter().filter(|said| said.kind == OutboundKind::Answer).collect();
    let last = answers.last()?;
    if answers.len() >= MAX_ANSWERS {
        return Some(Objection::escalate(format!("{} automatic answers in this thread already", answers.len())));
    }
    let repeated = proposal.intents.iter().find(|intent| last.intents.contains(intent))?;
    Some(Objection::escalate(format!("already told about {repeated} at {}", last.at)))
}
