//! E1: encrypted, partial, too large or too deeply nested.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "E1",
    condition: "encrypted, partial, too large or too deeply nested",
    demands: "escalate",
    source: "MIME limits: constants of the mail parser",
    stage: Stage::Message,
    objects,
};

use crate::model::inbound::Note;

fn objects(case: &Case<'_>) -> Option<Objection> {
    let note = case.inbound.notes.iter().find(|note| {
        matches!(
            note,
            Note::TooLarge
                | Note::TooComplex
                | Note::Unparsable
                | Note::Unreadable
                | Note::UnknownCharset
                | Note::TextCut
        )
    })?;
    let evidence = match note {
        Note::TooLarge => "larger than the size limit: only the header was read",
        Note::TooComplex => "nested deeper, or with more parts or header fields, than is read",
        Note::Unparsable => "the bytes could not be parsed",
        Note::Unreadable => "encrypted or partial content",
        Note::UnknownCharset => "a character set nobody knows",
        _ => "longer than the text that rules look at",
    };
    Some(Objection::escalate(evidence))
}
