//! Telephone numbers; value in digits, with `+` where a country code is written.
//!
//! A country code, the shape of a country's numbers, or a word such as "phone" before it make a number one.

use std::ops::Range;

use crate::{
    model::verdict::EntityFound,
    text::entity::{
        mark::DIGIT,
        passage::{Passage, is_digits},
    },
};

/// The kind's name.
pub const KIND: &str = "phone";

/// Digits of a number with its country code (ITU-T E.164 section 6), and of one without.
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 8..=15;
const LOCAL: std::ops::RangeInclusive<usize> = 7..=13;
/// Digits of numbers begin groups; more groups than these are a list of numbers.
const MAX_GROUPS: usize = 7;
/// So many words may stand between the keyword and the number.
const MAX_LINKS: usize = 4;

/// Words that announce a number.
const KEYWORDS: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "cellphone",
    "whatsapp",
    "call",
    "viber",
    "telegram",
    "text",
    "sms",
    "ring",
    "telefon",
    "telefonnummer",
    "handy",
    "handynummer",
    "mobil",
    "mobilnummer",
    "rufnummer",
    "anrufen",
    "telephoner",
    "portable",
    "appeler",
    "telefono",
    "movil",
    "celular",
    "llamar",
    "telefone",
    "telemovel",
    "ligar",
    "cellulare",
    "chiamare",
    "телефон",
    "телефона",
    "тел",
    "номер",
    "мобильный",
    "звоните",
    "позвоните",
    "ватсап",
    "telefonu",
    "komorka",
    "zadzwonic",
    "هاتف",
    "الهاتف",
    "هاتفي",
    "جوال",
    "الجوال",
    "جوالي",
    "موبايل",
    "واتساب",
    "전화",
    "전화번호",
    "전화번호는",
    "휴대폰",
    "연락처",
    "연락처는",
    "wechat",
];
/// The same in scripts without spaces.
const DENSE_KEYWORDS: &[&str] =
    &["电话", "手机", "手机号", "联系方式", "微信", "电话番号", "携帯", "连络先", "番号", "携带"];
/// Words of other numbers: where one stands nearer, it is no telephone number.
const OTHERS: &[&str] =
    &["order", "tracking", "number of", "bestellung", "commande", "pedido", "заказ", "заказа", "invoice", "заказу"];

/// Returns the telephone numbers in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < passage.len() {
        let Some((value, bytes, length)) = phone(passage, at) else {
            at += 1;
            continue;
        };
        found.push(passage.found_at(KIND, value, bytes));
        at += length;
    }
    found
}

/// A run of digit groups as one number.
struct Run {
    digits: String,
    /// Lengths of the groups, hyphens and dots inside of words cut too.
    groups: Vec<usize>,
    words: usize,
}

fn phone(passage: &Passage<'_>, at: usize) -> Option<(String, Range<usize>, usize)> {
    let run = run(passage, at)?;
    let start = passage.word(at)?.folded.start;
    let end = passage.word(at + run.words - 1)?.folded.end;
    let text = passage.before(at);
    let opened = text.trim_end_matches('(');
    if opened.ends_with('+') {
        let fits = INTERNATIONAL.contains(&run.digits.len()) && !run.digits.starts_with('0');
        return fits.then(|| (format!("+{}", run.digits), opened.len() - 1..end, run.words));
    }
    let bracket = text.len() - usize::from(text.ends_with('(') && passage.gap(at).starts_with(')'));
    let start = start.min(bracket);
    if let Some(rest) = run.digits.strip_prefix("00")
        && INTERNATIONAL.contains(&rest.len())
        && !rest.starts_with('0')
        && (run.groups.len() > 1 || is_announced(passage, at))
    {
        return Some((format!("+{rest}"), start..end, run.words));
    }
    let local = LOCAL.contains(&run.digits.len()) && is_announced(passage, at);
    (local || is_shaped(passage, at, &run)).then_some((run.digits, start..end, run.words))
}

/// Collects the digit groups from a word on. `(0)` between country code and number is left out.
fn run(passage: &Passage<'_>, at: usize) -> Option<Run> {
    if !passage.may_begin(at, DIGIT) || passage.before(at).ends_with(['.', '-', '$', '€', '£', '¥', '/']) {
        return None;
    }
    let mut run = Run { digits: String::new(), groups: Vec::new(), words: 0 };
    loop {
        let word = at + run.words;
        let form = passage.form(word);
        let parts: Vec<&str> = form.split(['-', '.']).collect();
        let total = run.digits.len() + parts.iter().map(|part| part.len()).sum::<usize>();
        let is_zero =
            form == "0" && passage.before(word).ends_with('(') && passage.gap(word).starts_with(')') && run.words > 0;
        let fits = parts.iter().all(|part| is_digits(part))
            && total <= *INTERNATIONAL.end() + 2
            && run.groups.len() < MAX_GROUPS;
        let joined = run.words == 0
            || matches!(passage.gap(word - 1), "" | " " | "-" | "/" | ")" | ") " | " (" | "(" | ")-" | " - " | ". ");
        if !fits || !joined {
            break;
        }
        run.words += 1;
        if !is_zero {
            run.digits.extend(parts.iter().copied());
            run.groups.extend(parts.iter().map(|part| part.len()));
        }
    }
    (run.words > 0).then_some(run)
}

/// Returns whether the groups are those of a country's numbers, unmistakable without a word before them.
fn is_shaped(passage: &Passage<'_>, at: usize, run: &Run) -> bool {
    let (digits, groups) = (run.digits.as_str(), run.groups.as_slice());
    let bytes = digits.as_bytes();
    let order =
        OTHERS.iter().any(|other| passage.form_before(at) == *other) || passage.before(at).trim_end().ends_with('#');
    if order {
        return false;
    }
    match groups {
        // China: 138 0013 8000.
        [11] | [3, 4, 4] if bytes[0] == b'1' => (b'3'..=b'9').contains(&bytes[1]),
        // Korea, Japan.
        [3, 3 | 4, 4] if bytes[0] == b'0' => true,
        // North America.
        [3, 3, 4] | [1, 3, 3, 4] => {
            let area = digits.len() - 10;
            (area == 0 || bytes[0] == b'1') && bytes[area] >= b'2' && bytes[area + 3] >= b'2'
        }
        // France.
        [2, 2, 2, 2, 2] => bytes[0] == b'0' && bytes[1] != b'0',
        // United Kingdom and German mobiles.
        [5, 6] | [5, 3, 3] => digits.starts_with("07"),
        [4, 7 | 8] | [4, 3, 4] => matches!(digits.get(..3), Some("015" | "016" | "017")),
        // Russia.
        [1, 3, 3, 2, 2] => bytes[0] == b'8',
        // Brazil: (11) 91234-5678.
        [2, 5, 4] => bytes[2] == b'9' && passage.before(at).ends_with('('),
        _ => false,
    }
}

fn is_announced(passage: &Passage<'_>, number: usize) -> bool {
    let dense =
        passage.before(number).trim_end_matches([' ', ':', '(', '.']).trim_end_matches(['号', '码', '是', '为', 'は']);
    if DENSE_KEYWORDS.iter().any(|keyword| dense.ends_with(keyword)) && !dense.ends_with("注文番号") {
        return true;
    }
    for at in (number.saturating_sub(MAX_LINKS)..number).rev() {
        let form = passage.form(at);
        if passage.gap(at).contains(['!', '?', '。', ';']) || OTHERS.contains(&form) || passage.is_dense(at) {
            return false;
        }
        if KEYWORDS.contains(&form) {
            return true;
        }
    }
    false
}
