//! The words that turn a statement around, per language: a hit behind one of them in the same clause does not count.
//!
//! Folded forms, most words one word long; those with a space are several words in a row. Only words that negate what
//! follows them stand here; German and Polish verbs that stand before their `nicht` or `nie` are the rules' business.

use crate::model::language::Language;

const ENGLISH: &[&str] = &[
    "not",
    "don't",
    "dont",
    "do not",
    "doesn't",
    "doesnt",
    "didn't",
    "didnt",
    "isn't",
    "isnt",
    "aren't",
    "arent",
    "wasn't",
    "wasnt",
    "weren't",
    "werent",
    "haven't",
    "havent",
    "hasn't",
    "hasnt",
    "hadn't",
    "hadnt",
    "won't",
    "wont",
    "wouldn't",
    "wouldnt",
    "can't",
    "cant",
    "cannot",
    "couldn't",
    "couldnt",
    "shouldn't",
    "shouldnt",
    "mustn't",
    "needn't",
    "ain't",
    "never",
    "no",
    "no longer",
    "no more",
    "not any",
    "without",
    "neither",
    "nor",
    "nothing",
    "none",
    "instead of",
    "rather than",
    "no need",
    "hardly",
];
const CHINESE: &[&str] = &[
    "不", "没", "没有", "别", "未", "无", "勿", "非", "不要", "不用", "不想", "不是", "不再", "并非", "无需", "甭",
    "休",
];
const SPANISH: &[&str] = &[
    "no",
    "nunca",
    "jamas",
    "ni",
    "tampoco",
    "sin",
    "ningun",
    "ninguna",
    "ninguno",
    "nada",
    "ya no",
    "en vez de",
    "en lugar de",
];
const FRENCH: &[&str] = &[
    "ne",
    "n",
    "pas",
    "jamais",
    "aucun",
    "aucune",
    "ni",
    "sans",
    "ne plus",
    "n'est pas",
    "rien",
    "au lieu de",
    "non",
    "nullement",
];
const GERMAN: &[&str] = &[
    "nicht",
    "kein",
    "keine",
    "keinen",
    "keinem",
    "keiner",
    "keines",
    "nie",
    "niemals",
    "ohne",
    "nichts",
    "weder",
    "noch",
    "nicht mehr",
    "kein mehr",
    "statt",
    "anstatt",
    "keinerlei",
    "nirgends",
];
const PORTUGUESE: &[&str] =
    &["nao", "nunca", "jamais", "nem", "sem", "nenhum", "nenhuma", "nada", "tampouco", "nao mais", "em vez de", "n"];
const ITALIAN: &[&str] = &[
    "non",
    "mai",
    "ne",
    "senza",
    "nessun",
    "nessuno",
    "nessuna",
    "niente",
    "nulla",
    "neanche",
    "nemmeno",
    "neppure",
    "invece di",
    "non piu",
];
const RUSSIAN: &[&str] =
    &["не", "нет", "ни", "никогда", "без", "нельзя", "больше не", "вместо", "никак", "никакой", "никакого", "нету"];
const JAPANESE: &[&str] = &["ない", "ません", "なく", "なし", "ず", "ではなく", "じゃなく", "无し"];
const KOREAN: &[&str] = &["안", "못", "않", "없", "아니", "말고", "하지 말", "지 마", "절대"];
const ARABIC: &[&str] =
    &["لا", "لم", "لن", "ليس", "ليست", "غير", "بدون", "دون", "ما", "مش", "مو", "مب", "ابدا", "لا اريد", "لم يعد"];
const POLISH: &[&str] =
    &["nie", "nigdy", "bez", "zaden", "zadna", "zadne", "zadnego", "ani", "nic", "zamiast", "juz nie", "nikt"];

/// Every language with negators, so that tests and references can list them.
pub const LANGUAGES: &[(&str, &[&str])] = &[
    ("ar", ARABIC),
    ("de", GERMAN),
    ("en", ENGLISH),
    ("es", SPANISH),
    ("fr", FRENCH),
    ("it", ITALIAN),
    ("ja", JAPANESE),
    ("ko", KOREAN),
    ("pl", POLISH),
    ("pt", PORTUGUESE),
    ("ru", RUSSIAN),
    ("zh", CHINESE),
];

/// Returns the negators of a language in folded form, several words separated by one space; empty where none are known.
///
/// Japanese ones stand at the end of what they negate, Korean ones are beginnings of words.
pub fn negators(language: Language) -> &'static [&'static str] {
    LANGUAGES.iter().find(|(code, _)| *code == language.as_str()).map_or(&[], |(_, negators)| negators)
}
