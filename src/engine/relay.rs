//! What a marketplace asks of us: what its notices make urgent, and what it does not take for an answer.

use crate::{
    model::{
        inbound::Inbound,
        profile::{NoticeEnd, Profile},
        ticket::Urgency,
    },
    replies::catalog::Rendered,
    text::forbidden,
};

/// Returns how urgent the message is by what the marketplace says about it.
pub(super) fn urgency(inbound: &Inbound) -> Urgency {
    let notice = inbound.relay.read().and_then(|relayed| relayed.notice.as_ref());
    notice.and_then(|notice| notice.becomes).map_or(Urgency::Normal, NoticeEnd::urgency)
}

/// Returns why a person must write although a machine did: the marketplace wants an answer within some time, and does
/// not count an automatic one.
pub(super) fn uncounted(profile: &Profile) -> Option<String> {
    let open = profile.response.is_some() && !profile.automatic_counts;
    open.then(|| format!("{} does not count an automatic answer: a person must write too.", profile.title))
}

/// Returns the text if the marketplace takes it whole, with the reference that will stand below it; else why not, as a
/// clause.
pub(super) fn allowed(rendered: Rendered, profile: &Profile, inbound: &Inbound) -> Result<Rendered, String> {
    let reference = inbound.relay.read().and_then(|relayed| relayed.reference.as_deref()).unwrap_or_default();
    let whole = format!("{}\n\n{reference}", rendered.text.trim_end());
    let objections = forbidden::objections(whole.trim_end(), &profile.answers);
    let objections: Vec<String> = objections.iter().map(ToString::to_string).collect();
    if objections.is_empty() {
        return Ok(rendered);
    }
    Err(format!("{} does not take it: {}", profile.title, objections.join("; ")))
}
