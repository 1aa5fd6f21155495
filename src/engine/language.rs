//! Which language the buyer writes, and which one we answer in.

use crate::{
    engine::Engine,
    model::{context::Context, inbound::Inbound, language::Language, verdict::LanguageChoice},
    text::language::{self, Detected},
};

/// From here on the detector may overrule the language of the pattern that hit.
const SURE: f64 = 0.8;
/// Below this the detector's guess decides nothing by itself.
const USABLE: f64 = 0.5;
/// Shorter texts say too little to close the language gate.
const GATE_CHARACTERS: usize = 40;
/// The languages among which the gate looks: the product's twelve and the neighbours they are confused with.
const KNOWN: [&str; 18] =
    ["en", "zh", "es", "fr", "de", "pt", "it", "ru", "ja", "ko", "ar", "pl", "nl", "sv", "tr", "vi", "th", "hi"];

/// What the detector says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// The best guess among the shop's languages.
    pub detected: Option<Language>,
    /// 0 to 1.
    pub confidence: f64,
    /// A language the shop does not answer in, if the text is surely in it.
    pub foreign: Option<Language>,
}

/// Asks the detector, with the thread's earlier language as the tie-breaker of short texts.
pub(super) fn detect(engine: &Engine, inbound: &Inbound, ctx: &Context) -> Found {
    let shop = &engine.settings.languages;
    let text = if inbound.text.trim().is_empty() { &inbound.subject } else { &inbound.text };
    let found = language::detect(text, shop);
    let sticky = ctx.thread.as_ref().and_then(|thread| thread.language);
    let (detected, confidence) = match (found, sticky) {
        (Some(Detected { confidence, .. }), Some(sticky)) if confidence < USABLE => (Some(sticky), USABLE),
        (Some(Detected { language, confidence }), _) => (Some(language), confidence),
        (None, sticky) => (sticky, if sticky.is_some() { USABLE } else { 0.0 }),
    };
    Found { detected, confidence, foreign: foreign(engine, text) }
}

/// Chooses the language of our words: the pattern's, unless the detector is sure of another; then what is known of
/// thread, buyer and client; then the shop's default. `spoken` are the languages of the replies that stand; none means
/// that nothing restricts the choice.
pub(super) fn choose(
    engine: &Engine,
    inbound: &Inbound,
    ctx: &Context,
    found: &Found,
    pattern: Option<Language>,
    spoken: &[Language],
) -> LanguageChoice {
    let shop = &engine.settings.languages;
    let offered = |language: &Language| shop.contains(language) && (spoken.is_empty() || spoken.contains(language));
    let detected = found.detected.filter(offered);
    let evidence = [
        ("detector", detected.filter(|_| found.confidence >= SURE)),
        ("pattern", pattern),
        ("detector", detected.filter(|_| found.confidence >= USABLE)),
        ("thread", ctx.thread.as_ref().and_then(|thread| thread.language)),
        ("buyer", ctx.buyer.as_ref().and_then(|buyer| buyer.language)),
        ("client", inbound.language_hint),
        ("detector", detected),
    ];
    let chosen = evidence.into_iter().find_map(|(reason, language)| Some((reason, language.filter(offered)?)));
    let (reason, answer) = chosen.unwrap_or(("default", engine.settings.default_language));
    LanguageChoice { detected: found.detected, confidence: found.confidence, answer, reason: reason.to_owned() }
}

fn foreign(engine: &Engine, text: &str) -> Option<Language> {
    if text.chars().count() < GATE_CHARACTERS {
        return None;
    }
    let known: Vec<Language> = KNOWN.iter().filter_map(|code| code.parse().ok()).collect();
    let found = language::detect(text, &known)?;
    let shop = &engine.settings.languages;
    (found.confidence >= SURE && !shop.contains(&found.language)).then_some(found.language)
}
