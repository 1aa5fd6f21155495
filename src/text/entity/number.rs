//! Numbers as buyers write them: digits with separators, number words of twelve languages, Chinese numerals.

use std::sync::LazyLock;

use crate::text::entity::{lexicon::Lexicon, passage::Passage};

/// Amounts have at most this many digits; longer ones are numbers of things, not of money.
const MAX_DIGITS: usize = 12;

/// 九千九百九十九 has seven characters; more are no number.
const MAX_CHINESE: usize = 8;

/// One to twelve, with `a pair of`-like words left to the units.
const WORDS: &[(u32, &str)] = &[
    (
        1,
        "one;ein;eine;einen;einem;einer;un;une;uno;una;um;uma;один;одна;одну;одно;jeden;jedna;jedną;jedno;واحد;واحدة;하나;한",
    ),
    (2, "two;zwei;deux;dos;dois;duas;due;два;две;двух;dwa;dwie;dwóch;اثنان;اثنين;اثنتين;둘;두"),
    (3, "three;drei;trois;tres;três;tre;три;трёх;trzy;trzech;ثلاثة;ثلاث;셋;세"),
    (4, "four;vier;quatre;cuatro;quatro;quattro;четыре;четырех;cztery;أربعة;أربع;넷;네"),
    (5, "five;fünf;cinq;cinco;cinque;пять;пяти;pięć;خمسة;خمس;다섯"),
    (6, "six;sechs;seis;sei;шесть;sześć;ستة;ست;여섯"),
    (7, "seven;sieben;sept;siete;sete;sette;семь;siedem;سبعة;سبع;일곱"),
    (8, "eight;acht;huit;ocho;oito;otto;восемь;osiem;ثمانية;ثماني;ثمان;여덟"),
    (9, "nine;neun;neuf;nueve;nove;девять;dziewięć;تسعة;تسع;아홉"),
    (10, "ten;zehn;dix;diez;dez;dieci;десять;dziesięć;عشرة;عشر;열"),
    (11, "eleven;elf;onze;once;undici;одиннадцать;jedenaście"),
    (12, "twelve;zwölf;douze;doce;doze;dodici;двенадцать;dwanaście"),
];

static LEXICON: LazyLock<Lexicon<u32>> =
    LazyLock::new(|| Lexicon::new(WORDS.iter().flat_map(|(value, words)| words.split(';').map(|word| (word, *value)))));

/// Returns the words with which numbers in words begin.
pub(in crate::text) fn first_words() -> impl Iterator<Item = &'static str> {
    const CHINESE: [&str; 14] = ["零", "一", "二", "两", "俩", "三", "四", "五", "六", "七", "八", "九", "十", "百"];
    LEXICON.first_words().chain(CHINESE)
}

/// Returns the whole number at a word, in digits or in words, and how many words it takes.
pub(in crate::text) fn whole(passage: &Passage<'_>, at: usize) -> Option<(u32, usize)> {
    if passage.is_digits(at) {
        return Some((passage.form(at).parse().ok()?, 1));
    }
    if passage.is_dense(at) {
        return chinese(passage, at);
    }
    LEXICON.at(passage, at).map(|(value, length)| (*value, length))
}

/// Returns the Chinese number that begins at a word, below ten thousand: 两, 十二, 三百五十.
fn chinese(passage: &Passage<'_>, start: usize) -> Option<(u32, usize)> {
    let (mut total, mut digit, mut at) = (0u32, None, start);
    while at < start + MAX_CHINESE && passage.is_dense(at) && (at == start || passage.gap(at - 1).is_empty()) {
        let form = passage.form(at);
        match (chinese_digit(form), chinese_unit(form)) {
            (Some(value), _) if digit.is_none() || form == "零" => digit = Some(value),
            (_, Some(unit)) if total == 0 || total.is_multiple_of(unit * 10) => {
                total += digit.take().unwrap_or(1) * unit;
            }
            _ => break,
        }
        at += 1;
    }
    let total = total + digit.unwrap_or(0);
    (at > start && total > 0).then_some((total, at - start))
}

fn chinese_digit(form: &str) -> Option<u32> {
    Some(match form {
        "零" | "〇" => 0,
        "一" => 1,
        "二" | "两" | "俩" => 2,
        "三" => 3,
        "四" => 4,
        "五" => 5,
        "六" => 6,
        "七" => 7,
        "八" => 8,
        "九" => 9,
        _ => return None,
    })
}

fn chinese_unit(form: &str) -> Option<u32> {
    Some(match form {
        "十" => 10,
        "百" => 100,
        "千" => 1000,
        _ => return None,
    })
}

/// A number with a fraction: `digits` divided by ten to the power of `scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text) struct Decimal {
    digits: u64,
    scale: u32,
}

impl Decimal {
    /// Returns a whole number.
    pub(in crate::text) fn whole(value: u32) -> Self {
        Self { digits: u64::from(value), scale: 0 }
    }

    /// Reads digits with separators: `1299`, `1,299.00`, `1.299,00`, `1'299`, `12,5`.
    ///
    /// The last of two different separators is the decimal one. A single one with three digits behind it separates
    /// thousands, unless the currency has three decimals (`decimals`) or nothing but zero stands before it.
    pub(in crate::text) fn read(text: &str, decimals: u32) -> Option<Self> {
        let text = text.replace(['\'', ' '], "");
        let separators: Vec<(usize, char)> =
            text.match_indices(['.', ',']).map(|(at, s)| (at, s.as_bytes()[0].into())).collect();
        let point = match separators.as_slice() {
            [] => None,
            [(at, _)] => {
                let thousands =
                    text.len() - at - 1 == 3 && decimals != 3 && (1..=3).contains(at) && !text.starts_with('0');
                (!thousands).then_some(*at)
            }
            [first @ .., (at, last)] if first.iter().all(|(_, other)| other != last) => Some(*at),
            [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => None,
            _ => return None,
        };
        let is_grouped = separators.iter().filter(|(at, _)| Some(*at) != point).all(|(at, _)| {
            let behind = text[at + 1..].find(['.', ',']).unwrap_or(text.len() - at - 1);
            (2..=3).contains(&behind)
        });
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let scale = point.map_or(0, |at| text.len() - at - 1);
        if !is_grouped || digits.len() > MAX_DIGITS || scale > 3 || point == Some(text.len() - 1) {
            return None;
        }
        Some(Self { digits: digits.parse().ok()?, scale: u32::try_from(scale).ok()? })
    }

    /// Returns the number times `factor` in units of which ten to the power of `decimals` make one; none if a part of
    /// such a unit is left.
    pub(in crate::text) fn minor(self, factor: u64, decimals: u32) -> Option<u64> {
        let scaled = self.digits.checked_mul(factor)?.checked_mul(10u64.checked_pow(decimals)?)?;
        let unit = 10u64.checked_pow(self.scale)?;
        scaled.is_multiple_of(unit).then(|| scaled / unit)
    }
}

/// Returns how many bytes at the beginning of a word are digits and separators.
pub(in crate::text) fn numeric_prefix(word: &str) -> usize {
    let end =
        word.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | ',' | '\'')).unwrap_or(word.len());
    word[..end].trim_end_matches(['.', ',', '\'']).len()
}
