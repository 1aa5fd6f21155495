//! E4: from before going live, older than the backlog limit, or dated in the future.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "E4",
    condition: "from before going live, older than the backlog limit, or dated in the future",
    demands: "record / escalate",
    source: "first-start flood; backlog after an outage",
    stage: Stage::Message,
    objects,
};

use jiff::{SignedDuration, Timestamp};

use crate::model::inbound::ChannelKind;

/// Clocks of buyers are wrong by minutes or by a time zone; a day ahead is a forgery or a broken machine.
const MAX_FUTURE: SignedDuration = SignedDuration::from_hours(24);

/// Servers stamp whole seconds, and their clocks and ours differ; a message that came this shortly before going live is
/// as good as new.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

fn objects(case: &Case<'_>) -> Option<Objection> {
    let received = case.inbound.received_at;
    let before = |go_live: &Timestamp| go_live.duration_since(received) > CLOCK_TOLERANCE;
    if let Some(go_live) = case.ctx.go_live.filter(before) {
        // It is seen only when a server renumbers its mailbox; the shop chose to start without it.
        return Some(Objection::record(format!("received {received}, before going live at {go_live}")));
    }
    let limits = &case.settings.limits;
    let max_age = match case.inbound.channel {
        ChannelKind::Email => SignedDuration::from_hours(limits.max_mail_age_hours.into()),
        ChannelKind::Telegram => SignedDuration::from_hours(limits.max_chat_age_hours.into()),
    };
    if case.now.duration_since(received) > max_age {
        return Some(Objection::escalate(format!("received {received}, older than {} hours", max_age.as_hours())));
    }
    let sent = case.inbound.sent_at.filter(|sent| sent.duration_since(case.now) > MAX_FUTURE)?;
    Some(Objection::escalate(format!("dated {sent}, more than a day ahead")))
}
