//! E3: no text of the buyer's own is left.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "E3",
    condition: "no text of the buyer's own is left",
    demands: "escalate",
    source: "nothing to recognise; only attachments or a quote",
    stage: Stage::Message,
    objects,
};

use crate::model::inbound::Note;

fn objects(case: &Case<'_>) -> Option<Objection> {
    if case.inbound.notes.contains(&Note::QuoteKept) {
        return Some(Objection::escalate("nothing but quoted text"));
    }
    let empty = case.inbound.text.trim().is_empty() && case.inbound.subject.trim().is_empty();
    let quote_only = case.inbound.text.trim().is_empty() && !case.inbound.elided.trim().is_empty();
    let files = case.inbound.attachments.len();
    (empty || quote_only).then(|| Objection::escalate(format!("no text, {files} attachment(s)")))
}
