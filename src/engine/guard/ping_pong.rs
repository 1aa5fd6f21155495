//! A7: two machines answer each other.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "A7",
    condition: "two machines answer each other",
    demands: "escalate / record",
    source: "FreeScout 2445, 3670, 3465: other desks drop References but keep the subject",
    stage: Stage::Message,
    objects,
};

use crate::model::{verdict::GuardAction, wire_id::Origin};

/// A buyer who answers three automatic messages in one thread needs a person.
const TALKATIVE: usize = 3;
/// One ack, one question and two answers are all that the machine says in one thread to a person; a mail that names more
/// of them was not written by one.
const LOOPING: usize = 6;
/// The same bracketed prefix this often in one subject is two desks prefixing each other.
const MAX_SAME_PREFIX: usize = 3;

fn objects(case: &Case<'_>) -> Option<Objection> {
    let mail = case.mail()?;
    let own = mail.references.iter().filter_map(|id| case.settings.instance.verify(id));
    let automatic = own.filter(|own| own.origin == Origin::Automatic).count();
    if automatic >= TALKATIVE {
        let action = if automatic >= LOOPING { GuardAction::Record } else { GuardAction::Escalate };
        return Some(Objection::new(action, format!("References names {automatic} automatic messages of ours")));
    }
    let subject = case.inbound.subject.to_lowercase();
    let repeated = prefixes(&subject).find(|prefix| subject.matches(prefix).count() >= MAX_SAME_PREFIX)?;
    Some(Objection::record(format!("the subject repeats `{repeated}`")))
}

/// Returns what desks put in front of a subject: bracketed tickets, `auto:` and `ticket #n:`.
fn prefixes(subject: &str) -> impl Iterator<Item = &str> {
    // The brackets are part of the prefix: in "[red] red lamp, red shade" nothing is repeated.
    let open = subject.match_indices('[').map(|(start, _)| &subject[start..]);
    let bracketed = open.filter_map(|rest| Some(&rest[..=rest.find(']')?]));
    let named = ["auto:", "automatic reply:", "ticket #", "ticket#", "case #"].into_iter();
    bracketed.chain(named.filter(move |name| subject.contains(name)))
}
