//! T1: a bot, a channel or our own account wrote the chat message.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "T1",
    condition: "a bot, a channel or our own account wrote the chat message",
    demands: "record",
    source: "Bot API Message: is_bot, via_bot, sender_chat, sender_business_bot, is_automatic_forward",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let telegram = case.inbound.telegram.as_ref()?;
    if let Some(machine) = telegram.machine {
        return Some(Objection::record(format!("Telegram field {machine}")));
    }
    if telegram.edited {
        return Some(Objection::escalate("the buyer edited an earlier message"));
    }
    telegram.unsupported.map(|field| Objection::escalate(format!("content that is not text: {field}")))
}
