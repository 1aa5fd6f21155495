//! How far the counts that all accounts share may grow while one message is decided, without changing what is decided.
//!
//! A commit is refused when a count it was decided on has grown. Several processes, and several accounts of one process, are
//! decided for at once and make the shop's and a domain's counts grow all the time, so nearly every commit would be refused.
//! Caps are thresholds: where the decision is the same with a count as it is and with that count raised, it is the same
//! with everything between. The sender's own counts stay exact. Pure.

use jiff::Timestamp;

use crate::{
    engine::Engine,
    model::{
        context::{Context, Counters},
        inbound::Inbound,
        verdict::Verdict,
    },
};

/// How many automatic messages others may commit meanwhile: far more than they can in the milliseconds
/// between reading and writing, far less than the breaker for the whole shop lets pass.
const ROOM: u32 = 16;

/// Returns the counts up to which the decision holds.
pub(super) fn with_room(
    engine: &Engine,
    inbound: &Inbound,
    seen: &Context,
    verdict: &Verdict,
    now: Timestamp,
) -> Counters {
    let shop = Counters {
        sends_shop_ten_minutes: seen.counters.sends_shop_ten_minutes.saturating_add(ROOM),
        ..seen.counters.clone()
    };
    let both = Counters {
        answers_domain_day: shop.answers_domain_day.saturating_add(ROOM),
        answers_domain_week: shop.answers_domain_week.saturating_add(ROOM),
        ..shop.clone()
    };
    let holds = |counters: &Counters| {
        let later = Context { counters: counters.clone(), ..seen.clone() };
        let again = engine.decide(inbound, &later, now);
        again.outcome == verdict.outcome && again.messages == verdict.messages && again.ticket == verdict.ticket
    };
    [both, shop].into_iter().find(holds).unwrap_or_else(|| seen.counters.clone())
}
