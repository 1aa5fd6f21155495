//! Sizes of clothes and shoes; value as a table of sizes writes it: `EU 42`, `XL`, `42`, `170/92A`.
//!
//! A number is a size only with its system (EU, US, UK), behind a word such as "size", or before 码.

use crate::{
    model::verdict::EntityFound,
    text::entity::passage::{Passage, is_digits},
};

/// The kind's name.
pub const KIND: &str = "size";

/// Words that announce a size.
const KEYWORDS: &[&str] = &[
    "size",
    "sizes",
    "sized",
    "grosse",
    "grossen",
    "gr",
    "schuhgrosse",
    "konfektionsgrosse",
    "taille",
    "tailles",
    "pointure",
    "talla",
    "tallas",
    "talle",
    "numero",
    "tamanho",
    "tam",
    "taglia",
    "taglie",
    "misura",
    "размер",
    "размера",
    "размере",
    "размеры",
    "разм",
    "rozmiar",
    "rozmiaru",
    "rozmiarze",
    "مقاس",
    "المقاس",
    "مقاسي",
    "قياس",
    "사이즈",
    "사이즈는",
    "사이즈가",
    "maat",
];
/// The same in scripts without spaces.
const DENSE_KEYWORDS: &[&str] = &["尺码", "尺寸", "码数", "サイズ", "号码", "鞋码"];
/// Korean and Japanese shoes are measured in millimeters.
const MAX_NUMBER: u32 = 330;
/// Words between the announcement and the size.
const LINKS: &[&str] = &[
    "is", "ist", "a", "an", "in", "est", "es", "e", "of", "de", "the", "my", "number", "no", "nr", "eu", "us", "uk",
    "shoe", "usual", "normally", "und", "and", "or", "oder", "o", "ou", "или", "to",
];
/// Systems and the range of their sizes.
const SYSTEMS: &[(&str, &str, u32, u32)] = &[
    ("eu", "EU", 14, 70),
    ("eur", "EU", 14, 70),
    ("us", "US", 0, 24),
    ("usa", "US", 0, 24),
    ("uk", "UK", 1, 24),
    ("it", "IT", 32, 60),
    ("fr", "FR", 30, 60),
    ("jp", "JP", 20, 32),
    ("cn", "CN", 20, 50),
];
/// What follows a number and shows that it is no size: time, money, quantity.
const OTHER_UNITS: &[&str] = &[
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "years",
    "hours",
    "business",
    "working",
    "pcs",
    "pieces",
    "usd",
    "dollars",
    "euro",
    "euros",
    "eur",
    "customers",
    "people",
    "orders",
    "percent",
    "states",
    "tage",
    "wochen",
    "jours",
    "days.",
    "x",
    "items",
    "countries",
    "buyers",
    "kg",
    "st",
    "nd",
    "rd",
    "th",
    "and",
    "am",
    "pm",
];

/// Returns the sizes in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let mut found: Vec<EntityFound> = Vec::new();
    let mut listed = false;
    let mut at = 0;
    while at < passage.len() {
        if may_be_size(passage.form(at)) {
            listed = listed && goes_on(passage, at) || announced(passage, at);
            if let Some((value, length)) = size(passage, at, listed) {
                found.push(passage.found(KIND, value, at..at + length));
                listed = true;
                at += length;
                continue;
            }
        }
        listed = listed && is_joint(passage, at);
        at += 1;
    }
    found
}

/// Returns whether a word can be the first one of a size; most words cannot.
fn may_be_size(form: &str) -> bool {
    let first = form.as_bytes()[0];
    let system = || {
        SYSTEMS.iter().any(|(name, ..)| {
            form.starts_with(name) && (form.len() == name.len() || form.ends_with(|c: char| c.is_ascii_digit()))
        })
    };
    first.is_ascii_digit()
        || b"smlx".contains(&first) && letters(form).is_some()
        || b"euifjc".contains(&first) && system()
}

/// Returns the size at a word and how many words it takes; `announced` sizes need no more than their own letters.
fn size(passage: &Passage<'_>, at: usize, announced: bool) -> Option<(String, usize)> {
    let form = passage.form(at);
    if let Some(found) = chinese(passage, at).or_else(|| in_system(passage, at, announced)) {
        return Some(found);
    }
    if let Some(letters) = letters(form) {
        let sure = letters.contains('X') || announced || passage.form(at + 1) == "码" && passage.gap(at).is_empty();
        let taken = if passage.form(at + 1) == "码" { 2 } else { 1 };
        return (sure && !is_contraction(passage, at)).then_some((letters, taken));
    }
    let before_code = passage.form(at + 1) == "码" && matches!(passage.gap(at), "" | " ");
    if (before_code || announced) && is_size_number(form) && !has_other_unit(passage, at) {
        return Some((normal(form), if before_code { 2 } else { 1 }));
    }
    None
}

/// Chinese labels: `170/92A`, `175/88`.
fn chinese(passage: &Passage<'_>, at: usize) -> Option<(String, usize)> {
    let height = passage.form(at);
    let girth = passage.form(at + 1);
    let digits = girth.trim_end_matches(['a', 'b', 'c', 'y']);
    let fits = is_digits(height)
        && height.len() == 3
        && height.starts_with(['1', '2'])
        && passage.gap(at) == "/"
        && is_digits(digits)
        && (2..=3).contains(&digits.len())
        && girth.len() - digits.len() <= 1
        && passage.gap(at + 1) != "/";
    fits.then(|| (format!("{height}/{}", girth.to_uppercase()), 2))
}

/// `EU 42`, `US9`, `42 EU`, `UK 8.5`.
fn in_system(passage: &Passage<'_>, at: usize, announced: bool) -> Option<(String, usize)> {
    let form = passage.form(at);
    let system_at = |word: usize| {
        let found = SYSTEMS.iter().find(|(name, ..)| *name == passage.form(word))?;
        let capitals = passage.raw(word).chars().all(char::is_uppercase);
        (capitals || announced || matches!(found.0, "eu" | "uk") && passage.len() <= 2).then_some(found)
    };
    let split = form.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    if split > 0
        && let Some(system) = SYSTEMS.iter().find(|(name, ..)| *name == &form[..split])
        && let Some(number) = fitting(&form[split..], system)
    {
        return Some((format!("{} {number}", system.1), 1));
    }
    if let Some(system) = system_at(at)
        && matches!(passage.gap(at), " " | ": " | "-" | ":")
        && let Some(number) = fitting(passage.form(at + 1), system)
        && !has_other_unit(passage, at + 1)
    {
        return Some((format!("{} {number}", system.1), 2));
    }
    let system = system_at(at + 1)?;
    let number = fitting(form, system)?;
    let fits = passage.gap(at) == " " && system.1 != "IT" && !is_digits(passage.form(at + 2));
    fits.then(|| (format!("{} {number}", system.1), 2))
}

fn fitting(form: &str, system: &(&str, &str, u32, u32)) -> Option<String> {
    let number = is_size_number(form).then(|| normal(form))?;
    let whole: u32 = number.split('.').next()?.parse().ok()?;
    (system.2..=system.3).contains(&whole).then_some(number)
}

/// Returns a size in letters: `XS`, `M`, `3XL`.
fn letters(form: &str) -> Option<String> {
    let rest = form.trim_start_matches(|c: char| c.is_ascii_digit());
    let times = &form[..form.len() - rest.len()];
    let plain = match rest {
        "s" | "m" | "l" => times.is_empty(),
        "xs" | "xl" => times.len() <= 1 && times != "0",
        _ => {
            let xs = rest.trim_start_matches('x');
            times.is_empty() && matches!(xs, "s" | "l") && (2..=5).contains(&(rest.len() - 1))
        }
    };
    plain.then(|| form.to_uppercase())
}

/// Two digits, or one or two with a half: `42`, `8.5`, `10,5`.
fn is_size_number(form: &str) -> bool {
    let (whole, half) = form.split_once(['.', ',']).unwrap_or((form, "5"));
    is_digits(whole)
        && whole.len() <= 3
        && half == "5"
        && form != "0"
        && whole.parse::<u32>().is_ok_and(|number| number <= MAX_NUMBER)
}

fn normal(form: &str) -> String {
    form.replace(',', ".")
}

fn has_other_unit(passage: &Passage<'_>, at: usize) -> bool {
    OTHER_UNITS.contains(&passage.form(at + 1))
        || passage.after(at).trim_start().starts_with(['%', '$', '€', '£', '¥', '天', '个', '件', '双'])
}

/// `I'm`, `s'il`: letters beside an apostrophe are no sizes.
fn is_contraction(passage: &Passage<'_>, at: usize) -> bool {
    passage.before(at).ends_with('\'') || passage.after(at).starts_with('\'')
}

/// Returns whether a size is announced right before a word.
fn announced(passage: &Passage<'_>, word: usize) -> bool {
    let dense = passage.before(word).trim_end_matches([' ', ':', '是', '为', 'は']);
    if DENSE_KEYWORDS.iter().any(|keyword| dense.ends_with(keyword)) {
        return true;
    }
    for at in (word.saturating_sub(3)..word).rev() {
        let form = passage.form(at);
        if KEYWORDS.contains(&form) {
            return !passage.gap(at).contains(['?', '!', '。']) && !passage.gap(at).starts_with(". ");
        }
        if !LINKS.contains(&form) || passage.gap(at).contains(['.', '?', '!']) {
            return false;
        }
    }
    false
}

/// Returns whether a list of sizes goes on at a word: `S, M or L`.
fn goes_on(passage: &Passage<'_>, at: usize) -> bool {
    at > 0 && matches!(passage.gap(at - 1).trim(), "" | "," | "/" | "-")
}

fn is_joint(passage: &Passage<'_>, at: usize) -> bool {
    ["or", "and", "oder", "und", "ou", "o", "y", "et", "e", "или", "и", "lub", "i", "to", "bis"]
        .contains(&passage.form(at))
}
