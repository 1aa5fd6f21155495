//! M2: it says it comes from a marketplace or form, and nothing proves that.

use crate::{
    engine::guard::{Case, Guard, Objection, Stage, junk},
    model::profile::Relay,
};

pub(super) const GUARD: Guard = Guard {
    id: "M2",
    condition: "the address of a marketplace or form, and our own server does not vouch for it",
    demands: "escalate",
    source: "an answer to a forged relay would go to whoever forged it",
    stage: Stage::Message,
    objects,
};

fn objects(case: &Case<'_>) -> Option<Objection> {
    let Relay::Unproven(why) = &case.inbound.relay else { return None };
    // Spam in a marketplace's name comes by the dozen; the server knows it already.
    if junk::objects(case).is_some() {
        return None;
    }
    Some(Objection::escalate(why.as_str()))
}
