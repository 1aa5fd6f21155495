//! Words that stand in almost every message and say nothing about what is wanted.
//!
//! Used for a warning, to keep such words from being what a rule is looked up by, and to weigh them less where texts are
//! compared. Never used to skip words.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::{model::language::Language, rules::pattern::Element};

/// Folded words by language, the most frequent ones of customer mail.
const STOP_WORDS: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "a", "an", "and", "are", "at", "be", "can", "do", "for", "from", "have", "hello", "hi", "how", "i", "if",
            "in", "is", "it", "me", "my", "of", "on", "or", "please", "so", "that", "the", "this", "to", "was", "we",
            "what", "will", "with", "you", "your",
        ],
    ),
    (
        "de",
        &[
            "aber", "auf", "bitte", "das", "dass", "den", "der", "die", "ein", "eine", "er", "es", "fur", "hallo",
            "haben", "ich", "im", "in", "ist", "mein", "mir", "mit", "sie", "sind", "und", "von", "was", "wie", "wir",
            "zu",
        ],
    ),
    (
        "es",
        &[
            "a", "con", "de", "del", "el", "en", "es", "hola", "la", "las", "lo", "los", "me", "mi", "para", "por",
            "que", "se", "si", "su", "un", "una", "y",
        ],
    ),
    (
        "fr",
        &[
            "a", "au", "avec", "bonjour", "ce", "dans", "de", "des", "du", "en", "est", "et", "il", "je", "la", "le",
            "les", "ma", "me", "mon", "pour", "que", "un", "une", "vous",
        ],
    ),
    ("it", &["a", "al", "che", "ciao", "con", "da", "del", "di", "e", "ho", "il", "in", "la", "le", "mi", "per", "un"]),
    ("pt", &["a", "as", "com", "da", "de", "do", "e", "em", "eu", "ja", "me", "meu", "o", "ola", "os", "para", "que"]),
    ("nl", &["aan", "dat", "de", "een", "en", "hallo", "het", "ik", "in", "is", "mijn", "niet", "op", "te", "van"]),
    ("pl", &["a", "czy", "do", "i", "jest", "na", "nie", "o", "sie", "to", "w", "z", "ze"]),
    ("ru", &["а", "в", "и", "как", "мне", "мой", "на", "о", "по", "с", "у", "что", "это", "я"]),
    ("zh", &["我", "你", "的", "了", "吗", "是", "在", "有", "请", "您", "好"]),
    ("ja", &["の", "に", "は", "を", "が", "で", "す", "ま", "か", "と"]),
];

/// Every stop word with the languages that it is one of.
static LANGUAGES: LazyLock<FxHashMap<&str, Vec<Language>>> = LazyLock::new(|| {
    let mut languages: FxHashMap<&str, Vec<Language>> = FxHashMap::default();
    for (code, words) in STOP_WORDS {
        let language = code.parse().expect("the list holds language codes");
        for word in *words {
            languages.entry(word).or_default().push(language);
        }
    }
    languages
});

/// Returns whether a folded word is a stop word of that language.
pub fn is_stop_word(form: &str, language: Language) -> bool {
    LANGUAGES.get(form).is_some_and(|languages| languages.contains(&language))
}

/// Returns whether a folded word is a stop word of some language, for texts whose language is not known.
pub fn is_stop_word_of_any_language(form: &str) -> bool {
    LANGUAGES.contains_key(form)
}

/// Returns whether a pattern holds nothing but stop words.
pub fn only_stop_words(sequence: &[Element], language: Language) -> bool {
    sequence.iter().all(|element| match element {
        Element::Word(form) | Element::Character(form) | Element::Exact(form) => is_stop_word(form, language),
        Element::Gap(_) => true,
        Element::Choice(branches) | Element::Optional(branches) => {
            branches.iter().all(|branch| only_stop_words(branch, language))
        }
        Element::Beginning(_) | Element::List { .. } | Element::Entity { .. } => false,
    })
}
