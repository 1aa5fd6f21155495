//! Tracking numbers of parcels; value in capitals without spaces.
//!
//! What has the shape of a carrier and its check digit is found anywhere; other shapes only behind the name of their
//! carrier, and any number behind words such as "tracking number". An order keyword that stands nearer wins.

use std::ops::Range;

use crate::{
    model::verdict::EntityFound,
    text::entity::{
        check_digit,
        mark::DIGIT,
        order_number,
        passage::{Passage, is_digits},
    },
};

/// The kind's name.
pub const KIND: &str = "tracking_number";

/// Longest number (USPS with its postcode has 34 digits) and longest number of groups that it is written in.
const MAX_BYTES: usize = 34;
const MAX_GROUPS: usize = 9;
/// Length and digits of a number that is announced and has no known shape.
const GENERIC_LENGTH: std::ops::RangeInclusive<usize> = 8..=30;
const GENERIC_MIN_DIGITS: usize = 6;
/// So many words may stand between the announcement and the number.
const MAX_LINKS: usize = 5;

/// Prefix, digits behind it, and what follows them, of carriers whose numbers have no check digit but a shape of their
/// own: YunExpress, YTO, Cainiao, 4PX, DHL parcel and eCommerce, SF, Yanwen, Wanb, SunYou, J&T, Amazon.
const SHAPES: &[(&str, Range<usize>, &str)] = &[
    ("yt", 16..17, ""),
    ("lp", 14..17, ""),
    ("cng", 12..18, ""),
    ("cainiao", 10..20, ""),
    ("4px", 13..14, "cn"),
    ("jjd", 16..21, ""),
    ("jvgl", 12..21, ""),
    ("gm", 16..20, ""),
    ("rx", 16..19, ""),
    ("sf", 12..16, ""),
    ("wnbaa", 10..14, "yq"),
    ("ug", 9..10, "yp"),
    ("uf", 9..10, "yp"),
    ("sypl", 8..14, ""),
    ("jt", 13..16, ""),
    ("jnt", 10..15, ""),
    ("tba", 12..13, ""),
    ("anl", 10..18, ""),
];
/// Words that announce a tracking number; the words of several are compared from their last one backwards.
const KEYWORDS: &[&str] = &[
    "tracking",
    "track",
    "trackingnumber",
    "trackingnr",
    "waybill",
    "awb",
    "consignment",
    "sendungsnummer",
    "sendungsverfolgung",
    "sendungsverfolgungsnummer",
    "trackingnummer",
    "paketnummer",
    "suivi",
    "colis",
    "seguimiento",
    "rastreo",
    "guia",
    "rastreio",
    "rastreamento",
    "rastreador",
    "tracciamento",
    "spedizione",
    "трек",
    "трекинг",
    "отслеживания",
    "накладной",
    "накладная",
    "посылки",
    "sledzenia",
    "przesylki",
    "listu",
    "التتبع",
    "تتبع",
    "الشحنه",
    "الشحنة",
    "송장번호",
    "송장번호는",
    "운송장번호",
    "운송장",
    "송장",
    "추적번호",
    "shipment",
];
/// The same in scripts without spaces.
const DENSE_KEYWORDS: &[&str] = &[
    "运单",
    "快递单",
    "物流单",
    "追踪",
    "跟踪",
    "物流号",
    "快递号",
    "追踪码",
    "追迹",
    "伝票",
    "送り状",
    "お问い合わせ番号",
    "お问合せ番号",
    "包裹单",
];
/// Words of order numbers: where one stands nearer to the number, it is no tracking number.
const ORDER: &[&str] = &[
    "order",
    "bestellung",
    "bestellnummer",
    "commande",
    "pedido",
    "ordine",
    "заказ",
    "заказа",
    "zamowienie",
    "zamowienia",
    "주문",
    "주문번호",
];
/// Words that do not keep the announcement from its number.
const NO_LINK: &[&str] = &["phone", "tel", "telephone", "call", "and", "und", "et", "y", "but", "invoice"];

/// Returns the tracking numbers in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < passage.len() {
        let Some((value, length)) = tracking(passage, at) else {
            at += 1;
            continue;
        };
        found.push(passage.found(KIND, value.to_uppercase(), at..at + length));
        at += length;
    }
    found
}

/// Returns the number that begins at a word, in one piece, and how many words it takes.
fn tracking(passage: &Passage<'_>, start: usize) -> Option<(String, usize)> {
    let form = passage.form(start);
    // The letters of a number may stand apart from its digits: `LX 123 456 785 CN`.
    let letters_first = || form.len() == 2 && passage.may_begin(start + 1, DIGIT);
    if !passage.may_begin(start, DIGIT) && !letters_first() {
        return None;
    }
    if !form.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') || passage.before(start).ends_with('+') {
        return None;
    }
    let mut joined = String::new();
    let mut best = None;
    for length in 1..=MAX_GROUPS {
        let word = start + length - 1;
        if word >= passage.len() || length > 1 && !matches!(passage.gap(word - 1), " " | "-") {
            break;
        }
        joined.extend(passage.form(word).chars().filter(|letter| *letter != '-'));
        if joined.len() > MAX_BYTES || !joined.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            break;
        }
        if is_sure(&joined) && (length == 1 || !is_digits(&joined) || is_grouped(passage, start..start + length)) {
            best = Some((joined.clone(), length));
        }
    }
    best.or_else(|| announced(passage, start))
}

/// Returns whether digits in groups stand as labels print them: groups of four, the last one shorter or as long.
fn is_grouped(passage: &Passage<'_>, words: Range<usize>) -> bool {
    let last = words.end - 1;
    words.clone().all(|word| {
        passage.is_digits(word) && (passage.form(word).len() == 4 || word == last && passage.form(word).len() < 5)
    })
}

/// Returns whether a number can be nothing else: a check digit that fits, or a shape of its own.
fn is_sure(number: &str) -> bool {
    check_digit::is_postal(number)
        || check_digit::is_ups(number)
        || is_digits(number) && (check_digit::is_usps(number) || check_digit::is_dhl_parcel(number))
        || SHAPES.iter().any(|(prefix, digits, ending)| {
            let rest = number.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(ending));
            rest.is_some_and(|rest| digits.contains(&rest.len()) && is_digits(rest))
        })
}

/// Returns the number at a word if it is announced as a tracking number or by the name of its carrier.
fn announced(passage: &Passage<'_>, at: usize) -> Option<(String, usize)> {
    let mut length = 1;
    let mut number: String = passage.form(at).chars().filter(|letter| *letter != '-').collect();
    while passage.is_digits(at + length - 1)
        && passage.is_digits(at + length)
        && passage.gap(at + length - 1) == " "
        && number.len() + passage.form(at + length).len() <= *GENERIC_LENGTH.end()
    {
        number.push_str(passage.form(at + length));
        length += 1;
    }
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if !GENERIC_LENGTH.contains(&number.len()) || digits < GENERIC_MIN_DIGITS {
        return None;
    }
    if order_number::is_date(passage.form(at)) {
        return None;
    }
    let fits = match announcement(passage, at)? {
        Announcement::Number => true,
        Announcement::Carrier("fedex") => check_digit::is_fedex(&number),
        Announcement::Carrier("dhl") => {
            check_digit::is_dhl_express(&number) || is_digits(&number) && number.len() == 12
        }
        Announcement::Carrier("ups") => is_digits(&number) && matches!(number.len(), 9 | 12),
        Announcement::Carrier("yto" | "zto" | "sto" | "yunda") => matches!(number.len(), 12..=15),
        Announcement::Carrier(_) => false,
    };
    fits.then_some((number, length))
}

enum Announcement<'a> {
    /// "Tracking number" or the like.
    Number,
    /// A carrier's name.
    Carrier(&'a str),
}

/// Returns what announces the number at a word: the nearest word before it that can.
fn announcement<'a>(passage: &Passage<'a>, number: usize) -> Option<Announcement<'a>> {
    let dense = passage
        .before(number)
        .trim_end_matches([' ', ':', '#', '(', '[', '.'])
        .trim_end_matches(['号', '码', '是', '为', '番', 'は']);
    if DENSE_KEYWORDS.iter().any(|keyword| dense.ends_with(keyword)) {
        return Some(Announcement::Number);
    }
    for at in (number.saturating_sub(MAX_LINKS)..number).rev() {
        let form = passage.form(at);
        let ends = passage.gap(at).contains(['!', '?', '。', ';']) || passage.gap(at).contains('.') && form.len() > 3;
        if ends || ORDER.contains(&form) || NO_LINK.contains(&form) || passage.is_dense(at) {
            return None;
        }
        if KEYWORDS.contains(&form) {
            return Some(Announcement::Number);
        }
        if ["fedex", "dhl", "ups", "yto", "zto", "sto", "yunda"].contains(&form) {
            return Some(Announcement::Carrier(form));
        }
    }
    None
}
