//! How many of something; value in digits: `2`.
//!
//! A number with what things are counted in (2 pcs, 两件, 3 Stück), with a times sign (x2), behind a word that asks for an
//! amount (qty 3, buy two), or alone in the message. A pair is counted as one, because shoes are sold in pairs.

use std::sync::LazyLock;

use crate::{
    model::verdict::EntityFound,
    text::entity::{
        lexicon::Lexicon,
        mark::{DIGIT, NUMBER, QUANTITY},
        number,
        passage::Passage,
    },
};

/// The kind's name.
pub const KIND: &str = "quantity";

/// Nobody orders more by mail; larger numbers are other numbers.
const MAX: u32 = 100_000;
/// A number of at most so many digits that is the whole message answers "how many?".
const MAX_ALONE_DIGITS: usize = 3;

/// What things are counted in, and how many of them one is.
const UNITS: &[(u32, &str)] = &[
    (
        1,
        "pcs;pc;piece;pieces;unit;units;item;items;set;sets;pair;pairs;pack;packs;package of;copies;copy;bottles;box;boxes;of them;of these;of those;of each",
    ),
    (1, "stück;stk;stueck;paar;packung;packungen;exemplar;exemplare;stücke;artikel;stuks"),
    (1, "pièce;pièces;unité;unités;paire;paires;exemplaire;exemplaires;lot;lots;boîte;boîtes;article;articles"),
    (1, "pieza;piezas;unidad;unidades;par;pares;juego;juegos;caja;cajas;artículo;artículos;uds;ud"),
    (1, "peça;peças;unidade;conjunto;conjuntos;caixa;caixas"),
    (1, "pezzo;pezzi;unità;paio;paia;confezione;confezioni;scatola;scatole;pz"),
    (
        1,
        "шт;штук;штука;штуки;штуку;пара;пары;пар;пару;комплект;комплекта;комплектов;коробка;коробки;коробку;коробок;единиц",
    ),
    (1, "sztuk;sztuka;sztuki;sztukę;szt;para;parę;zestaw;zestawy;zestawów;opakowanie;opakowania;opakowań;pudełka"),
    (1, "قطعة;قطع;حبة;حبات;زوج;أزواج;علبة;علب;وحدة;وحدات"),
    (1, "개;켤레;세트;박스;벌;장;권;병"),
    (1, "个;件;双;套;条;只;箱;盒;支;把;台;张;本;瓶;包;份;顶;部;对;枚;足;着;セット;つ;個"),
    (12, "dozen;dutzend;douzaine;docena;dúzia;dozzina;дюжина;дюжины;打;ダース;tuzin"),
];
/// Amounts in one word or phrase.
const PHRASES: &[(u32, &str)] = &[
    (1, "a pair;a set;a single one;ein paar stück;قطعة واحدة;حبة واحدة"),
    (2, "a couple of;قطعتين;حبتين;زوجين;علبتين"),
    (12, "a dozen;ein dutzend;une douzaine;una docena;uma dúzia;una dozzina;дюжину"),
    (6, "half a dozen;media docena"),
];
/// Words right before a number that make it an amount.
const BEFORE: &[&str] = &[
    "qty",
    "quantity",
    "buy",
    "purchase",
    "bought",
    "menge",
    "anzahl",
    "kaufen",
    "quantite",
    "acheter",
    "cantidad",
    "comprar",
    "compro",
    "quantidade",
    "quantita",
    "comprare",
    "количество",
    "купить",
    "куплю",
    "ilosc",
    "kupic",
    "kupie",
    "الكميه",
    "الكمية",
    "수량",
];
/// The same where words are not spaced; the number follows.
const DENSE_BEFORE: &[&str] = &["数量", "买", "购买", "拍", "订购"];
/// What counts time, size, money or people, and not things.
const OTHER_UNITS: &[&str] = &[
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "hour",
    "hours",
    "minutes",
    "times",
    "people",
    "percent",
    "usd",
    "eur",
    "gbp",
    "dollars",
    "euro",
    "euros",
    "cm",
    "mm",
    "m",
    "kg",
    "g",
    "lbs",
    "inch",
    "inches",
    "tag",
    "tage",
    "tagen",
    "woche",
    "wochen",
    "monate",
    "jour",
    "jours",
    "semaine",
    "semaines",
    "mois",
    "dia",
    "dias",
    "semana",
    "semanas",
    "giorni",
    "дня",
    "дней",
    "недели",
    "dni",
    "tygodnie",
];
/// What follows 个 and other counters when it is time or people that is counted, or a turn of phrase.
const OTHER_DENSE: &[&str] = &[
    "月", "小时", "星期", "礼拜", "工作", "问题", "人", "地址", "国家", "订单", "包裹", "号", "事", "钟头", "多",
    "电话", "邮", "字", "朋友",
];

static UNIT: LazyLock<Lexicon<u32>> = LazyLock::new(|| lexicon(UNITS));
static PHRASE: LazyLock<Lexicon<u32>> = LazyLock::new(|| lexicon(PHRASES));

fn lexicon(table: &'static [(u32, &'static str)]) -> Lexicon<u32> {
    Lexicon::new(table.iter().flat_map(|(value, words)| words.split(';').map(|word| (word, *value))))
}

/// Returns the words with which amounts begin that are phrases of their own.
pub(in crate::text) fn first_words() -> impl Iterator<Item = &'static str> {
    PHRASE.first_words()
}

/// Returns the amounts in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < passage.len() {
        let Some((value, length)) = quantity(passage, at).filter(|(value, _)| (1..=MAX).contains(value)) else {
            at += 1;
            continue;
        };
        found.push(passage.found(KIND, value.to_string(), at..at + length));
        at += length;
    }
    found
}

/// Returns the amount at a word and how many words it takes.
fn quantity(passage: &Passage<'_>, at: usize) -> Option<(u32, usize)> {
    if !passage.may_begin(at, DIGIT | NUMBER | QUANTITY) {
        return None;
    }
    if let Some((value, length)) = PHRASE.at(passage, at) {
        return Some((*value, length));
    }
    if let Some(found) = glued(passage, at) {
        return Some(found);
    }
    let (value, length) = number::whole(passage, at)?;
    if is_part(passage, at, at + length) {
        return None;
    }
    counted(passage, at, value, length)
        .or_else(|| times(passage, at, value, length))
        .or_else(|| asked(passage, at, value, length))
}

/// Returns the amount of a number with a unit behind it.
fn counted(passage: &Passage<'_>, at: usize, value: u32, length: usize) -> Option<(u32, usize)> {
    let unit = at + length;
    if !matches!(passage.gap(unit - 1), "" | " " | "-") {
        return None;
    }
    // 15 to 20 and 1/2 are parts of something else; "a hundred" is not worth its words.
    let (each, behind) = UNIT.at(passage, unit)?;
    let end = unit + behind;
    if passage.is_dense(unit) && is_other_dense(passage, at, value, end) {
        return None;
    }
    Some((value.checked_mul(*each)?, end - at))
}

/// Returns whether a Chinese or Japanese counter counts no goods here.
fn is_other_dense(passage: &Passage<'_>, at: usize, value: u32, end: usize) -> bool {
    let rest = passage.after(end - 1);
    let bought =
        || ["买", "要", "订", "拍", "来", "发", "换", "购"].iter().any(|verb| passage.before(at).ends_with(verb));
    let one = value == 1 && !passage.is_digits(at) && passage.form(end - 1) == "个" && !bought();
    let ordinal = passage.before(at).ends_with(['第', '这', '那', '每', '哪']);
    one || ordinal || OTHER_DENSE.iter().any(|other| rest.starts_with(other))
}

/// Returns the amount of `x2` and `2x`.
fn glued(passage: &Passage<'_>, at: usize) -> Option<(u32, usize)> {
    let form = passage.form(at);
    let digits = form.strip_prefix('x').or_else(|| form.strip_suffix('x'));
    if let Some(digits) = digits.filter(|digits| digits.len() <= MAX_ALONE_DIGITS) {
        return Some((digits.parse().ok()?, 1));
    }
    let split = form.len() - form.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let unit = form.get(split..).filter(|unit| matches!(*unit, "pcs" | "pc" | "stk" | "pz" | "шт" | "szt" | "uds"))?;
    Some((form[..split].parse().ok().filter(|_| !unit.is_empty())?, 1))
}

/// Returns the amount of `2 x` and `x 2`, the sign being the letter or `×`.
fn times(passage: &Passage<'_>, at: usize, value: u32, length: usize) -> Option<(u32, usize)> {
    let before = passage.before(at).trim_end();
    if passage.form_before(at) == "x" && before.ends_with('x') && !passage.is_digits(at.wrapping_sub(2))
        || before.ends_with('×')
    {
        return Some((value, length));
    }
    let sign = passage.form(at + length) == "x" || passage.gap(at + length - 1).trim() == "×";
    (sign && !passage.is_digits(at + length + 1) && passage.is_digits(at)).then_some((value, length))
}

/// Returns the amount of a number that is asked for, or that is all there is.
fn asked(passage: &Passage<'_>, at: usize, value: u32, length: usize) -> Option<(u32, usize)> {
    let end = at + length;
    let alone = passage.len() == length
        && passage.form(at).len() <= if passage.is_digits(at) { MAX_ALONE_DIGITS } else { usize::MAX };
    let word = BEFORE.contains(&passage.form_before(at));
    let dense = DENSE_BEFORE.iter().any(|before| passage.before(at).trim_end_matches([' ', ':']).ends_with(before));
    let other = OTHER_UNITS.contains(&passage.form(end))
        || passage.after(end - 1).trim_start().starts_with(['%', '$', '€', '£', '¥', '送']);
    (alone || (word || dense) && !other).then_some((value, length))
}

/// Returns whether the number is a part of a larger one: `1/2`, `3-5`, `+49 …`, `12:30`.
fn is_part(passage: &Passage<'_>, at: usize, end: usize) -> bool {
    let before = passage.before(at);
    let after = passage.after(end - 1);
    let digit = |c: char| c.is_ascii_digit();
    let joint = ['/', ':', '-', '.', ','];
    before.ends_with(joint) && before.trim_end_matches(joint).ends_with(digit)
        || after.starts_with(joint) && after.trim_start_matches(joint).starts_with(digit)
        || before.ends_with(['+', '#', '$', '€', '£', '¥'])
}
