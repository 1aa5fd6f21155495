//! B1: the envelope sender is null.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "B1",
    condition: "the envelope sender is null",
    demands: "bounce",
    source: "RFC 3834 section 2",
    stage: Stage::Message,
    objects,
};

use crate::model::inbound::ReturnPath;

fn objects(case: &Case<'_>) -> Option<Objection> {
    (case.mail()?.return_path == ReturnPath::Null).then(|| Objection::bounce("Return-Path: <>"))
}
