//! Order numbers: the marketplaces' shapes, and anything that a buyer calls one.
//!
//! Value as written, in capitals, without `#`. Telephone numbers, dates, amounts, years and card numbers are none.

use crate::{
    model::verdict::EntityFound,
    text::entity::passage::{Passage, is_digits},
};

/// The kind's name.
pub const KIND: &str = "order_number";

/// Group lengths of Amazon (`113-1234567-1234567`; digital ones begin with `D`), eBay (`12-34567-89012`) and Walmart
/// (`2000123-12345678`) numbers.
const SHAPES: &[&[usize]] = &[&[3, 7, 7], &[2, 5, 5], &[7, 8]];
/// AliExpress numbers have sixteen digits.
const ALIEXPRESS_DIGITS: usize = 16;
/// A generic number has 4 to 20 characters: shops count from 1000, and nobody types more than twenty.
const GENERIC_LENGTH: std::ops::RangeInclusive<usize> = 4..=20;
/// At least three digits, so that ordinary words are none.
const GENERIC_MIN_DIGITS: usize = 3;
/// Between the keyword and the number may stand up to three words (`order number is: …`).
const MAX_LINKS: usize = 3;
/// Of digits alone behind a bare `order` there must be five: `order 1000` is a quantity.
const BARE_MIN_DIGITS: usize = 5;

/// Words that announce an order number.
const KEYWORDS: &[&str] = &[
    "order",
    "orders",
    "ordernumber",
    "orderid",
    "po",
    "bestellung",
    "bestellnummer",
    "bestellnr",
    "auftrag",
    "auftragsnummer",
    "auftragsnr",
    "commande",
    "cmd",
    "pedido",
    "orden",
    "encomenda",
    "ordine",
    "заказ",
    "заказа",
    "заказу",
    "заказом",
    "zamowienie",
    "zamowienia",
    "zamowieniu",
    "طلب",
    "الطلب",
    "طلبي",
    "طلبيه",
    "주문",
    "주문번호",
    "주문번호는",
    "주문번호가",
    "bestelling",
];
/// The same in scripts without spaces.
const DENSE_KEYWORDS: &[&str] =
    &["订单", "订单号", "单号", "订单编号", "注文", "注文番号", "オーダー", "オーダー番号", "受注番号"];
/// Words between the keyword and the number; those marked `true` leave no doubt that a number follows.
const LINKS: &[(&str, bool)] = &[
    ("number", true),
    ("numbers", true),
    ("no", true),
    ("nr", true),
    ("num", true),
    ("id", true),
    ("n", true),
    ("ref", true),
    ("reference", true),
    ("code", true),
    ("nummer", true),
    ("numero", true),
    ("номер", true),
    ("numer", true),
    ("رقم", true),
    ("번호", true),
    ("번호는", true),
    ("nro", true),
    ("nbr", true),
    ("is", false),
    ("was", false),
    ("ist", false),
    ("lautet", false),
    ("es", false),
    ("est", false),
    ("de", false),
    ("der", false),
    ("with", false),
    ("the", false),
    ("e", false),
    ("mit", false),
    ("con", false),
    ("my", false),
    ("to", false),
    ("o", false),
    ("هو", false),
    ("del", false),
    ("di", false),
    ("do", false),
];
/// Characters between a Chinese or Japanese keyword and its number.
const DENSE_LINKS: &str = "号是为码编番は的";
/// Words before a keyword that make it a verb: "I want to order 20000 pieces".
const BEFORE_VERB: &[&str] =
    &["to", "i", "we", "can", "could", "would", "will", "want", "must", "please", "wanna", "you", "not"];
/// Words behind a number that make it a quantity or an amount.
const UNITS: &[&str] = &[
    "pcs", "pc", "piece", "pieces", "units", "unit", "items", "item", "pairs", "sets", "kg", "g", "ml", "l", "cm",
    "mm", "m", "usd", "eur", "euro", "euros", "dollars", "dollar", "gbp", "pounds", "rmb", "yuan", "yen", "stuck",
    "dias", "days", "hours", "people", "times", "件", "个", "元", "双", "套", "箱",
];

/// Returns the order numbers in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let is_number = |at: &usize| has_shape(passage.form(*at)) || is_generic(passage, *at);
    let numbers = passage.numbers().filter(is_number);
    numbers.map(|at| passage.found(KIND, passage.form(at).to_uppercase(), at..at + 1)).collect()
}

/// Returns whether a word has the shape of a marketplace's numbers, announced or not.
fn has_shape(form: &str) -> bool {
    let all_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    if form.len() == ALIEXPRESS_DIGITS && all_digits(form) {
        return true;
    }
    let groups: Vec<usize> = form
        .strip_prefix('d')
        .map_or(form.to_owned(), |rest| format!("0{rest}"))
        .split('-')
        .map(|group| if all_digits(group) { group.len() } else { 0 })
        .collect();
    SHAPES.contains(&groups.as_slice())
}

/// Returns whether the word at `at` can be a number and is announced as an order's.
fn is_generic(passage: &Passage<'_>, at: usize) -> bool {
    let form = passage.form(at);
    let digits = form.bytes().filter(u8::is_ascii_digit).count();
    let shaped = form.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !shaped
        || !GENERIC_LENGTH.contains(&form.len())
        || digits < GENERIC_MIN_DIGITS
        || is_date(form)
        || is_amount(passage, at)
    {
        return false;
    }
    let before = passage.before(at).trim_end();
    if before.ends_with('+') {
        return false;
    }
    let hash = before.ends_with('#');
    match announced(passage, at) {
        Some(Announced::Surely) => true,
        Some(Announced::Barely) if hash => true,
        Some(Announced::Barely) => {
            !is_year(form) && (digits < form.len() || digits >= BARE_MIN_DIGITS) && !is_verb(passage, at)
        }
        None => hash && !before.ends_with("&#"),
    }
}

/// How plainly a keyword announces a number.
enum Announced {
    /// `order number …`.
    Surely,
    /// `order …`.
    Barely,
}

/// Looks back from a number for the keyword that announces it.
fn announced(passage: &Passage<'_>, number: usize) -> Option<Announced> {
    if let Some(announced) = announced_densely(passage, number) {
        return Some(announced);
    }
    let mut surely = false;
    for at in (number.saturating_sub(MAX_LINKS + 1)..number).rev() {
        let form = passage.form(at);
        if ends_sentence(passage, at) {
            return None;
        }
        if KEYWORDS.contains(&form) {
            let compound = form.ends_with("nummer")
                || form.ends_with("nr")
                || form.ends_with("number")
                || form.contains("번호")
                || form == "orderid";
            let colon = passage.gap(number - 1).contains(':');
            return Some(if surely || compound || colon { Announced::Surely } else { Announced::Barely });
        }
        let (_, sure) = LINKS.iter().find(|(link, _)| *link == form)?;
        surely |= sure;
    }
    None
}

/// The same for scripts without spaces: the text right before the number ends in a keyword and link characters.
fn announced_densely(passage: &Passage<'_>, number: usize) -> Option<Announced> {
    let before = passage.before(number).trim_end_matches([' ', ':', '#', '-', '.', '(', '[']);
    let keyword = before.trim_end_matches(|c| DENSE_LINKS.contains(c));
    let known = |text: &str| DENSE_KEYWORDS.iter().any(|keyword| text.ends_with(keyword));
    (known(before) || known(keyword)).then_some(if keyword.len() < before.len() {
        Announced::Surely
    } else {
        Announced::Barely
    })
}

/// Returns whether a sentence ends behind the word at `at`; the dot of `No.` does not end one.
fn ends_sentence(passage: &Passage<'_>, at: usize) -> bool {
    let gap = passage.gap(at);
    let short = || LINKS.iter().any(|(link, sure)| *sure && *link == passage.form(at));
    gap.contains(['!', '?', '。']) || gap.contains('.') && !short()
}

/// Returns whether the nearest word before the number that is no link is a keyword used as a verb.
fn is_verb(passage: &Passage<'_>, number: usize) -> bool {
    let keyword = (number.saturating_sub(MAX_LINKS + 1)..number).rev().find(|at| KEYWORDS.contains(&passage.form(*at)));
    keyword.is_some_and(|keyword| BEFORE_VERB.contains(&passage.form_before(keyword)))
}

/// Returns whether currency or a unit stands beside the number.
fn is_amount(passage: &Passage<'_>, at: usize) -> bool {
    const SIGNS: [char; 7] = ['$', '€', '£', '¥', '₽', '₩', '%'];
    passage.before(at).trim_end().ends_with(SIGNS)
        || passage.after(at).trim_start().starts_with(SIGNS)
        || UNITS.contains(&passage.form(at + 1))
}

fn is_year(form: &str) -> bool {
    form.len() == 4 && (form.starts_with("19") || form.starts_with("20")) && is_digits(form)
}

/// Returns whether a hyphen chain is a date: `2026-11-21`, `21-11-2026`.
pub(in crate::text) fn is_date(form: &str) -> bool {
    let lengths: Vec<usize> = form.split('-').map(str::len).collect();
    let digits = form.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    digits && matches!(lengths.as_slice(), [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 2 | 4])
}
