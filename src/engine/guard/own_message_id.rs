//! A3: the Message-ID is one of ours.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "A3",
    condition: "the Message-ID is one of ours",
    demands: "drop",
    source: "osTicket loopback test",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let message_id = case.mail()?.message_id.as_deref()?;
    case.settings.instance.verify(message_id)?;
    Some(Objection::drop(format!("Message-ID: <{message_id}> was made here")))
}
