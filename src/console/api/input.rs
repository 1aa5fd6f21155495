//! What a call says, read strictly: an unknown name is an error, and every error says which.

use axum::{
    body,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{
    console::{
        api::problem::{ApiProblem, Code},
        problem::Problem,
    },
    model::language::Language,
};

/// The largest body: a reply of many pages is smaller.
const MAX_BODY: usize = 1 << 20;

/// The values of an address's query.
#[derive(Debug)]
pub(super) struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiProblem> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(asked)| Self(asked)).map_err(|bad| ApiProblem::invalid(format!("{}.", bad.body_text())))
    }
}

/// A body of JSON.
#[derive(Debug)]
pub(super) struct Sent<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiProblem> {
        if !is_json(request.headers()) {
            let detail = "Send the body as JSON, with `Content-Type: application/json`.";
            return Err(ApiProblem::new(Code::UnsupportedMediaType, detail));
        }
        let bytes =
            body::to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| ApiProblem::of(&Problem::TooLarge))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            if error.is_data() {
                ApiProblem::invalid(format!("The body is not what this call takes: {error}."))
            } else {
                ApiProblem::new(Code::Unreadable, format!("The body is no JSON: {error}."))
            }
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// Reads the code of a language.
pub(super) fn language(code: &str) -> Result<Language, ApiProblem> {
    let bad = |_| ApiProblem::invalid(format!("`language` is `{code}`; write a code of two letters such as `de`."));
    code.parse().map_err(bad)
}

/// Returns how many entries a page shall have.
pub(super) fn page_size(asked: Option<u32>, usual: u32, most: u32) -> Result<u32, ApiProblem> {
    match asked {
        None => Ok(usual),
        Some(asked) if (1..=most).contains(&asked) => Ok(asked),
        Some(asked) => Err(ApiProblem::invalid(format!("`limit` is {asked}; 1 to {most} is possible."))),
    }
}

/// Returns the place from which a list goes on, as the page before gave it.
pub(super) fn place<T: std::str::FromStr>(from: Option<&str>) -> Result<Option<T>, ApiProblem> {
    let read = from.map(str::parse).transpose();
    read.map_err(|_| ApiProblem::invalid("`from` is no place in this list; take `next` of the page before, unchanged."))
}
