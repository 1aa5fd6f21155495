//! Whatever a seller's files hold, `check` says what is wrong and never fails itself.

use nightdesk::{
    diagnostic::render::{github, human, json},
    library::{Sources, starter_files},
};
use proptest::prelude::*;

use crate::lints::{Checked, PLAIN, tried};

/// What hands leave behind in files.
const SCRAPS: &[&str] = &[
    "",
    "\0",
    "\u{feff}",
    "\t",
    "\r",
    "\n",
    "[",
    "]",
    "{",
    "}",
    "(",
    "|",
    "<",
    ">",
    "*",
    "\"",
    "'",
    ": ",
    "- ",
    "#",
    "{{",
    "}}",
    "{%",
    "%}",
    "{{ fact(",
    "regex: '(",
    "包",
    "é",
    "\u{202e}",
    "<shipping>",
    "{country}",
    "off",
    "-1",
    "2026-13-45",
    "&a",
    "*a",
];
/// Enough files that a few rules meet their replies, few enough for many tries.
const KEPT: [&str; 7] = [
    "rules/_words/",
    "rules/pre_sale/",
    "replies/_frame/",
    "replies/_facts/",
    "replies/_situations.yaml",
    "replies/free_shipping/",
    "replies/customs_tax/",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_reported_and_nothing_else(
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..60, 0..SCRAPS.len()), 1..6)
    ) {
        let mut files: Vec<(String, String)> =
            starter_files().into_iter().filter(|(path, _)| KEPT.iter().any(|kept| path.starts_with(kept))).collect();
        for (file, at, length, scrap) in damages {
            let text = &mut file.get_mut(&mut files).1;
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, SCRAPS[scrap]);
        }
        let mut sources = Sources::default();
        sources.map.add("config.yaml", PLAIN);
        for (path, text) in files {
            let id = sources.map.add(path.as_str(), text);
            if path.starts_with("rules/") { sources.rules.push(id) } else { sources.replies.push(id) }
        }
        let Checked { sources, found } = tried(sources);
        let text = human::render_within(&sources, &found, true, Some(80));
        prop_assert_eq!(text.is_empty(), found.is_empty());
        let lines = json::render(&sources, &found);
        prop_assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        prop_assert_eq!(lines.lines().count(), github::render(&sources, &found).lines().count());
    }
}
