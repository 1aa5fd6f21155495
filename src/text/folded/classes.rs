//! Which classes of characters a folded text has, so that who needs a digit or an `@` need not look where there is none.

/// A set of character classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Classes(u16);

impl Classes {
    /// No class at all.
    pub const NONE: Self = Self(0);
    /// An ASCII digit; folding makes ASCII of the digits of other scripts.
    pub const DIGIT: Self = Self(1);
    /// `@`.
    pub const AT: Self = Self(1 << 1);
    /// `#`; folding makes it of `№`.
    pub const HASH: Self = Self(1 << 2);
    /// `+`.
    pub const PLUS: Self = Self(1 << 3);
    /// A currency sign (`$`, `€`, `¥` and the others of Unicode's class Sc).
    pub const CURRENCY: Self = Self(1 << 4);
    /// A letter from `a` to `z`.
    pub const LATIN: Self = Self(1 << 5);
    /// A Cyrillic letter.
    pub const CYRILLIC: Self = Self(1 << 6);
    /// An Arabic letter.
    pub const ARABIC: Self = Self(1 << 7);
    /// A Han character.
    pub const HAN: Self = Self(1 << 8);
    /// A kana.
    pub const KANA: Self = Self(1 << 9);
    /// A Korean letter or syllable.
    pub const HANGUL: Self = Self(1 << 10);
    /// A Thai letter.
    pub const THAI: Self = Self(1 << 11);
    /// Any other character beyond ASCII that is none of these, letter or not.
    pub const OTHER: Self = Self(1 << 12);

    /// Returns both sets in one.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether this set has any class of the other one; nothing has any of [`Classes::NONE`].
    pub const fn has_any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    /// Returns the classes of a folded text.
    pub(crate) fn of(folded: &str) -> Self {
        folded.chars().fold(Self::NONE, |classes, character| classes.or(Self::of_character(character)))
    }

    /// Returns the classes of ASCII in lower case.
    pub(crate) fn of_ascii(folded: &[u8]) -> Self {
        let mut has = [false; 6];
        for byte in folded {
            // No branch, so that the compiler looks at many bytes at once.
            has[0] |= byte.is_ascii_lowercase();
            has[1] |= byte.is_ascii_digit();
            has[2] |= *byte == b'@';
            has[3] |= *byte == b'#';
            has[4] |= *byte == b'+';
            has[5] |= *byte == b'$';
        }
        let classes = [Self::LATIN, Self::DIGIT, Self::AT, Self::HASH, Self::PLUS, Self::CURRENCY];
        let found = classes.into_iter().zip(has).filter(|(_, has)| *has);
        found.fold(Self::NONE, |all, (class, _)| all.or(class))
    }

    /// Returns the class of a character, or none.
    #[inline]
    pub(crate) fn of_character(character: char) -> Self {
        match character {
            'a'..='z' => Self::LATIN,
            '0'..='9' => Self::DIGIT,
            '@' => Self::AT,
            '#' => Self::HASH,
            '+' => Self::PLUS,
            '$'
            | '\u{A2}'..='\u{A5}'
            | '\u{58F}'
            | '\u{60B}'
            | '\u{9F2}'
            | '\u{9F3}'
            | '\u{9FB}'
            | '\u{AF1}'
            | '\u{BF9}'
            | '\u{E3F}'
            | '\u{17DB}'
            | '\u{20A0}'..='\u{20CF}' => Self::CURRENCY,
            '\0'..='\x7F' => Self::NONE,
            '\u{400}'..='\u{52F}' => Self::CYRILLIC,
            '\u{620}'..='\u{6FF}' | '\u{750}'..='\u{77F}' => Self::ARABIC,
            '\u{E01}'..='\u{E5B}' => Self::THAI,
            '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' | '\u{AC00}'..='\u{D7FF}' => Self::HANGUL,
            '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' => Self::KANA,
            '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' => Self::HAN,
            _ => Self::OTHER,
        }
    }
}
