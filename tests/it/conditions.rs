//! Every kind of condition: a table under `tests/data/conditions/<kind>/` with what matches, what does not, what is bad.

use std::{collections::BTreeSet, fs, path::Path};

use nightdesk::{
    diagnostic::{
        source::SourceMap,
        yaml::{self, Node},
    },
    model::{ids::AccountName, inbound::ChannelKind},
    rules::condition::{self, KINDS, Moment},
};

/// The least a table must hold to be a test: matching rows, rows without match, bad rows.
const LEAST: [(&str, usize); 3] = [("match", 3), ("no", 3), ("bad", 1)];

#[test]
fn every_kind_behaves_as_its_table_says() {
    let mut wrong = Vec::new();
    for kind in KINDS {
        for row in rows(kind.name) {
            let found = outcome(kind.name, &row);
            if found != row[0] {
                wrong.push(format!("{}: {} gives {found}", kind.name, row.join(" | ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_kind_has_a_table_with_enough_rows() {
    for kind in KINDS {
        let rows = rows(kind.name);
        for (expected, least) in LEAST {
            let count = rows.iter().filter(|row| row[0] == expected).count();
            assert!(count >= least, "{} has {count} rows `{expected}`, needs {least}", kind.name);
        }
    }
}

#[test]
fn every_table_belongs_to_a_kind() {
    let known: BTreeSet<String> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    let folders = fs::read_dir(root()).expect("the fixtures are there");
    let found = folders.map(|entry| entry.expect("the fixtures are there").file_name().to_string_lossy().into_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), known);
}

#[test]
fn every_example_of_the_reference_can_be_read() {
    for kind in KINDS {
        let (_, _, read) = read(kind.name, kind.example);
        assert!(read.is_ok(), "{}: {read:?}", kind.name);
    }
}

/// Returns `match`, `no`, or `bad` if the value is refused with the advice of the row.
fn outcome(kind: &str, row: &[String]) -> String {
    let (_, _, read) = read(kind, &row[1]);
    match read {
        Ok(conditions) if row.len() == 6 => match condition::unmet(&conditions, &moment(&row[2..])) {
            None => "match".to_owned(),
            Some(why) => {
                assert!(why.starts_with("wants ") && why.contains(", found "), "{why}");
                "no".to_owned()
            }
        },
        Ok(_) => "accepted".to_owned(),
        Err(found) => {
            let advice = found[0].help.clone().unwrap_or_else(|| "-".to_owned());
            if advice == row[2] || row[2] == "-" { "bad".to_owned() } else { format!("bad with `{advice}`") }
        }
    }
}

type Read = Result<Vec<Box<dyn condition::Condition>>, Vec<nightdesk::diagnostic::Diagnostic>>;

fn read(kind: &str, value: &str) -> (SourceMap, Node, Read) {
    let text = format!("{kind}: {value}\n");
    let mut sources = SourceMap::default();
    let file = sources.add("when.yaml", text.as_str());
    let node = yaml::parse(file, &text).expect("the values of the tables are YAML");
    let read = condition::read(file, &node);
    (sources, node, read)
}

fn moment(cells: &[String]) -> Moment {
    Moment {
        channel: if cells[0] == "email" { ChannelKind::Email } else { ChannelKind::Telegram },
        account: AccountName::new("shop"),
        language: cells[1].parse().ok(),
        desk_open: cells[2] == "open",
        date: cells[3].parse().expect("the dates of the tables are dates"),
    }
}

fn rows(kind: &str) -> Vec<Vec<String>> {
    let path = root().join(kind).join("cases.tsv");
    let table = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conditions")
}
