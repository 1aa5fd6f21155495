//! An OAuth2 token endpoint on loopback that hands out prepared access tokens and a new refresh token with each.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};

/// A running endpoint.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    port: u16,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    tokens: Vec<String>,
    seen: Vec<String>,
    /// The one refresh token it takes; none: any.
    only: Option<String>,
}

impl TokenEndpoint {
    /// Starts an endpoint that gives these access tokens in turn, and `invalid_grant` when there is none left.
    pub(crate) async fn start(tokens: Vec<String>) -> Self {
        Self::open(tokens, None).await
    }

    /// The same, but only for whoever has this refresh token.
    pub(crate) async fn strict(only: &str, tokens: Vec<String>) -> Self {
        Self::open(tokens, Some(only.to_owned())).await
    }

    async fn open(tokens: Vec<String>, only: Option<String>) -> Self {
        let book = Arc::new(Mutex::new(Book { tokens, seen: Vec::new(), only }));
        let app = Router::new().route("/token", post(answer)).with_state(Arc::clone(&book));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { port, book }
    }

    /// Returns its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.port)
    }

    /// Returns the refresh tokens it was asked with, in order.
    pub(crate) fn refresh_tokens(&self) -> Vec<String> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }
}

async fn answer(State(book): State<Arc<Mutex<Book>>>, form: String) -> (StatusCode, Json<Value>) {
    let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
    let refresh = form.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).unwrap_or_default();
    book.seen.push(refresh.to_owned());
    let welcome = book.only.as_deref().is_none_or(|only| only == refresh);
    if book.tokens.is_empty() || !welcome {
        let body = json!({"error": "invalid_grant", "error_description": "consent withdrawn"});
        return (StatusCode::BAD_REQUEST, Json(body));
    }
    let token = book.tokens.remove(0);
    let next = format!("refresh-{}", book.seen.len());
    (StatusCode::OK, Json(json!({"access_token": token, "expires_in": 3600, "refresh_token": next})))
}
