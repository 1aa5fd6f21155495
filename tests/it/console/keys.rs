//! Keys: the help, the script, what has a key on a page and the document name the same ones, and each person may have them
//! off.

use std::{collections::BTreeSet, fs, path::Path};

use nightdesk::{console, model::agent::Role};

use super::house::House;

type Keys = BTreeSet<String>;

/// What browsers do by themselves: they follow the link that holds the focus.
const NATIVE: &str = "Enter";

/// What the script takes first, so that nothing on a page may have it.
const TAKEN: [&str; 3] = ["o", "?", "g"];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns what stands between each such beginning and the end after it.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    text.split(begin).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// Returns where the script leads after `g`: the second key and the path.
fn places(script: &str) -> Vec<(String, String)> {
    let listed = between(script, "const places = {", "}");
    let pairs = listed.first().expect("the script has places").split(',').filter_map(|pair| pair.split_once(':'));
    pairs.map(|(key, path)| (key.trim().to_owned(), path.trim().trim_matches('"').to_owned())).collect()
}

/// Returns the keys that the script knows by name.
fn of_script(script: &str) -> Keys {
    let named = between(script, "key === \"", "\"").into_iter().filter(|key| *key != "g");
    let named = named.map(|key| match key {
        "Enter" => "Ctrl+Enter".to_owned(),
        "Escape" => "Esc".to_owned(),
        key => key.to_owned(),
    });
    named.chain(places(script).into_iter().map(|(key, _)| format!("g {key}"))).collect()
}

/// Returns the keys that something on a page has.
fn of_pages() -> Keys {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/pages");
    let pages = fs::read_dir(folder).expect("the pages are there").map(|entry| entry.expect("it is readable").path());
    let texts = pages.map(|path| fs::read_to_string(path).expect("a page is text"));
    let keys: Vec<String> = texts
        .flat_map(|page| between(&page, "data-key=\"", "\"").into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    keys.into_iter().collect()
}

/// Returns the keys in the table of the document.
fn of_document() -> Keys {
    let page = read("docs/console.md");
    let (_, section) = page.split_once("## Keys\n").expect("the document tells of keys");
    let rows = section.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[tokio::test]
async fn help_script_pages_and_document_know_the_same_keys() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    let help = house.get("/help", Some(&house.seat("ann").await)).await;
    let cells = between(&help.body, "<kbd>", "</kbd>").into_iter();
    let told: Keys =
        cells.flat_map(|cell| cell.split(" / ")).flat_map(|cell| cell.split(", ")).map(str::to_owned).collect();
    let (script, pages) = (of_script(&read("src/console/desk.js")), of_pages());
    let work: Keys = script.union(&pages).cloned().chain([NATIVE.to_owned()]).collect();
    assert_eq!(told, work, "the help tells of what works, and of all of it");
    assert_eq!(of_document(), told, "docs/console.md tells of the same");
    let shadowed: Vec<_> = TAKEN.iter().filter(|key| pages.contains(**key)).collect();
    assert!(shadowed.is_empty(), "the script never gets to these: {shadowed:?}");
    let routes = console::routes();
    for (key, path) in places(&read("src/console/desk.js")) {
        assert!(
            routes.iter().any(|(method, route)| method == "GET" && *route == path),
            "g {key} leads nowhere: {path}"
        );
    }
}

#[tokio::test]
async fn each_person_may_have_single_keys_off_and_the_help_says_so() {
    let house = House::open().await;
    house.person("ann", Role::Agent, None).await;
    house.person("bob", Role::Agent, None).await;
    let [ann, bob] = [house.seat("ann").await, house.seat("bob").await];
    let off = async |seat| house.get("/help", Some(seat)).await.body.contains("<body data-keys=\"off\">");
    let told = async |seat, words: &str| house.get("/help", Some(seat)).await.body.contains(words);
    assert!(!off(&ann).await && told(&ann, "pressed alone are on for you").await);
    assert!(told(&ann, "aria-keyshortcuts=\"?\"").await && told(&ann, "href=\"/profile#single-keys\"").await);
    let save = async |fields: &[(&str, &str)]| house.post("/profile", Some(&ann), fields).await.status;
    assert_eq!(save(&[("display", "Ann"), ("language", "en"), ("keys", "off")]).await, 303);
    assert!(off(&ann).await && told(&ann, "only Ctrl+Enter and Esc work").await);
    assert!(!told(&ann, "aria-keyshortcuts").await, "nobody is promised a key that does nothing");
    let profile = house.get("/profile", Some(&ann)).await.body;
    assert!(profile.contains("<option value=\"off\" selected>"), "{profile}");
    assert!(!off(&bob).await, "they are on for others");
    assert_eq!(save(&[("display", "Ann"), ("language", "zh")]).await, 303);
    assert!(off(&ann).await && told(&ann, "您的单键快捷键已关闭").await, "a form without them leaves them as they are");
    assert_eq!(save(&[("display", "Ann"), ("language", "en"), ("keys", "on")]).await, 303);
    assert!(!off(&ann).await && told(&ann, "pressed alone are on for you").await);
}
