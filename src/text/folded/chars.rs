//! What folding does to single characters: shapes unified, digits made ASCII, accents and invisible characters known.
//!
//! Tables and predicates only; `folding` decides when they are asked.

use std::sync::LazyLock;

/// First and last code point of the ideograph block that [`simplified`] covers.
pub(crate) const HAN: std::ops::RangeInclusive<char> = '\u{4E00}'..='\u{9FFF}';

/// Traditional characters and their simplified forms.
const TRADITIONAL: &str = include_str!("trad_simp.txt");

/// Zero digits of the scripts whose decimal digits become ASCII.
const ZEROS: &[char] = &[
    '\u{0660}', '\u{06F0}', '\u{07C0}', '\u{0966}', '\u{09E6}', '\u{0A66}', '\u{0AE6}', '\u{0B66}', '\u{0BE6}',
    '\u{0C66}', '\u{0CE6}', '\u{0D66}', '\u{0E50}', '\u{0ED0}', '\u{0F20}', '\u{1040}', '\u{17E0}', '\u{1810}',
];

/// Simplified form by offset into [`HAN`]; `\0` where a character is its own.
static SIMPLIFIED: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut table = vec!['\0'; (*HAN.end() as usize) - (*HAN.start() as usize) + 1];
    for pair in TRADITIONAL.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace) {
        let mut characters = pair.chars();
        if let (Some(traditional), Some(simplified)) = (characters.next(), characters.next()) {
            table[traditional as usize - *HAN.start() as usize] = simplified;
        }
    }
    table
});

/// Returns the simplified form of a Chinese character, or the character itself.
pub(crate) fn simplified(character: char) -> char {
    if !HAN.contains(&character) {
        return character;
    }
    match SIMPLIFIED[character as usize - *HAN.start() as usize] {
        '\0' => character,
        simplified => simplified,
    }
}

/// Returns whether a character is taken out before anything else: it is invisible, or it only stretches a line.
///
/// Zero-width and bidirectional controls, soft hyphen, variation selectors, tags, Mongolian separators, Arabic tatweel.
pub(crate) fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{0640}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Returns whether a character is an accent that folding takes off: a combining mark of Latin, Greek, Cyrillic, Arabic
/// or Hebrew writing. Marks that make other letters (kana voicing, Indic and Thai vowels) are none.
pub(crate) fn is_accent(character: char) -> bool {
    matches!(character,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}' | '\u{05C2}'
        | '\u{05C4}' | '\u{05C5}' | '\u{05C7}' | '\u{0610}'..='\u{061A}' | '\u{064B}'..='\u{065F}' | '\u{0670}'
        | '\u{06D6}'..='\u{06DC}' | '\u{06DF}'..='\u{06E4}' | '\u{06E7}' | '\u{06E8}' | '\u{06EA}'..='\u{06ED}'
        | '\u{1AB0}'..='\u{1ACE}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20F0}' | '\u{FE20}'..='\u{FE2F}')
}

/// Returns the one shape of a character that has many: apostrophes, quotes, dashes, signs, digits, white space.
///
/// `№` becomes `#` before compatibility folding can make the negator `no` of it, and `™` a space, so that it does not
/// grow into the brand's name.
pub(crate) fn unified(character: char) -> char {
    match character {
        '`'
        | '\u{00B4}'
        | '\u{02B9}'
        | '\u{02BB}'
        | '\u{02BC}'
        | '\u{02BD}'
        | '\u{02C8}'
        | '\u{055A}'
        | '\u{2018}'..='\u{201B}'
        | '\u{2032}'
        | '\u{2035}'
        | '\u{A78C}'
        | '\u{FF07}'
        | '\u{FF40}' => '\'',
        '\u{00AB}' | '\u{00BB}' | '\u{201C}'..='\u{201F}' | '\u{2033}' | '\u{2036}' | '\u{301D}'..='\u{301F}' => '"',
        '\u{058A}'
        | '\u{05BE}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2053}'
        | '\u{207B}'
        | '\u{208B}'
        | '\u{2212}'
        | '\u{2E3A}'
        | '\u{2E3B}'
        | '\u{FE31}'
        | '\u{FE32}'
        | '\u{FE58}'
        | '\u{FE63}'
        | '\u{FF0D}' => '-',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{2116}' => '#',
        '\u{2120}' | '\u{2122}' | '\u{00AE}' | '\u{00A9}' => ' ',
        // The folding of lower-case letters that have two shapes.
        'ς' => 'σ',
        _ if character.is_whitespace() || character.is_control() => ' ',
        _ => ascii_digit(character),
    }
}

/// Returns what a letter becomes beside losing its accents, or `None` if it is folded already.
///
/// Latin letters that no decomposition reaches, ё, and the Arabic, Persian and Urdu shapes of alef, yeh, kaf and heh. Teh
/// marbuta becomes heh, as most people type it. The four letters i of Turkish become one: `ISPARTA` must meet `ısparta`
/// and `ISTANBUL` `istanbul`, whatever the language of the one who writes.
pub(crate) fn plain_letter(character: char) -> Option<&'static str> {
    Some(match character {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        'ƒ' => "f",
        'ё' | 'ѐ' => "е",
        'ѝ' => "и",
        'أ' | 'إ' | 'آ' | 'ٱ' => "ا",
        'ى' | 'ی' => "ي",
        'ک' => "ك",
        'ة' | 'ہ' | 'ھ' | 'ۃ' | 'ە' => "ه",
        _ => return None,
    })
}

/// Returns whether a letter sheds its accents by decomposition. Cyrillic й and ї are letters of their own.
pub(crate) fn sheds_accents(character: char) -> bool {
    matches!(character, '\u{00C0}'..='\u{024F}' | '\u{0370}'..='\u{03FF}' | '\u{1E00}'..='\u{1FFF}')
}

fn ascii_digit(character: char) -> char {
    if character < ZEROS[0] {
        return character;
    }
    let zero = ZEROS.partition_point(|zero| *zero <= character) - 1;
    match character as u32 - ZEROS[zero] as u32 {
        value @ 0..=9 => char::from_digit(value, 10).unwrap_or(character),
        _ => character,
    }
}
