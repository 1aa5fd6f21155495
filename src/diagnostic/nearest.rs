//! "Did you mean": the known name closest to a mistyped one.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, source::Span};

/// Known names are listed in a message up to this many; a longer list helps nobody.
const MAX_LISTED: usize = 26;

/// Returns the known name that was probably meant, or none if nothing is close.
///
/// Close means at most one edit per three letters and one more; of equally close names the first in alphabetical
/// order is returned, so that messages never change between runs.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = 1 + written.chars().count() / 3;
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= allowed && *distance < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// Adds to a finding about an unknown name what to do: the nearest name, which is put in place of `written` at `place`, else
/// the list of all known ones behind its heading.
pub fn advised(found: Diagnostic, place: Span, written: &str, heading: &str, known: &BTreeSet<&str>) -> Diagnostic {
    match nearest(written, known.iter().copied()) {
        Some(name) => found.help(format!("did you mean `{name}`?")).fix(place, name),
        None => found.help(format!("{heading}: {}", known.iter().copied().collect::<Vec<_>>().join(", "))),
    }
}

/// Returns what to do about an unknown name: the nearest one, else the list of all known ones.
pub fn advice(written: &str, known: &[&str]) -> String {
    if let Some(name) = nearest(written, known.iter().copied()) {
        return format!("did you mean `{name}`?");
    }
    if known.is_empty() {
        return "there is none to choose from".to_owned();
    }
    let listed: Vec<String> = known.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > MAX_LISTED { ", …" } else { "" };
    format!("known here: {}{more}", listed.join(", "))
}
