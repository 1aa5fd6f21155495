//! B5: a mailing-list field is present.

use crate::engine::guard::{Case, Guard, Objection, Stage, field};

pub(super) const GUARD: Guard = Guard {
    id: "B5",
    condition: "a mailing-list field is present",
    demands: "record",
    source: "RFC 5230 section 4.6",
    stage: Stage::Message,
    objects,
};

const FIELDS: [&str; 10] = [
    "List-Id",
    "List-Post",
    "List-Help",
    "List-Subscribe",
    "List-Owner",
    "List-Archive",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Mailing-List",
    "X-Mailing-List",
];

fn objects(case: &Case<'_>) -> Option<Objection> {
    let mail = case.mail()?;
    FIELDS.into_iter().find_map(|name| mail.values(name).next().map(|value| Objection::record(field(name, value))))
}
