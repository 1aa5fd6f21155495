//! Where a parcel goes: of the countries a message names, the one that is meant as its end.
//!
//! "Do you ship from China to Canada?" asks about Canada. A country behind a word of origin is no end; in doubt there are
//! several, and the buyer is asked.

use crate::{
    model::verdict::EntityFound,
    text::{entity::country, folded::Folded, reading::Reading},
};

/// Words before a country that make it the origin, folded; of several words the last stands right before it. Words that
/// also mean "of" (de, von, da) are not among them.
const ORIGIN: &[&str] = &[
    "from",
    "made in",
    "produced in",
    "manufactured in",
    "based in",
    "located in",
    "warehouse in",
    "aus",
    "hergestellt in",
    "depuis",
    "provenance de",
    "fabrique en",
    "desde",
    "fabricado en",
    "hecho en",
    "fabricado na",
    "feito na",
    "a partir de",
    "dalla",
    "dal",
    "dall",
    "dagli",
    "prodotto in",
    "из",
    "сделано в",
    "z",
    "ze",
    "wyprodukowano w",
    "من",
    "صنع في",
];
/// Words that mean "from" or "of": from, if the next country is where it goes.
const FROM_OR_OF: &[&str] = &["von", "vom", "de", "du", "des", "del", "da", "do", "dos", "das", "della", "dei"];
/// Words before a country that make it the end of a way, folded.
const END: &[&str] = &[
    "to", "nach", "bis", "vers", "pour", "au", "aux", "en", "a", "hacia", "para", "hasta", "ate", "in", "verso",
    "fino a",
];
/// "von China nach Kanada" has one word between the countries; an article and an adverb may come to it.
const MAX_WAY_WORDS: usize = 3;
/// Articles between such a word and the country.
const ARTICLES: &[&str] =
    &["the", "den", "die", "der", "das", "la", "le", "les", "los", "las", "el", "gli", "il", "i", "l", "os", "o", "as"];
/// How many words before a country are looked at: a person, a phrase of origin, an article.
const REACH: usize = 6;
/// Before "from" these speak of the buyer and not of the parcel: "I am from Germany", "ordering from Germany".
const PERSONS: &[&str] = &[
    "i am",
    "i'm",
    "im",
    "we are",
    "we're",
    "hello",
    "hi",
    "hey",
    "greetings",
    "writing",
    "write",
    "order",
    "orders",
    "ordering",
    "ordered",
    "buy",
    "buying",
    "bought",
    "customer",
    "customers",
    "buyer",
    "client",
    "calling",
    "bin",
    "sind",
    "komme",
    "kommen",
    "grusse",
    "gruesse",
    "hallo",
    "schreibe",
    "bestelle",
    "bestellen",
    "kunde",
    "kundin",
    "suis",
    "sommes",
    "ecris",
    "commande",
    "escribo",
    "compro",
    "saludos",
    "pido",
    "escrevo",
    "sono",
    "scrivo",
    "ordino",
    "я",
    "мы",
    "пишу",
    "заказываю",
    "jestem",
    "pisze",
    "zamawiam",
    "انا",
    "نحن",
];
/// What stands right before an origin in Chinese.
const ORIGIN_BEFORE: &[&str] = &["从", "從", "由", "自"];
/// What stands right behind an origin in Chinese, Japanese and Korean.
const ORIGIN_BEHIND: &[&str] = &["发货", "發貨", "寄出", "发出", "發出", "発", "製", "制造", "製造", "부터", "산"];

/// The same where it may also mean "in", so that another country must follow.
const FROM_OR_IN_BEHIND: &[&str] = &["から", "에서"];

/// Returns the countries that may be the end of the way, in the order of the text.
pub(super) fn countries(reading: &Reading) -> Vec<EntityFound> {
    let named: Vec<&EntityFound> = reading.entities().iter().filter(|entity| entity.kind == country::KIND).collect();
    let ends = named.iter().enumerate().filter(|(index, entity)| {
        let next = named.get(index + 1).copied();
        !is_origin(reading, entity) && !next.is_some_and(|next| is_way(reading, entity, next))
    });
    ends.map(|(_, entity)| (*entity).clone()).collect()
}

/// Returns whether the words around a country say that something comes from there.
fn is_origin(reading: &Reading, entity: &EntityFound) -> bool {
    let before = reading.original()[..entity.span.start].trim_end();
    let from = ORIGIN_BEFORE.iter().find_map(|word| before.strip_suffix(word));
    from.is_some_and(|before| !before.ends_with(['我', '们', '們']))
        || stands_before(reading, entity, ORIGIN_BEHIND)
        || follows(reading.folded(), entity, ORIGIN)
}

/// Returns whether two countries are the ends of a way: "von China nach Kanada", "de la Chine vers le Canada".
fn is_way(reading: &Reading, from: &EntityFound, to: &EntityFound) -> bool {
    let between = &reading.original()[from.span.end..to.span.start.max(from.span.end)];
    let near = Folded::new(between).words().len() <= MAX_WAY_WORDS && !between.contains([',', '.', '?', '!', '\n']);
    let way = follows(reading.folded(), from, FROM_OR_OF) && follows(reading.folded(), to, END);
    near && (way || stands_before(reading, from, FROM_OR_IN_BEHIND))
}

/// Returns whether one of these words stands right behind an entity, or is the particle at its end.
fn stands_before(reading: &Reading, entity: &EntityFound, words: &[&str]) -> bool {
    let original = reading.original();
    let (own, behind) = (&original[entity.span.clone()], original[entity.span.end..].trim_start());
    words.iter().any(|word| behind.starts_with(word) || own.ends_with(word))
}

/// Returns whether one of these phrases stands right before an entity, or before its article.
fn follows(folded: &Folded, entity: &EntityFound, phrases: &[&str]) -> bool {
    let words = folded.words();
    let at = words.partition_point(|word| word.original.start < entity.span.start);
    let forms: Vec<&str> = words[at.saturating_sub(REACH)..at].iter().map(|word| folded.form(word)).collect();
    let without_article = match forms.split_last() {
        Some((last, rest)) if ARTICLES.contains(last) => rest,
        _ => &[],
    };
    let stands = |forms: &[&str], phrase: &str| {
        let wanted: Vec<&str> = phrase.split(' ').collect();
        let before = forms.strip_suffix(wanted.as_slice());
        before.is_some_and(|before| !PERSONS.iter().any(|person| ends(before, person)))
    };
    phrases.iter().any(|phrase| stands(&forms, phrase) || stands(without_article, phrase))
}

fn ends(forms: &[&str], phrase: &str) -> bool {
    forms.ends_with(&phrase.split(' ').collect::<Vec<_>>())
}
