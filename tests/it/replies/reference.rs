//! The seller's page about replies lists exactly what the code offers.

use std::{fmt::Write as _, fs, path::Path};

use nightdesk::replies::{
    format::plural,
    variables::{FILTERS, FUNCTIONS, Helper, Place, TESTS, VARIABLES},
};

use crate::replies::{formats::PACK, language};

#[test]
fn the_page_lists_every_variable_filter_test_function_and_plural_form() {
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
    generated("variables", &tables);
    generated("plurals", &plural_forms());
}

/// The forms that whole numbers take in every language of the starter pack.
fn plural_forms() -> String {
    let mut table = String::from("| language | forms, with the first numbers that take each |\n| --- | --- |\n");
    for code in PACK {
        let needs = plural::needed(language(code)).into_iter().map(|need| {
            let numbers: Vec<String> = need.numbers.iter().map(u32::to_string).collect();
            let more = if numbers.len() > 1 { " …" } else { "" };
            format!("`{}` {}{more}", need.category, numbers.join(", "))
        });
        let _ = writeln!(table, "| {code} | {} |", needs.collect::<Vec<_>>().join(" · "));
    }
    table
}

/// Compares what stands between two marks of the page; `UPDATE=1` rewrites it.
fn generated(mark: &str, tables: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/replies.md");
    let page = fs::read_to_string(&path).expect("docs/replies.md");
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->\n"));
    let (before, rest) = page.split_once(&begin).expect("the page marks where the tables begin");
    let (written, after) = rest.split_once(&end).expect("the page marks where the tables end");
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
