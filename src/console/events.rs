//! News for open pages: a stream that says when to look again (server-sent events). It never says what happened, so that
//! it tells nobody of what is not theirs.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse as _,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;

use crate::{
    console::{
        Shop,
        problem::Answer,
        router::{Entry, Need, Object},
        visit::Visit,
    },
    model::agent::Role,
};

/// The routes of the news.
pub(super) fn routes() -> Vec<Entry> {
    const AGENT: Need = Need::Role(Role::Agent);
    vec![Entry::get("/events", AGENT, Object::None, listen)]
}

/// A word now and then keeps proxies from closing a silent stream.
const ALIVE: Duration = Duration::from_secs(20);

/// After this long the browser asks anew, and the guard looks whether the visitor is still signed in.
const LONGEST: Duration = Duration::from_mins(15);

/// When a page asks again whose stream made room for one of a newer page.
const LATER: Duration = Duration::from_mins(5);

/// The stream of one page.
pub(super) async fn listen(State(shop): State<Shop>, visit: Visit) -> Answer {
    let held = shop.door.streams.hold(&visit.visitor()?.name);
    let ends = tokio::time::Instant::now() + LONGEST;
    let news = stream::unfold(Some((shop.handle.changes.listen(), held)), move |listening| async move {
        let (mut news, held) = listening?;
        let changed = tokio::select! {
            changed = tokio::time::timeout_at(ends, news.changed()) => changed,
            () = held.over.cancelled() => return Some((Ok(Event::default().retry(LATER)), None)),
        };
        match changed {
            Ok(Ok(())) => {
                // The mark counts what happened to all accounts and stays here; without any data browsers hear nothing.
                let told = Ok::<Event, Infallible>(Event::default().event("change").data("again"));
                Some((told, Some((news, held))))
            }
            Ok(Err(_)) | Err(_) => None,
        }
    });
    Ok(Sse::new(news).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}
