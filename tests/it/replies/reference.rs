//! The seller's page about replies lists exactly what the code offers.

use std::{fmt::Write as _, fs, path::Path};

use nightdesk::replies::variables::{FILTERS, FUNCTIONS, Helper, Place, TESTS, VARIABLES};

#[test]
fn the_page_lists_every_variable_filter_test_and_function() {
    let mut tables = String::from("| variable | stands for | has a value | example |\n| --- | --- | --- | --- |\n");
    for variable in VARIABLES {
        let presence = match variable.place {
            Place::Everywhere => variable.presence.as_str(),
            Place::Frame => "frames only",
        };
        let _ = writeln!(tables, "| `{}` | {} | {presence} | {} |", variable.name, variable.meaning, variable.example);
    }
    for (title, helpers) in [("filter", FILTERS), ("test", TESTS), ("function", FUNCTIONS)] {
        tables.push_str(&rows(title, helpers));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/replies.md");
    let page = fs::read_to_string(&path).expect("docs/replies.md");
    let (begin, end) = ("<!-- variables -->\n", "<!-- /variables -->\n");
    let (before, rest) = page.split_once(begin).expect("the page marks where the tables begin");
    let (written, after) = rest.split_once(end).expect("the page marks where the tables end");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, format!("{before}{begin}{tables}{end}{after}")).expect("page written");
        return;
    }
    assert_eq!(written, tables, "run the test with UPDATE=1 and review docs/replies.md");
}

fn rows(title: &str, helpers: &[Helper]) -> String {
    let mut rows = format!("\n| {title} | does |\n| --- | --- |\n");
    for helper in helpers {
        let meaning = helper.meaning.replace('|', "\\|");
        let _ = writeln!(rows, "| `{}` | {meaning} |", helper.name);
    }
    rows
}
