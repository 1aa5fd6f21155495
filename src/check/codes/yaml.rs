//! Findings in any YAML file.

use crate::check::codes::{Home::Yaml, Row, error};

pub(super) const ROWS: &[Row] = &[
    error(
        Yaml,
        "yaml-syntax",
        "a file that is not YAML, or that uses tabs, anchors, aliases or merge keys",
        "What follows the place cannot be read, so nothing of the file is used. Anchors and aliases are left out on purpose: \
         what one line says should be readable in that line.",
        "say:\n\ten: [free shipping]",
        "say:\n  en: [free shipping]",
    ),
    error(
        Yaml,
        "duplicate-key",
        "a key that stands twice in one mapping",
        "YAML readers disagree about which of the two counts; here neither is taken in silence.",
        "say:\n  en: [free shipping]\n  en: [no shipping cost]",
        "say:\n  en: [free shipping, no shipping cost]",
    ),
    error(
        Yaml,
        "yaml-too-large",
        "a file of more than a megabyte, or nested deeper than 32 levels",
        "No honest file is so large. Such a file is refused before it is read, so that it cannot stop the service.",
        "a: {a: {a: {a: {a: … }}}}",
        "a: value",
    ),
    error(
        Yaml,
        "unknown-key",
        "a key that this place does not have",
        "A mistyped key would do nothing, and nobody would notice before a buyer does.",
        "moed: auto",
        "mode: auto",
    ),
    error(
        Yaml,
        "unknown-value",
        "a word where only certain words are allowed",
        "The program would have to guess what is meant.",
        "mode: automatic",
        "mode: auto",
    ),
    error(
        Yaml,
        "wrong-type",
        "a list where a text is expected, and the like",
        "A pattern that begins with `[`, `{` or `*` is something else to YAML: put it into single quotes.",
        "say:\n  en:\n    - {free} shipping: yes",
        "say:\n  en:\n    - (free|no cost) shipping",
    ),
    error(
        Yaml,
        "missing-key",
        "a key without which the file says nothing",
        "The finding names the key and what to write.",
        "- id: chinese-new-year\n  from: 2027-02-04",
        "- id: chinese-new-year\n  from: 2027-02-04\n  to: 2027-02-20",
    ),
];
