//! B6: X-Auto-Response-Suppress asks for silence.

use crate::{
    engine::guard::{Case, Guard, Objection, Stage, field},
    model::authentication::without_comments,
};

pub(super) const GUARD: Guard = Guard {
    id: "B6",
    condition: "X-Auto-Response-Suppress asks for silence",
    demands: "escalate",
    source: "MS-OXCMAIL; Exchange puts it on human mail too, so a person looks",
    stage: Stage::Message,
    objects,
};

const WISHES: [&str; 3] = ["all", "oof", "autoreply"];

fn objects(case: &Case<'_>) -> Option<Objection> {
    let wishes = |value: &&str| {
        let bare = without_comments(value);
        let mut tokens = bare.split([',', ';']).map(str::trim);
        tokens.any(|token| WISHES.iter().any(|wish| token.eq_ignore_ascii_case(wish)))
    };
    let value = case.mail()?.values("X-Auto-Response-Suppress").find(wishes)?;
    Some(Objection::escalate(field("X-Auto-Response-Suppress", value)))
}
