//! The guard: who asks, and may they? One function decides for every route; what it does not allow is refused.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::console::{
    Shop,
    problem::Problem,
    router::{Need, Object},
    visit::{Visit, Visitor},
    words::Tongue,
};

/// What the guard of one route knows.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub shop: Shop,
    pub need: Need,
    pub object: Object,
}

/// What a browser may do with our pages: nothing from elsewhere, nothing written into a page itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                                       connect-src 'self'; form-action 'self'; frame-src 'self'; \
                                       frame-ancestors 'none'; base-uri 'none'";

/// Lets a request through to its page, with the visitor laid down for it, or refuses it.
pub(super) async fn admit(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let tongue = tongue_of(request.headers());
    let visit = Visit { visitor: visitor(&gate.shop, request.headers()), tongue };
    if let Err(problem) = may(visit.visitor.as_ref(), gate.need, gate.object) {
        return problem.page(&visit);
    }
    request.extensions_mut().insert(visit.clone());
    let response = next.run(request).await;
    // A problem comes without a language; here it gets its reader's.
    match response.extensions().get::<Arc<Problem>>() {
        Some(problem) => problem.page(&visit),
        None => response,
    }
}

/// Decides whether a visitor may use a route.
fn may(visitor: Option<&Visitor>, need: Need, _object: Object) -> Result<(), Problem> {
    match (need, visitor) {
        (Need::Nobody, _) => Ok(()),
        (Need::Role(_), None) => Err(Problem::NotFound),
        (Need::Role(role), Some(visitor)) if visitor.role >= role => Ok(()),
        (Need::Role(_), Some(_)) => Err(Problem::Forbidden),
    }
}

/// Nobody can sign in yet.
fn visitor(_shop: &Shop, _headers: &HeaderMap) -> Option<Visitor> {
    None
}

fn tongue_of(headers: &HeaderMap) -> Tongue {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map(Tongue::preferred)
        .unwrap_or_default()
}

/// Adds what every answer carries, whatever it is.
pub(super) async fn around(State(_shop): State<Shop>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
