//! What a page says when it cannot do what was asked: a page like the others, with the right status.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::{
    console::{
        visit::Visit,
        words::{Tongue, core::Words},
    },
    store::error::StoreError,
};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// There is no such thing, or not for this visitor: which of both is told to nobody.
    #[error("there is no such page")]
    NotFound,
    /// The visitor's role does not allow it.
    #[error("the visitor's role does not allow it")]
    Forbidden,
    /// A form that none of our pages sent, or one from before the visitor signed in.
    #[error("the form was sent by no page of this console")]
    ForeignForm,
    /// The form is larger than any of ours.
    #[error("the form is too large")]
    TooLarge,
    /// The request makes no sense; the words say what and what to do, in the reader's language.
    #[error("the request cannot be done: {0}")]
    Bad(String),
    /// Somebody changed the thing meanwhile; the words say who, and what to do.
    #[error("somebody was faster: {0}")]
    Conflict(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part of the console failed.
    #[error("{0}")]
    Failed(String),
}

/// A page, or why there is none.
pub(super) type Answer = Result<Response, Problem>;

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Bad(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the page in the reader's language.
    pub(super) fn page(&self, visit: &Visit) -> Response {
        let words = Words::of(visit.tongue);
        let (title, text) = match self {
            Self::NotFound => (words.not_found_title, words.not_found.to_owned()),
            Self::Forbidden => (words.forbidden_title, words.forbidden.to_owned()),
            Self::ForeignForm => (words.foreign_form_title, words.foreign_form.to_owned()),
            Self::TooLarge => (words.bad_request_title, words.too_large.to_owned()),
            Self::Bad(text) => (words.bad_request_title, text.clone()),
            Self::Conflict(text) => (words.conflict_title, text.clone()),
            Self::Store(_) | Self::Failed(_) => (words.failed_title, words.failed.to_owned()),
        };
        let page = ProblemPage { tongue: visit.tongue, words, title, text, signed_in: visit.visitor.is_some() };
        let html = page.render().unwrap_or_else(|_| format!("{title}\n"));
        (self.status(), Html(html)).into_response()
    }
}

/// What failed is logged here once; the guard turns the answer into a page in the reader's language.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Store(_) | Self::Failed(_) = self {
            tracing::error!("a page of the console failed: {self}");
        }
        let mut response = self.page(&Visit::default());
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    tongue: Tongue,
    words: &'static Words,
    title: &'static str,
    text: String,
    signed_in: bool,
}
