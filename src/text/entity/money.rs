//! Amounts of money; value in the smallest unit with the ISO 4217 code: `12900 EUR`, `3000 JPY`.
//!
//! An amount stands beside its currency. `$` alone is the US dollar. `¥` is the yen beside kana and the yuan elsewhere,
//! because the shops that use this sell from China.

use std::{ops::Range, sync::LazyLock};

use crate::{
    model::{currency::decimals, verdict::EntityFound},
    text::{
        entity::{
            lexicon::Lexicon,
            mark::{DIGIT, NUMBER},
            number::{self, Decimal, numeric_prefix},
            passage::Passage,
        },
        folded::classes::Classes,
    },
};

/// The kind's name.
pub const KIND: &str = "money";

/// Codes that stand before or behind an amount in any case; codes that are words of a language count in capitals only.
const CODES: &[&str] = &[
    "AED", "ARS", "AUD", "BDT", "BGN", "BHD", "BRL", "CAD", "CHF", "CLP", "CNY", "CZK", "DKK", "EGP", "EUR", "GBP",
    "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JOD", "JPY", "KES", "KRW", "KWD", "KZT", "LKR", "MAD", "MXN", "MYR",
    "NGN", "NOK", "NZD", "OMR", "PKR", "PLN", "QAR", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TND", "TWD", "UAH",
    "USD", "VND", "ZAR",
];
/// Codes that count in capitals only.
const CODES_IN_CAPITALS: &[&str] = &["COP", "PEN", "PHP", "RON", "TRY", "ALL"];
/// Names that stand behind an amount. What several countries call their money (peso, kr) is left out.
const NAMES: &[(&str, u64, &str)] = &[
    (
        "USD",
        1,
        "dollar;dollars;bucks;us dollars;us dollar;us$;dólares;dólar;dollari;dollaro;доллар;доллара;долларов;долл;долар;دولار;دولارات;달러;美元;美金;刀;ドル;米ドル;dolarów;dolary;dolar;dollars américains",
    ),
    ("EUR", 1, "euro;euros;eur;euronen;евро;يورو;유로;欧元;ユーロ"),
    ("GBP", 1, "pounds sterling;quid;фунтов;جنيه استرليني;파운드;英镑;ポンド;funtów;libras esterlinas"),
    ("CNY", 1, "yuan;rmb;renminbi;cny;юаней;юаня;юань;يوان;위안;元;块;块钱;人民币;元人民币;人民元;juanów"),
    ("CNY", 10_000, "万元;万块"),
    ("JPY", 1, "yen;円;日元;日圆;йен;иен;エン;ين;엔;jenów"),
    ("JPY", 10_000, "万円;万日元"),
    ("JPY", 1_000, "千円"),
    ("KRW", 1, "won;원;韩元;ウォン;вон"),
    ("KRW", 10_000, "만원;만 원;万韩元"),
    ("KRW", 1_000, "천원;천 원"),
    ("PLN", 1, "zł;zl;złotych;złote;złoty;pln;злотых"),
    ("RUB", 1, "руб;рублей;рубля;рубль;р;rub;rubles;roubles;rubel;卢布;ルーブル;루블"),
    ("BRL", 1, "reais;real;brl;реалов"),
    ("AED", 1, "dirham;dirhams;درهم;دراهم;د.إ;дирхам;дирхамов;디르함;迪拉姆"),
    ("SAR", 1, "riyal;riyals;ريال"),
    ("INR", 1, "rupees;rupee;roupies"),
    ("CAD", 1, "canadian dollars;加元;加币;kanadische dollar;dollars canadiens"),
    ("AUD", 1, "australian dollars;澳元;澳币"),
    ("HKD", 1, "港币;港元;港幣"),
    ("TWD", 1, "台币;新台币;台幣"),
    ("CHF", 1, "franken;stutz"),
    ("UAH", 1, "грн;гривен"),
    ("KZT", 1, "тенге"),
];
/// What `$` means behind these letters.
const DOLLARS: &[(&str, &str)] = &[
    ("us", "USD"),
    ("ca", "CAD"),
    ("c", "CAD"),
    ("can", "CAD"),
    ("a", "AUD"),
    ("au", "AUD"),
    ("aus", "AUD"),
    ("nz", "NZD"),
    ("hk", "HKD"),
    ("s", "SGD"),
    ("sg", "SGD"),
    ("nt", "TWD"),
    ("tw", "TWD"),
    ("r", "BRL"),
    ("mx", "MXN"),
    ("mex", "MXN"),
];

/// Names and codes behind an amount, with the factor of 万 and 千.
static BEHIND: LazyLock<Lexicon<(&'static str, u64)>> = LazyLock::new(|| {
    let names = NAMES.iter().flat_map(|(code, factor, names)| names.split(';').map(|name| (name, (*code, *factor))));
    Lexicon::new(names.chain(CODES.iter().map(|code| (*code, (*code, 1)))))
});
/// Names before an amount.
static BEFORE: LazyLock<Lexicon<&'static str>> = LazyLock::new(|| {
    let names = [
        ("rmb", "CNY"),
        ("人民币", "CNY"),
        ("usd", "USD"),
        ("rs", "INR"),
        ("fr", "CHF"),
        ("euro", "EUR"),
        ("美金", "USD"),
    ];
    Lexicon::new(names.into_iter().chain(CODES.iter().map(|code| (*code, *code))))
});

/// A number in the text: its words, and the bytes of the folded text that its digits take.
struct Number {
    words: Range<usize>,
    bytes: Range<usize>,
}

/// Returns the amounts in a text, in order.
pub fn find(passage: &Passage<'_>) -> Vec<EntityFound> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < passage.len() {
        let amount = if passage.form(at).as_bytes()[0].is_ascii_digit() {
            let grouped = with_groups(passage, at);
            grouped.and_then(|number| amount(passage, &number)).or_else(|| amount(passage, &single(passage, at)?))
        } else {
            let may = passage.may_begin(at, DIGIT | NUMBER);
            may.then(|| glued_code(passage, at).or_else(|| in_words(passage, at))).flatten()
        };
        let Some((entity, end)) = amount else {
            at += 1;
            continue;
        };
        found.push(entity);
        at = end.max(at + 1);
    }
    found
}

fn single(passage: &Passage<'_>, at: usize) -> Option<Number> {
    let word = passage.word(at)?;
    let length = numeric_prefix(passage.form(at));
    Some(Number { words: at..at + 1, bytes: word.folded.start..word.folded.start + length })
}

/// Returns a number whose thousands stand apart: `1 299,00`.
fn with_groups(passage: &Passage<'_>, at: usize) -> Option<Number> {
    if !passage.is_digits(at) || passage.form(at).len() > 3 {
        return None;
    }
    let is_group = |word: usize| {
        let form = passage.form(word);
        let digits = form.len() - form.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        passage.gap(word - 1) == " " && digits == 3 && (form.len() == 3 || form[3..].starts_with([',', '.']))
    };
    let mut end = at + 1;
    while is_group(end) && (end == at + 1 || passage.is_digits(end - 1)) {
        end += 1;
    }
    let last = single(passage, end - 1)?;
    (end > at + 1)
        .then(|| Number { words: at..end, bytes: passage.word(at).map_or(0, |word| word.folded.start)..last.bytes.end })
}

/// Returns the amount of which a number is the digits, and the word behind it.
fn amount(passage: &Passage<'_>, number: &Number) -> Option<(EntityFound, usize)> {
    let (code, factor, bytes, end) = currency_before(passage, number).or_else(|| currency_behind(passage, number))?;
    let digits = &passage.text()[number.bytes.clone()];
    let decimals = decimals(code);
    let minor = Decimal::read(digits, decimals)?.minor(factor, decimals)?;
    Some((passage.found_at(KIND, format!("{minor} {code}"), bytes), end))
}

type Currency = (&'static str, u64, Range<usize>, usize);

fn currency_before(passage: &Passage<'_>, number: &Number) -> Option<Currency> {
    let at = number.words.start;
    // `5kg` beside a sign is no amount.
    if number.bytes.end < passage.word(number.words.end - 1)?.folded.end {
        return None;
    }
    let text = passage.before(at);
    let trimmed = text.trim_end();
    if let Some((start, sign)) = trimmed.char_indices().next_back()
        && let Some(code) = sign_code(passage, sign)
    {
        let before = &trimmed[..start];
        // `20$ 30`: the sign belongs to the number before it.
        if trimmed.len() < text.len() && before.ends_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let letters = passage.form_before(at);
        let dollar = DOLLARS.iter().find(|(prefix, _)| sign == '$' && *prefix == letters && before.ends_with(letters));
        let (code, start) = dollar.map_or((code, start), |(prefix, code)| (*code, start - prefix.len()));
        return Some((code, 1, start..number.bytes.end, number.words.end));
    }
    let between = at.checked_sub(1).map(|before| passage.gap(before))?;
    let starts = (1..=at.min(3)).map(|length| at - length);
    let start =
        starts.into_iter().find(|start| BEFORE.at(passage, *start).is_some_and(|(_, length)| start + length == at))?;
    let (code, _) = BEFORE.at(passage, start)?;
    let joined = matches!(between, "" | " " | ". " | ": " | ".");
    joined.then_some((*code, 1, passage.word(start)?.folded.start..number.bytes.end, number.words.end))
}

fn currency_behind(passage: &Passage<'_>, number: &Number) -> Option<Currency> {
    let last = number.words.end - 1;
    let word = passage.word(last)?.folded.clone();
    let start = number.bytes.start;
    if number.bytes.end < word.end {
        let code = code_of(&passage.text()[number.bytes.end..word.end], true)?;
        return Some((code, 1, start..word.end, number.words.end));
    }
    let after = passage.after(last);
    let close = after.trim_start_matches([',', '.', '-', '–']).trim_start();
    if let Some(sign) = close.chars().next()
        && let Some(code) = sign_code(passage, sign)
        && !close[sign.len_utf8()..].starts_with(|c: char| c.is_ascii_digit())
    {
        let end = passage.text().len() - close.len() + sign.len_utf8();
        return Some((code, 1, start..end, number.words.end));
    }
    if !matches!(passage.gap(last), "" | " " | ",- " | ".- " | "- ") {
        return None;
    }
    let next = number.words.end;
    if let Some(code) =
        DOLLARS.iter().find(|(prefix, _)| *prefix == passage.form(next) && passage.gap(next).starts_with('$'))
    {
        return Some((code.1, 1, start..passage.word(next)?.folded.end + 1, next + 1));
    }
    if let Some(code) = code_of(passage.raw(next), false) {
        return Some((code, 1, start..passage.word(next)?.folded.end, next + 1));
    }
    let ((code, factor), length) = BEHIND.at(passage, next)?;
    let last = passage.word(next + length - 1)?;
    // 5 р и 5 р. mean rubles, but `р` inside running text does not.
    Some((code, *factor, start..last.folded.end, next + length))
}

/// Returns the amount of a word such as `eur20`.
fn glued_code(passage: &Passage<'_>, at: usize) -> Option<(EntityFound, usize)> {
    let form = passage.form(at);
    if !form.ends_with(|last: char| last.is_ascii_digit()) {
        return None;
    }
    let letters = form.len() - form.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
    let code = code_of(&form[..letters], true)?;
    let decimals = decimals(code);
    let digits = &form[letters..];
    if digits.is_empty() || numeric_prefix(digits) != digits.len() {
        return None;
    }
    let minor = Decimal::read(digits, decimals)?.minor(1, decimals)?;
    Some((passage.found(KIND, format!("{minor} {code}"), at..at + 1), at + 1))
}

/// Returns the amount of a number in words: `five dollars`, 五十元.
fn in_words(passage: &Passage<'_>, at: usize) -> Option<(EntityFound, usize)> {
    let (value, length) = number::whole(passage, at)?;
    let ((code, factor), behind) = BEHIND.at(passage, at + length)?;
    // 一块 is a piece as often as it is a yuan, 一元 is part of other words.
    if passage.is_dense(at) && value == 1 {
        return None;
    }
    let decimals = decimals(code);
    let minor = Decimal::whole(value).minor(*factor, decimals)?;
    let end = at + length + behind;
    Some((passage.found(KIND, format!("{minor} {code}"), at..end), end))
}

fn sign_code(passage: &Passage<'_>, sign: char) -> Option<&'static str> {
    Some(match sign {
        '$' => "USD",
        '€' => "EUR",
        '£' => "GBP",
        '¥' if passage.has(Classes::KANA) => "JPY",
        '¥' => "CNY",
        '₽' => "RUB",
        '₩' => "KRW",
        '₹' => "INR",
        '฿' => "THB",
        '₫' => "VND",
        '₺' => "TRY",
        '₴' => "UAH",
        '₪' => "ILS",
        '₱' => "PHP",
        '₸' => "KZT",
        _ => return None,
    })
}

/// Returns the code that letters are; `folded` letters cannot show capitals.
fn code_of(letters: &str, folded: bool) -> Option<&'static str> {
    if letters.eq_ignore_ascii_case("rmb") {
        return Some("CNY");
    }
    let plain = CODES.iter().find(|code| code.eq_ignore_ascii_case(letters));
    plain.or_else(|| CODES_IN_CAPITALS.iter().find(|code| !folded && **code == letters)).copied()
}
