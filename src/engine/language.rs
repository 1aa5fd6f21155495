//! Which language the buyer writes, and which one we answer in.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::{
    engine::Engine,
    model::{context::Context, inbound::Inbound, language::Language, verdict::LanguageChoice},
    rules::stop_word::is_stop_word,
    text::{
        folded::Folded,
        language::{self, Detected},
    },
};

/// From here on the detector may overrule the language of the pattern that hit.
const SURE: f64 = 0.8;
/// From here on patterns of other languages count as they are written only. In a short text it takes a detector and the words
/// of one language, far apart from those of all others.
const WRITTEN_IN: f64 = 0.6;
/// Below this the detector's guess decides nothing by itself.
const USABLE: f64 = 0.5;
/// In shorter texts the detector says too little to close the language gate.
const GATE_CHARACTERS: usize = 40;
/// The languages among which the gate looks: the product's twelve and the neighbours they are confused with.
const KNOWN: [&str; 18] =
    ["en", "zh", "es", "fr", "de", "pt", "it", "ru", "ja", "ko", "ar", "pl", "nl", "sv", "tr", "vi", "th", "hi"];

/// Words that hold sentences together in one of the product's languages and stand in no English one, folded and no part
/// of a place's name. A text with more of them than words of the shop's languages is not for the shop's rules: "gibt es free shipping?".
const FUNCTION_WORDS: &[(&str, &[&str])] = &[
    (
        "de",
        &[
            "auch", "bekomme", "bitte", "danke", "das", "fur", "gibt", "hallo", "ich", "ist", "kann", "kein", "mein",
            "mit", "muss", "nach", "nicht", "noch", "und", "wann", "warum", "wer", "wie", "wo", "zahle", "zahlt",
        ],
    ),
    (
        "fr",
        &[
            "avec", "bonjour", "combien", "dans", "douane", "est", "je", "les", "merci", "mon", "pas", "pour",
            "pourquoi", "quand", "vous",
        ],
    ),
    ("es", &["cuando", "cuanto", "donde", "gracias", "hay", "hola", "para", "por", "que"]),
    ("it", &["che", "ciao", "grazie", "perche", "quando", "quanto", "sono"]),
    ("pt", &["em", "nao", "obrigado", "ola", "para", "pra", "quando", "quanto", "tem", "voce"]),
    ("nl", &["bedankt", "een", "het", "ik", "mijn", "naar", "niet", "voor", "waar", "wanneer"]),
    ("pl", &["czy", "dla", "dziekuje", "jest", "kiedy", "nie", "prosze"]),
];
/// Characters of Japanese spelling that Chinese does not write; texts of Chinese characters alone show by them.
const JAPANESE_ONLY: [char; 12] = ['関', '払', '込', '売', '図', '対', '発', '検', '変', '駅', '円', '価'];
/// One Japanese の or a Korean name stands in other texts too.
const MIN_LETTERS: usize = 2;

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

impl Found {
    /// Returns the language of the text if there is little doubt, also when the shop does not answer in it.
    pub(super) fn written_in(&self) -> Option<Language> {
        self.foreign.or(self.detected.filter(|_| self.confidence >= WRITTEN_IN))
    }
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

/// Returns a language without rules that the text is surely in: by its letters or its small words, or
/// if it is long enough by the detector.
fn foreign(engine: &Engine, text: &str) -> Option<Language> {
    let shop = &engine.settings.languages;
    if let Some(language) = by_letters(text).filter(|language| !shop.contains(language)) {
        return Some(language);
    }
    if let Some(language) = by_words(shop, text) {
        return Some(language);
    }
    if text.chars().count() < GATE_CHARACTERS {
        return None;
    }
    let known: Vec<Language> = KNOWN.iter().filter_map(|code| code.parse().ok()).collect();
    let found = language::detect(text, &known)?;
    (found.confidence >= SURE && !shop.contains(&found.language)).then_some(found.language)
}

/// Returns the language of letters that only one language has.
fn by_letters(text: &str) -> Option<Language> {
    let count = |wanted: fn(&char) -> bool| text.chars().filter(wanted).count();
    if count(|letter| matches!(letter, 'ぁ'..='ゟ')) >= MIN_LETTERS || text.contains(JAPANESE_ONLY) {
        return "ja".parse().ok();
    }
    (count(|letter| matches!(letter, '가'..='힣')) >= MIN_LETTERS).then(|| "ko".parse().ok()).flatten()
}

/// Returns the language with the most small words, if the shop's languages have fewer.
fn by_words(shop: &[Language], text: &str) -> Option<Language> {
    let folded = Folded::new(text);
    let mut own = 0;
    let mut counts = [0; FUNCTION_WORDS.len()];
    for form in folded.words().iter().map(|word| folded.form(word)) {
        let lists = FUNCTION_WORD_LISTS.get(form).map_or(&[][..], Vec::as_slice);
        let of_list = |language: &Language| lists.iter().any(|list| FUNCTION_WORDS[*list].0 == language.as_str());
        if shop.iter().any(|language| is_stop_word(form, *language) || of_list(language)) {
            own += 1;
        } else {
            for list in lists {
                counts[*list] += 1;
            }
        }
    }
    let (most, (code, _)) = counts.into_iter().zip(FUNCTION_WORDS).max_by_key(|(count, _)| *count)?;
    let language: Language = code.parse().ok()?;
    (most > own && !shop.contains(&language)).then_some(language)
}

/// Every function word with its lists in [`FUNCTION_WORDS`].
static FUNCTION_WORD_LISTS: LazyLock<FxHashMap<&str, Vec<usize>>> = LazyLock::new(|| {
    let mut lists: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (list, (_, words)) in FUNCTION_WORDS.iter().enumerate() {
        for word in *words {
            lists.entry(word).or_default().push(list);
        }
    }
    lists
});
