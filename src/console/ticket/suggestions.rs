//! Ready words for a reply: the shop's own reply files, filled for this ticket.

use crate::{
    console::{address, when::Clock, words::Tongue},
    engine::Engine,
    model::{language::Language, switch::SituationSwitch},
    service::canned,
    store::ticket::TicketFile,
};

/// So many are offered: a shop with more of them looks for one by its rule.
const OFFERED: usize = 100;

/// One ready text.
pub(super) struct Suggestion {
    /// The reply.
    pub(super) name: String,
    /// The same as it stands in an address.
    pub(super) address: String,
    /// It answers what the machine understood.
    pub(super) fits: bool,
    /// The text, if everything that it needs is known.
    pub(super) text: Option<String>,
    pub(super) language: String,
    /// The same in the reader's language, where that is another one.
    pub(super) own: Option<String>,
    /// Why it cannot be filled.
    pub(super) missing: Option<String>,
    /// Phrases that a shop should not send.
    pub(super) doubtful: Vec<String>,
}

/// Returns what may be answered, what fits first; texts that cannot be filled are offered only if they fit.
pub(super) fn of(file: &TicketFile, engine: &Engine, switched: &[SituationSwitch], clock: &Clock) -> Vec<Suggestion> {
    if file.last_inbound.is_none() {
        return Vec::new();
    }
    let own = match clock.tongue {
        Tongue::English => Language::EN,
        Tongue::Chinese => Language::ZH,
    };
    let texts = canned::canned(engine, file, switched, own, clock.now).into_iter();
    let wanted = texts.filter(|canned| canned.fits || canned.text.is_ok());
    let suggestions = wanted.map(|canned| {
        let name = canned.reply.to_string();
        let (text, language, doubtful, missing) = match canned.text {
            Ok(filled) => (Some(filled.text), filled.language.to_string(), filled.doubtful, None),
            Err(missing) => (None, String::new(), Vec::new(), Some(missing)),
        };
        let address = address::part(&name);
        Suggestion { name, address, fits: canned.fits, text, language, own: canned.in_own_words, missing, doubtful }
    });
    suggestions.take(OFFERED).collect()
}
