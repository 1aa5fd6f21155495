//! F5: too many automatic messages in this chat within an hour.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "F5",
    condition: "too many automatic messages in this chat within an hour",
    demands: "escalate",
    source: "Telegram's own cap in place of E6 and F2",
    stage: Stage::Answer,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    case.proposal?;
    reached(case)
}

/// Returns the objection if the chat had enough messages, whatever is about to be said.
pub(super) fn reached(case: &Case<'_>) -> Option<Objection> {
    case.inbound.telegram.as_ref()?;
    let (sent, limit) = (case.ctx.counters.sends_chat_hour, case.settings.limits.sends_per_chat_hour);
    (sent >= limit)
        .then(|| Objection::escalate(format!("{sent} automatic messages within an hour, the limit is {limit}")))
}
