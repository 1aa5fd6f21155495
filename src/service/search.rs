//! Search as people use it: words in, excerpts with their hits marked out. One entry for console, terminal and API.

use serde::Serialize;

use crate::{
    desk::search::{self, Piece},
    model::search::SearchQuery,
    store::{
        Store,
        error::StoreError,
        search::{SearchHit, SearchScope},
    },
};

/// One result: a conversation, by the newest of its texts that fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The text that was found.
    pub hit: SearchHit,
    /// Its subject with what was searched for marked.
    pub subject: Vec<Piece>,
    /// The part of the text that shows why it was found.
    pub excerpt: Vec<Piece>,
    /// How many older texts of the same conversation fit as well, on this page.
    pub more: u32,
}

/// A page of results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Results {
    /// How the words were understood.
    pub query: SearchQuery,
    /// The newest first.
    pub found: Vec<Found>,
    /// Where to go on, for [`SearchScope::before`]; none if there is nothing more. A page may be empty and still go on,
    /// when the newest texts with the words were filtered out.
    pub next: Option<i64>,
}

/// Searches for what a person typed. Any text can be typed; none is an error. Without anything to search for there are no
/// results.
pub async fn find(store: &Store, typed: &str, scope: SearchScope<'_>) -> Result<Results, StoreError> {
    let query = search::parse(typed);
    if query.is_empty() {
        return Ok(Results::default());
    }
    let page = store.search(&query, scope).await?;
    let mut found: Vec<Found> = Vec::new();
    for hit in page.hits {
        let same = found.iter_mut().find(|found| hit.thread.is_some() && found.hit.thread == hit.thread);
        match same {
            Some(same) => same.more += 1,
            None => found.push(Found {
                subject: search::marked(&hit.subject, &query),
                excerpt: search::excerpt(&hit.text, &query),
                hit,
                more: 0,
            }),
        }
    }
    Ok(Results { query, found, next: page.next })
}
