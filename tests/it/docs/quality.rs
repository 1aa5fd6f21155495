//! The page of measured quality names when it was measured, and on which rules.

use crate::docs::read;

#[test]
fn the_measured_block_names_day_rules_and_threshold() {
    let page = read("docs/quality.md");
    let block = page.split("```measured\n").nth(1).and_then(|rest| rest.split("```").next());
    let block = block.expect("docs/quality.md has a block ```measured");
    let value = |key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("docs/quality.md names no {key}"))
    };
    assert!(value("date").parse::<jiff::civil::Date>().is_ok(), "{}", value("date"));
    let hash = value("rule-set");
    assert!(hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    let threshold: f64 = value("answer_at").parse().expect("a share");
    assert!((0.5..=1.0).contains(&threshold), "{threshold}");
}
