//! The page about the API: its commands do what it shows, and it names whatever the API knows.

use std::{collections::BTreeSet, process::Command};

use jiff::Timestamp;
use nightdesk::{console, model::agent::Role, store::queue::View};
use serde_json::Value;

use super::{
    desk::mail,
    house::House,
    program::{description, token},
};
use crate::{
    docs::{
        read,
        transcript::{Step, differs, steps},
    },
    store::bench::{Bench, Plan},
    support::needs,
};

const PAGE: &str = "docs/api.md";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_the_api_does_what_it_shows() {
    if !needs::has("curl") {
        return;
    }
    let house = House::open().await;
    token(&house, "erp", Role::Editor, None).await;
    let (bench, now) = (Bench::over(&house.store), Timestamp::now());
    for address in ["ana@buyer.example", "bo@buyer.example"] {
        let letter = bench.received(&mail("Ana", address, "Where is it?", "It was to be here."), now).await;
        bench.decide(&letter, Plan::escalate().sending(&[]), now).await;
    }
    let steps = steps(PAGE, &read(PAGE));
    assert!(steps.len() >= 6, "only {} steps", steps.len());
    let mut wrong = Vec::new();
    for step in steps {
        let Step::Run { place, script, expected: Some(expected) } = step else { panic!("{step:?} shows no answer") };
        let mut bash = Command::new("bash");
        bash.args(["-euc", &script]).env("DESK", house.origin()).env("TOKEN", "nightdesk_erp").env("no_proxy", "*");
        let run = tokio::task::spawn_blocking(move || bash.output().expect("bash starts")).await.expect("it ends");
        let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        wrong.extend(differs(&expected, &said).map(|what| format!("{place}: {what}\n{said}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_page_names_every_path_every_act_and_every_problem() {
    let (page, description) = (read(PAGE), description());
    let schemas = &description["components"]["schemas"];
    let mut named: BTreeSet<String> = BTreeSet::new();
    for schema in ["Act", "BuyerActRequest"] {
        let acts = schemas[schema]["oneOf"].as_array().expect("a list of acts");
        named.extend(acts.iter().flat_map(|act| words(&act["properties"]["type"])));
    }
    for schema in ["Code", "PauseScope", "Switch"] {
        named.extend(words(&schemas[schema]));
        let listed = schemas[schema]["oneOf"].as_array();
        named.extend(listed.into_iter().flatten().flat_map(words));
    }
    named.extend(View::ALL.iter().map(|view| view.as_str().to_owned()));
    assert!(named.len() >= 50, "only {named:?}");
    let paths = console::routes().into_iter().map(|(_, path)| path);
    named.extend(
        paths
            .filter(|path| path.starts_with("/api/"))
            .map(|path| path.replace("/raw", "").replace("/files/{place}", "")),
    );
    let is_named = |word: &&String| {
        let (before, after) = if word.starts_with('/') { ("", ["`", "?"]) } else { ("`", ["`", "`"]) };
        after.iter().any(|after| page.contains(&format!("{before}{word}{after}")))
    };
    let missing: Vec<&String> = named.iter().filter(|word| !is_named(word)).collect();
    assert!(missing.is_empty(), "{PAGE} does not name {missing:?}");
}

/// Returns the words that a schema allows.
fn words(schema: &Value) -> Vec<String> {
    let list = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
    list.filter_map(|word| word.as_str().map(str::to_owned)).collect()
}
