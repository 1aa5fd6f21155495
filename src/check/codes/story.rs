//! Findings in story files.

use crate::check::codes::{Home::Story, Row, error};

pub(super) const ROWS: &[Row] = &[
    error(
        Story,
        "bad-story",
        "a step or an expectation that cannot be played",
        "What cannot be played proves nothing, and would pass for a test that holds.",
        "steps:\n  - buyer: is shipping free?\n    wait: 3h",
        "steps:\n  - buyer: is shipping free?\n  - wait: 3h",
    ),
    error(
        Story,
        "unknown-in-story",
        "a rule, reply, guard or expectation that there is not",
        "An expectation with a misspelled name could never be met, or never fail.",
        "expect: {answer: free_shiping}",
        "expect: {answer: free_shipping}",
    ),
];
