//! Files made to cost time or memory are refused by budgets, with one finding that says which, within little
//! memory. How long refusing takes is measured by `benches/reading.rs`.

use std::{fs, process::Command};

use nightdesk::diagnostic::{
    Code,
    source::SourceMap,
    yaml::{DUPLICATE_KEY, MAX_BYTES, MAX_DEPTH, MAX_NODES, YAML_SYNTAX, YAML_TOO_LARGE, parse_all},
};

/// Names the file that this process is to read, and nothing else.
const READ_ALONE: &str = "NIGHTDESK_TESTS_HOSTILE_FILE";

/// What refusing a hostile file may take beyond what a process had before, in KiB.
const MOST_KIB: u64 = 50 * 1024;

/// A hostile file: what it is made of, its text, and what is said of it.
type Hostile = (&'static str, String, Code, &'static str);

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

fn hostile() -> Vec<Hostile> {
    let indented: Vec<String> = (0..2 * MAX_DEPTH).map(|depth| format!("{}-\n", " ".repeat(depth))).collect();
    let keys: Vec<String> = (0..MAX_NODES).map(|number| format!("k{number}:\n")).collect();
    vec![
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
    ]
}

#[test]
fn hostile_files_are_refused_with_one_finding() {
    for (what, text, code, says) in hostile() {
        let (read, findings) = findings(&text);
        assert!(!read, "{what}: there is no tree");
        let [(found, message)] = findings.as_slice() else { panic!("{what}: {} findings", findings.len()) };
        assert!(*found == code && message.contains(says), "{what}: {found:?} {message}");
    }
}

/// Each in a process of its own: memory that was freed before would hide what is taken now.
#[expect(clippy::print_stdout, reason = "the figures are the result")]
#[test]
fn refusing_a_hostile_file_takes_less_than_fifty_megabytes() {
    if let Some(file) = std::env::var_os(READ_ALONE) {
        let text = fs::read_to_string(file).expect("the file is there");
        let before = peak_forgotten();
        drop(findings(&text));
        println!("\ntook {} KiB", peak() - before);
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hostile.yaml");
    for (what, text, ..) in hostile() {
        fs::write(&file, &text).expect("own folder");
        let name = "hostile::refusing_a_hostile_file_takes_less_than_fifty_megabytes";
        let mut alone = Command::new(std::env::current_exe().expect("a running program"));
        let said = alone.args(["--exact", name, "--nocapture"]).env(READ_ALONE, &file).output().expect("it starts");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let taken = said.split("took ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
        let taken = taken.unwrap_or_else(|| panic!("{what}: {said}"));
        println!("{what}: {} bytes, {taken} KiB", text.len());
        assert!(taken < MOST_KIB, "{what}: {taken} KiB");
    }
}

/// Forgets the peak of this process's memory and returns what it has now, in KiB.
fn peak_forgotten() -> u64 {
    fs::write("/proc/self/clear_refs", "5").expect("Linux lets a process forget its peak");
    peak()
}

fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux says so");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak is in it");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number of KiB")
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
