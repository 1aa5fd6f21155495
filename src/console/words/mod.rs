//! The words of the pages, in the languages of those who work here: English and Chinese. One file for each area; every
//! word stands beside its translation, so that none can be forgotten.

/// Writes the type `Words` of an area with its words in both languages: `key: "English", "中文";`.
macro_rules! words {
    ($($key:ident: $en:literal, $zh:literal;)+) => {
        /// The words of this area.
        #[derive(Debug)]
        pub(in crate::console) struct Words {
            $(pub(in crate::console) $key: &'static str,)+
        }

        static EN: Words = Words { $($key: $en,)+ };
        static ZH: Words = Words { $($key: $zh,)+ };

        impl Words {
            /// Returns the words in the reader's language.
            pub(in crate::console) fn of(tongue: $crate::console::words::Tongue) -> &'static Self {
                match tongue {
                    $crate::console::words::Tongue::English => &EN,
                    $crate::console::words::Tongue::Chinese => &ZH,
                }
            }
        }
    };
}

pub(super) mod buyers;
pub(super) mod configuration;
pub(super) mod core;
pub(super) mod deeds;
pub(super) mod desk;
pub(super) mod door;
pub(super) mod doubts;
pub(super) mod explained;
pub(super) mod frame;
pub(super) mod help;
pub(super) mod lists;
pub(super) mod orders;
pub(super) mod playground;
pub(super) mod practice;
pub(super) mod queue;
pub(super) mod rating;
pub(super) mod reasons;
pub(super) mod refusal;
pub(super) mod reports;
pub(super) mod rules;
pub(super) mod switches;
pub(super) mod ticket;

/// Puts values into the places `{}` of a text, one after the other.
pub(super) fn fill(text: &str, values: &[&str]) -> String {
    let mut parts = text.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        filled.push_str(values.get(index).copied().unwrap_or_default());
        filled.push_str(part);
    }
    filled
}

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tongue {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Tongue {
    /// Returns the language tag of the page (BCP 47).
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-Hans",
        }
    }

    /// Returns the language that a browser asks for first of those there are (`Accept-Language`, RFC 9110 §12.5.4); the
    /// order in the field is taken for the preference, as browsers write it.
    pub(super) fn preferred(accept_language: &str) -> Self {
        let known = |range: &str| match range.trim().split(['-', ';']).next() {
            Some("zh") => Some(Self::Chinese),
            Some("en") => Some(Self::English),
            _ => None,
        };
        accept_language.split(',').find_map(known).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Tongue;

    #[test]
    fn the_first_known_language_of_the_browser_is_taken() {
        assert_eq!(Tongue::preferred("fr-FR, zh-CN;q=0.9, en;q=0.8"), Tongue::Chinese);
        assert_eq!(Tongue::preferred("en-GB,zh;q=0.5"), Tongue::English);
        assert_eq!(Tongue::preferred(""), Tongue::English);
    }
}
