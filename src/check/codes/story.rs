//! Findings in stories.

use crate::check::codes::{Home::Story, Row, error};

pub(super) const ROWS: &[Row] = &[
    error(
        Story,
        "bad-story",
        "a step or an expectation of a story that says nothing that could be played",
        "A story that is not played proves nothing.",
        "at: tomorrow",
        "at: 2026-11-20T02:10+08:00",
    ),
    error(
        Story,
        "unknown-in-story",
        "a rule, a reply, a guard or an expectation in a story that there is not",
        "The story could never hold, or would hold for the wrong reason.",
        "expect: {answer: free_shiping}",
        "expect: {answer: free_shipping}",
    ),
];
