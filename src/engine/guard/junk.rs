//! B13: the server calls it spam.

use crate::engine::guard::{Case, Guard, Objection, Stage, field};

pub(super) const GUARD: Guard = Guard {
    id: "B13",
    condition: "the server calls it spam",
    demands: "record",
    source: "Discourse is_spam, FreeScout isSpam; RFC 3834 section 2",
    stage: Stage::Message,
    objects,
};

/// Exchange's spam confidence level from which on it files mail as junk.
const JUNK_LEVEL: i32 = 5;

pub(super) fn objects(case: &Case<'_>) -> Option<Objection> {
    let mail = case.mail()?;
    if mail.in_junk {
        return Some(Objection::record("it lies in the Junk folder"));
    }
    let starts =
        |value: &str, word: &str| value.trim().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let flag = |name: &'static str, says: &dyn Fn(&str) -> bool| {
        mail.values(name).find(|value| says(value)).map(|value| field(name, value))
    };
    let evidence = flag("X-Spam-Flag", &|value| starts(value, "YES"))
        .or_else(|| flag("X-Spam-Status", &|value| starts(value, "Yes,")))
        .or_else(|| flag("X-SES-Spam-Verdict", &|value| starts(value, "FAIL")))
        .or_else(|| {
            let level = |value: &str| value.trim().parse::<i32>().is_ok_and(|level| level >= JUNK_LEVEL);
            flag("X-MS-Exchange-Organization-SCL", &level)
        })?;
    Some(Objection::record(evidence))
}
