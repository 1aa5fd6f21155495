//! The page about marketplaces: its tables are the profiles', its tutorial runs.

use nightdesk::library::profile::{shipped, table};

use crate::docs::{generated, read};

const PAGE: &str = "docs/marketplaces.md";

#[test]
fn the_tables_of_marketplaces_are_made_from_the_profiles() {
    let page = read(PAGE);
    let (before, rest) = page.split_once("<!-- profiles -->\n").expect("the block begins");
    let (_, after) = rest.split_once("<!-- /profiles -->").expect("the block ends");
    let table = table::table(&shipped());
    generated(PAGE, &format!("{before}<!-- profiles -->\n{table}<!-- /profiles -->{after}"));
}

#[test]
fn the_page_names_every_key_of_a_profile() {
    let page = read(PAGE);
    let schema = nightdesk::library::profile::schema::schema();
    let keys = schema["properties"].as_object().expect("a mapping").keys();
    let missing: Vec<&String> = keys.filter(|key| *key != "about" && !page.contains(&format!("| `{key}` |"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
