//! Files made to cost time or memory are refused by budgets, with one finding that says which. What refusing costs is
//! measured by `benches/reading.rs`.

use nightdesk::diagnostic::{
    Code,
    source::SourceMap,
    yaml::{DUPLICATE_KEY, MAX_BYTES, MAX_DEPTH, MAX_NODES, YAML_SYNTAX, YAML_TOO_LARGE, parse_all},
};

/// Repeats a line up to the size of the largest file that is read.
fn full(line: &str) -> String {
    line.repeat((MAX_BYTES - 16) / line.len())
}

/// Aliases of lists of aliases of lists …: nine to the power of 25 values if anyone unfolded them.
fn bomb() -> String {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (inner, outer) in ('a'..='y').zip('b'..='z') {
        let list = vec![format!("*{inner}"); 9].join(", ");
        bomb += &[&outer.to_string(), ": &", &outer.to_string(), " [", &list, "]\n"].concat();
    }
    bomb
}

fn findings(text: &str) -> (bool, Vec<(Code, String)>) {
    let mut sources = SourceMap::default();
    let file = sources.add("rules/other/hostile.yaml", text);
    let (tree, findings) = parse_all(file, text);
    (tree.is_some(), findings.into_iter().map(|finding| (finding.code, finding.message)).collect())
}

#[test]
fn hostile_files_are_refused_with_one_finding() {
    let indented: Vec<String> = (0..2 * MAX_DEPTH).map(|depth| format!("{}-\n", " ".repeat(depth))).collect();
    let keys: Vec<String> = (0..MAX_NODES).map(|number| format!("k{number}:\n")).collect();
    for (what, text, code, says) in [
        ("a bomb of aliases", bomb(), YAML_SYNTAX, "aliases"),
        ("aliases", format!("a: &a x\nb: [{}]\n", full("*a, ")), YAML_SYNTAX, "aliases"),
        ("anchors", full("- &a x\n"), YAML_SYNTAX, "anchors"),
        ("one anchor on many values", full("- &anchor {k: v}\n"), YAML_SYNTAX, "anchors"),
        ("brackets in brackets", full("["), YAML_TOO_LARGE, "deeper"),
        ("mappings in mappings", full("{a: "), YAML_TOO_LARGE, "deeper"),
        ("lists in lists", indented.concat(), YAML_TOO_LARGE, "deeper"),
        ("keys of keys", full("? "), YAML_TOO_LARGE, "deeper"),
        ("a file beyond the limit", "x".repeat(MAX_BYTES + 1), YAML_TOO_LARGE, "bytes"),
        ("many keys", keys.concat(), YAML_TOO_LARGE, "values"),
        ("one key again and again", full("k: v\n"), YAML_TOO_LARGE, "values"),
        ("many values", full("- x\n"), YAML_TOO_LARGE, "values"),
        ("many documents", full("---\n"), YAML_SYNTAX, "document"),
        ("many directives", full("%TAG ! tag:x\n"), YAML_SYNTAX, "not YAML"),
        ("a line without an end", full("a: b: "), YAML_SYNTAX, "not YAML"),
        ("a quote without an end", format!("a: \"{}", full("x ")), YAML_SYNTAX, "not YAML"),
    ] {
        let (read, findings) = findings(&text);
        assert!(!read, "{what}: there is no tree");
        let [(found, message)] = findings.as_slice() else { panic!("{what}: {} findings", findings.len()) };
        assert!(*found == code && message.contains(says), "{what}: {found:?} {message}");
    }
}

#[test]
fn large_honest_files_are_read() {
    for (what, text) in [
        ("one long text", format!("a: {}\n", full("x"))),
        ("one long quoted text", format!("a: \"{}\"\n", full("\\u0041"))),
        ("one long block", format!("a: |\n{}", full("  free shipping\n"))),
        ("a long list", full("- is shipping to Canada free\n")),
        ("many comments", format!("a: b\n{}", full("# free shipping\n"))),
    ] {
        let (read, findings) = findings(&text);
        assert!(read && findings.is_empty(), "{what}: {findings:?}");
    }
}

#[test]
fn a_key_that_stands_often_is_reported_as_often() {
    let (read, findings) = findings("k: 1\nk: 2\nk: 3\n");
    assert!(read, "the first one counts");
    assert_eq!(findings.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [DUPLICATE_KEY; 2]);
}
