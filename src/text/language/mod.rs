//! Guesses the language of a text among the shop's languages.
//!
//! The script speaks first; where many languages share one, two detectors vote. Short texts give soft guesses, which the
//! engine may overrule by better evidence (the pattern that hit, the thread, the buyer).

use whatlang::{Detector, Lang};

use crate::{
    model::language::Language,
    text::{
        folded::{Folded, Script, tokens},
        language::lexicon::Votes,
    },
};

mod lexicon;

/// A guess and how far it may be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detected {
    /// One of the allowed languages.
    pub language: Language,
    /// 0 to 1; below 0.5 the guess alone should decide nothing.
    pub confidence: f64,
}

/// Below this many letters the n-gram detectors are often wrong (29 and 24 of 30 on short shop messages).
const SHORT_TEXT_LETTERS: usize = 40;
/// A script that only one language writes leaves little doubt.
const BY_SCRIPT: f64 = 0.95;
/// Both detectors say the same.
const AGREED: f64 = 0.9;
/// In a short text the words of one language stand far apart from those of all others, and a detector agrees.
const SHORT_AGREED: f64 = 0.6;
/// The better detector speaks alone, or is contradicted.
const ALONE: f64 = 0.55;
/// The most a short text may claim: under one half.
const SHORT_CEILING: f64 = 0.45;
/// Letters of one script from which on a text counts as written in it, as a share of all letters: product names in Latin
/// letters are usual in Chinese and Russian messages, and one Han character carries as much as several Latin letters.
const SCRIPT_SHARE: f64 = 0.3;

/// ISO 639-1 codes of the languages that the detectors know by ISO 639-3.
const CODES: &[(&str, &str)] = &[
    ("ar", "ara"),
    ("cs", "ces"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("es", "spa"),
    ("et", "est"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("id", "ind"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("ko", "kor"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("nl", "nld"),
    ("no", "nob"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sv", "swe"),
    ("th", "tha"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("vi", "vie"),
    ("zh", "cmn"),
];

/// Returns the most likely of the allowed languages, or `None` if the text has no words of any language (digits, links,
/// addresses, order numbers only), is in a script that none of them is written in, or is long enough to be surely in another
/// language.
pub fn detect(text: &str, allowed: &[Language]) -> Option<Detected> {
    let folded = Folded::new(text);
    let prose = prose(text, &folded);
    let letters = Letters::of(&prose);
    if letters.all == 0 || allowed.is_empty() {
        return None;
    }
    if let Some(code) = letters.code() {
        let language = allowed.iter().copied().find(|language| language.as_str() == code);
        return match (language, letters.is_shared()) {
            (Some(language), false) => Some(Detected { language, confidence: BY_SCRIPT }),
            (language, true) => {
                vote(&prose, &folded, &cyrillic_or_arabic(code, allowed), letters.all).or(soft(language))
            }
            (None, false) => None,
        };
    }
    vote(&prose, &folded, &latin(allowed), letters.all)
}

/// Returns the words that a language writes; words with digits, links and mailboxes are nobody's.
fn prose(text: &str, folded: &Folded) -> String {
    let words = folded.words().iter().filter(|word| {
        let form = folded.form(word);
        !form.contains(|c: char| c.is_ascii_digit() || matches!(c, '@' | ':' | '/' | '.'))
    });
    let mut prose = String::with_capacity(text.len());
    for word in words {
        if word.script == Script::Spaced && !prose.is_empty() {
            prose.push(' ');
        }
        prose.extend(text[word.original.clone()].chars().flat_map(char::to_lowercase));
    }
    prose
}

/// How many letters of each script a text has.
#[derive(Debug, Default)]
struct Letters {
    all: usize,
    han: usize,
    kana: usize,
    hangul: usize,
    thai: usize,
    cyrillic: usize,
    arabic: usize,
    greek: usize,
    hebrew: usize,
}

impl Letters {
    fn of(prose: &str) -> Self {
        let mut letters = Self::default();
        for character in prose.chars().filter(|character| tokens::script(*character).is_some()) {
            letters.all += 1;
            match character {
                '\u{3041}'..='\u{30FF}' => letters.kana += 1,
                '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}' => letters.han += 1,
                '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' | '\u{AC00}'..='\u{D7A3}' => letters.hangul += 1,
                '\u{0E01}'..='\u{0E5B}' => letters.thai += 1,
                '\u{0400}'..='\u{052F}' => letters.cyrillic += 1,
                '\u{0600}'..='\u{06FF}' => letters.arabic += 1,
                '\u{0370}'..='\u{03FF}' => letters.greek += 1,
                '\u{0590}'..='\u{05FF}' => letters.hebrew += 1,
                _ => {}
            }
        }
        letters
    }

    /// Returns the language that the script stands for; for shared scripts the most usual one; `None` for Latin.
    fn code(&self) -> Option<&'static str> {
        let counts = [
            (self.han + self.kana, if self.kana > 0 { "ja" } else { "zh" }),
            (self.hangul, "ko"),
            (self.thai, "th"),
            (self.cyrillic, "ru"),
            (self.arabic, "ar"),
            (self.greek, "el"),
            (self.hebrew, "he"),
        ];
        let (count, code) = counts.into_iter().max_by_key(|(count, _)| *count)?;
        #[expect(clippy::cast_precision_loss, reason = "a text has far fewer letters than 2^52")]
        let share = count as f64 / self.all as f64;
        (share >= SCRIPT_SHARE).then_some(code)
    }

    /// Returns whether several languages write the script.
    fn is_shared(&self) -> bool {
        matches!(self.code(), Some("ru" | "ar"))
    }
}

/// Returns the allowed languages of a shared script.
fn cyrillic_or_arabic(code: &str, allowed: &[Language]) -> Vec<Language> {
    let alphabet = if code == "ru" { Alphabet::Cyrillic } else { Alphabet::Arabic };
    allowed.iter().copied().filter(|language| Alphabet::of(*language) == alphabet).collect()
}

/// Returns the allowed languages in Latin letters.
fn latin(allowed: &[Language]) -> Vec<Language> {
    allowed.iter().copied().filter(|language| Alphabet::of(*language) == Alphabet::Latin).collect()
}

/// What a language is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Latin,
    Cyrillic,
    Arabic,
    /// Chinese characters, for Japanese beside its own.
    Han,
    Hangul,
    Thai,
    Greek,
    Hebrew,
    /// Those of India that nobody here tells apart.
    Indic,
}

impl Alphabet {
    fn of(language: Language) -> Self {
        match language.as_str() {
            "ru" | "uk" | "bg" | "sr" | "mk" | "be" => Self::Cyrillic,
            "ar" | "fa" | "ur" => Self::Arabic,
            "zh" | "ja" => Self::Han,
            "ko" => Self::Hangul,
            "th" => Self::Thai,
            "el" => Self::Greek,
            "he" => Self::Hebrew,
            "hi" | "bn" | "ta" | "te" => Self::Indic,
            _ => Self::Latin,
        }
    }
}

/// Returns whether words of both languages may be written with the same letters.
pub fn share_letters(left: Language, right: Language) -> bool {
    Alphabet::of(left) == Alphabet::of(right)
}

/// Returns whether a text holds letters that the language is written with.
pub fn has_letters_of(language: Language, text: &str) -> bool {
    let letters = Letters::of(text);
    let others =
        [letters.han + letters.kana, letters.hangul, letters.thai, letters.cyrillic, letters.arabic, letters.greek];
    let count = match Alphabet::of(language) {
        Alphabet::Latin => letters.all - others.iter().sum::<usize>() - letters.hebrew,
        Alphabet::Cyrillic => letters.cyrillic,
        Alphabet::Arabic => letters.arabic,
        Alphabet::Han => letters.han + letters.kana,
        Alphabet::Hangul => letters.hangul,
        Alphabet::Thai => letters.thai,
        Alphabet::Greek => letters.greek,
        Alphabet::Hebrew => letters.hebrew,
        Alphabet::Indic => letters.all,
    };
    count > 0
}

fn soft(language: Option<Language>) -> Option<Detected> {
    language.map(|language| Detected { language, confidence: SHORT_CEILING })
}

/// Asks the words and the detectors among languages of one script.
fn vote(prose: &str, folded: &Folded, candidates: &[Language], letters: usize) -> Option<Detected> {
    let own_script =
        letters > 0 && !prose.is_ascii() && candidates.iter().all(|language| matches!(language.as_str(), "ru" | "ar"));
    if let ([only], true) = (candidates, own_script) {
        return Some(Detected { language: *only, confidence: BY_SCRIPT });
    }
    let short = letters < SHORT_TEXT_LETTERS;
    let trained = whichlang::detect_language(prose).three_letter_code();
    let known = candidates.iter().copied().find(|language| long_code(*language) == Some(trained));
    let votes = Votes::of(folded, candidates);
    let worded = votes.leader();
    if let (Some(worded), true) = (worded, known == worded) {
        let confidence = if !short {
            AGREED
        } else if votes.is_clear() {
            SHORT_AGREED
        } else {
            SHORT_CEILING
        };
        return Some(Detected { language: worded, confidence });
    }
    let foreign = known.is_none() && whatlang::detect_lang(prose).is_some_and(|free| free.code() == trained);
    if candidates.is_empty() || foreign && !short {
        return None;
    }
    let list: Vec<Lang> = candidates.iter().filter_map(|language| Lang::from_code(long_code(*language)?)).collect();
    let second = Detector::with_allowlist(list).detect_lang(prose);
    let second = candidates
        .iter()
        .copied()
        .find(|language| second.is_some_and(|lang| long_code(*language) == Some(lang.code())));
    let (language, confidence) = match (known, second, worded) {
        (Some(first), Some(second), _) if first == second => (first, AGREED),
        (_, Some(second), Some(worded)) if second == worded => (worded, AGREED),
        (_, _, Some(worded)) if short && votes.is_clear() => (worded, ALONE),
        // Polish is unknown to the better detector, so the other one is believed as much.
        (Some(first), _, _) => (first, ALONE),
        (None, Some(second), _) => (second, ALONE),
        (None, None, _) => (worded.or(candidates.first().copied())?, 0.0),
    };
    Some(Detected { language, confidence: if short { confidence.min(SHORT_CEILING) } else { confidence } })
}

fn long_code(language: Language) -> Option<&'static str> {
    CODES.iter().find(|(short, _)| *short == language.as_str()).map(|(_, long)| *long)
}
