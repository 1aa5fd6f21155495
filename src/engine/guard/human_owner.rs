//! E5: a person owns the ticket or wrote in this thread lately.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "E5",
    condition: "a person owns the ticket or wrote in this thread lately",
    demands: "escalate",
    source: "chatwoot 13673, fazer-ai 433: never talk over a person",
    stage: Stage::Message,
    objects,
};

use jiff::SignedDuration;

fn objects(case: &Case<'_>) -> Option<Objection> {
    let thread = case.ctx.thread.as_ref()?;
    if let Some(ticket) = thread.open_ticket.filter(|_| thread.claimed) {
        return Some(Objection::escalate(format!("ticket {ticket} is in a person's hands")));
    }
    let silence = SignedDuration::from_hours(case.settings.limits.human_silence_hours.into());
    let wrote = thread.last_human_reply.filter(|wrote| case.now.duration_since(*wrote) < silence)?;
    Some(Objection::escalate(format!("a person wrote in this thread at {wrote}")))
}
