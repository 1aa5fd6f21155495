//! A4: our own X-Loop field came back.

use crate::engine::guard::{Case, Guard, Objection, Stage, field};

pub(super) const GUARD: Guard = Guard {
    id: "A4",
    condition: "our own X-Loop field came back",
    demands: "drop",
    source: "qmail and OTRS practice",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let own = case.settings.instance.instance_name();
    let value = case.mail()?.values("X-Loop").find(|value| value.trim() == own)?;
    Some(Objection::drop(field("X-Loop", value)))
}
