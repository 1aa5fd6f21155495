//! Help: the keys, what the states of a ticket mean, and what comes first.

use askama::Template;
use axum::extract::State;

use crate::{
    console::{
        Shop,
        problem::Answer,
        router::{Entry, Need, Object},
        shell::{Shell, page},
        visit::Visit,
        words::{desk, help::Words, lists},
    },
    model::agent::Role,
};

/// The routes of the help.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![Entry::get("/help", AGENT, Object::None, show)]
}

/// The page.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit) -> Answer {
    let words = Words::of(visit.tongue);
    page(&HelpPage {
        keys: keys(words),
        single_keys: visit.visitor()?.single_keys,
        words,
        desk: desk::Words::of(visit.tongue),
        lists: lists::Words::of(visit.tongue),
        shell: Shell::of(&shop, &visit, None).await?,
    })
}

/// Which keys there are: `desk.js`, what has `data-key`, and docs/console.md know the same.
fn keys(words: &Words) -> [(&'static str, &'static str); 13] {
    [
        ("j / k", words.k_move),
        ("Enter / o", words.k_open),
        ("c", words.k_claim),
        ("r", words.k_reply),
        ("n", words.k_note),
        ("s", words.k_snooze),
        ("e", words.k_close),
        ("u", words.k_undo),
        ("/", words.k_search),
        ("g q, g s, g b, g r, g h", words.k_go),
        ("Ctrl+Enter", words.k_send),
        ("Esc", words.k_leave),
        ("?", words.k_help),
    ]
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    shell: Shell,
    words: &'static Words,
    desk: &'static desk::Words,
    lists: &'static lists::Words,
    keys: [(&'static str, &'static str); 13],
    single_keys: bool,
}
