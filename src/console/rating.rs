//! The page on which a buyer says how content they are. A link leads here; nobody signs in, and nothing of the case is
//! shown.
//!
//! Programs that look through mail follow links, so that only a form changes anything.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Redirect, Response},
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    console::{
        Shop,
        guard::{Caller, windows},
        path::Path,
        problem::{Answer, Problem},
        router::{Entry, Need, Object},
        words::{fill, rating::Words},
    },
    model::satisfaction::{BEST, LONGEST_REMARK, PATH, TOKEN_CHARACTERS, token_hash},
    store::satisfaction::{Question, Rating},
};

/// The routes of this page.
pub(super) fn routes() -> Vec<Entry> {
    vec![
        Entry::get("/s/{token}", Need::Nobody, Object::None, show),
        Entry::post("/s/{token}", Need::Nobody, Object::None, keep),
    ]
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    score: String,
    remark: String,
}

#[derive(Template)]
#[template(path = "rating.html")]
struct RatingPage {
    words: &'static Words,
    question: String,
    buttons: Vec<Button>,
    /// The answer that was kept: its score, and how that is said.
    kept: Option<(u32, String)>,
    remark: String,
    longest: usize,
}

#[derive(Template)]
#[template(path = "rating_gone.html")]
struct GonePage {
    words: &'static Words,
    text: &'static str,
}

/// One score to press.
struct Button {
    score: u32,
    means: &'static str,
    here: bool,
}

/// The page; it changes nothing, whoever looks at it.
pub(super) async fn show(
    State(shop): State<Shop>,
    caller: Caller,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Answer {
    let question = match find(&shop, &caller, &headers, &token).await? {
        Ok(question) => question,
        Err(none) => return Ok(none),
    };
    let words = Words::of(question.language);
    let page = RatingPage {
        words,
        question: fill(words.question, &[&shop.name]),
        buttons: (1..=BEST)
            .map(|score| Button {
                score,
                means: match score {
                    1 => words.means[0],
                    3 => words.means[1],
                    BEST => words.means[2],
                    _ => "",
                },
                here: question.score == Some(score),
            })
            .collect(),
        kept: question.score.map(|score| (score, fill(words.yours, &[&score.to_string()]))),
        remark: question.remark,
        longest: LONGEST_REMARK,
    };
    filled(StatusCode::OK, &page)
}

/// Keeps an answer and shows it.
pub(super) async fn keep(
    State(shop): State<Shop>,
    caller: Caller,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(sent): Form<Sent>,
) -> Answer {
    let now = Timestamp::now();
    if let Err(none) = find(&shop, &caller, &headers, &token).await? {
        return Ok(none);
    }
    let back = Redirect::to(&format!("{PATH}{token}")).into_response();
    let Some(score) = score(&sent.score) else { return Ok(back) };
    let engine = shop.live.engine();
    let settings = engine.settings();
    let rating = Rating {
        score,
        remark: &sent.remark.replace("\r\n", "\n"),
        respond_by: settings.desk.after_desk_minutes(now, settings.reply_within_minutes),
    };
    // What was changed too often stays as it is; the page shows what is kept.
    if shop.store.answer_satisfaction(&token_hash(&token), &rating, now).await? {
        shop.handle.changes.happened();
    }
    Ok(back)
}

/// Finds the question of a link, or the page that says that there is none; which tokens there are is told to nobody.
async fn find(
    shop: &Shop,
    caller: &Caller,
    headers: &HeaderMap,
    token: &str,
) -> Result<Result<Question, Response>, Problem> {
    let now = Timestamp::now();
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let words = Words::preferred(asked);
    if shop.door.strangers.is_too_often(caller.address, now) {
        let mut answer = none(StatusCode::TOO_MANY_REQUESTS, words, words.busy)?;
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(windows::WINDOW.as_secs()));
        return Ok(Err(answer));
    }
    let whole = token.len() == TOKEN_CHARACTERS;
    let found = if whole { shop.store.satisfaction_question(&token_hash(token), now).await? } else { None };
    match found {
        Some(question) => Ok(Ok(question)),
        None => Ok(Err(none(StatusCode::NOT_FOUND, words, words.gone)?)),
    }
}

fn score(written: &str) -> Option<u32> {
    written.parse().ok().filter(|score| (1..=BEST).contains(score))
}

fn none(status: StatusCode, words: &'static Words, text: &'static str) -> Answer {
    filled(status, &GonePage { words, text })
}

fn filled(status: StatusCode, page: &impl Template) -> Answer {
    let html = page.render().map_err(|error| Problem::Failed(format!("a page could not be filled: {error}")))?;
    Ok((status, Html(html)).into_response())
}
