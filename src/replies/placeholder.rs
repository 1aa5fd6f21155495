//! Texts that nobody has written yet: what `nightdesk new` leaves where an answer was not given.
//!
//! A placeholder is a reminder for the seller. No buyer may ever read one, so rendering refuses it and `check` finds it.

use std::ops::Range;

/// Begins the remark that `nightdesk new` leaves; its own words say that it is to be removed.
const REMARK: &str = "{# nightdesk new:";
/// Stands where the words belong.
const HOLE: &str = "[…]";

/// Returns the text of a reply that is still to be written.
pub fn text() -> String {
    format!("{REMARK} write the answer here and remove this line #}}\n{HOLE}\n")
}

/// Returns where a text says that it is not written yet; none if it is written.
pub fn find(text: &str) -> Option<Range<usize>> {
    [REMARK, HOLE].into_iter().find_map(|mark| text.find(mark).map(|at| at..at + mark.len()))
}

#[cfg(test)]
mod tests {
    use super::{find, text};

    #[test]
    fn what_is_left_to_be_written_is_found_whichever_half_is_left() {
        assert_eq!(find(&text()), Some(0..17));
        assert_eq!(find("We wrap it […] free."), Some(11..16));
        assert_eq!(find("{# nightdesk new: write here #}\nWe wrap it."), Some(0..17));
        assert_eq!(find("{# ours #}\nWe wrap it [as a gift] …"), None);
    }
}
