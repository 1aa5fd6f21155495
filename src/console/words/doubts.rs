//! Why a password is not taken, in the reader's language.

use crate::console::{guard::password::Weak, words::door::Words};

/// Returns the reason in words.
pub(in crate::console) fn weak(weak: Weak, words: &Words) -> &'static str {
    match weak {
        Weak::Short => words.weak_short,
        Weak::Long => words.weak_long,
        Weak::Pattern => words.weak_pattern,
        Weak::Common => words.weak_common,
        Weak::Name => words.weak_name,
    }
}
