//! The guard: who asks, and may they? Every request passes `around`, which looks whether it was meant for this console,
//! and every route stands behind `admit`, which finds out who asks and whether one of our own pages sent the form. One
//! function, `may`, decides for every route; what it does not allow is refused.

mod address;
mod cookie;
mod headers;
pub mod limits;
mod origin;
pub mod password;
pub mod rates;
pub mod secret;
pub mod strangers;
pub mod totp;
pub(in crate::console) mod windows;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    body::{self, Body},
    extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    console::{
        Shop,
        api::problem::{ApiProblem, dressed},
        guard::{limits::Limits, password::Passwords, rates::Rates, strangers::Strangers},
        problem::Problem,
        router::{Need, Object},
        streams::Streams,
        visit::{Visit, Visitor},
        words::Tongue,
    },
    model::{
        agent::Role,
        ids::{AccountName, AgentName},
        language::Language,
    },
    store::{reach::Thing, sessions::Stage},
};

/// The largest form: a reply of many pages is smaller.
const MAX_FORM: usize = 1 << 20;

/// Where scripts put what forms bring along as the field `csrf`.
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// The pages of other programs; only tokens open them, and tokens open nothing else.
const API: &str = "/api/";

/// What the door remembers: tries to come in, whose turn it is to have a password compared, which pages stay open, and
/// how often programs call. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// How often somebody may try.
    pub limits: Limits,
    /// Where passwords are compared.
    pub passwords: Passwords,
    /// Which open pages are told news.
    pub streams: Streams,
    /// How often an address asks for pages that need nobody to sign in.
    pub strangers: Strangers,
    /// How often a token may call.
    pub rates: Rates,
}

/// What the guard of one route knows.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub shop: Shop,
    pub need: Need,
    pub object: Object,
}

/// The other side of a request, as [`around`] found it.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The name under which the console was reached.
    pub host: String,
    /// The address of the client.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub browser: String,
    /// What is kept of the session's secret that the browser brought, whatever it is worth.
    pub session: Option<String>,
    /// Whose password was right, if now a code is missing.
    pub half: Option<Half>,
}

/// A session that waits for a code.
#[derive(Debug, Clone)]
pub(super) struct Half {
    /// Whose password it was.
    pub name: AgentName,
    /// What the form must bring along.
    pub csrf: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    /// Takes what the guard laid down; a route that the guard has not seen answers nothing.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::NotFound)
    }
}

/// Lets a request through to its page, with visitor and caller laid down for it, or refuses it. A path that leads nowhere
/// has no parameters.
pub(super) async fn admit(
    State(gate): State<Gate>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let api = is_api(&request);
    // Programs read English, whoever runs them.
    let tongue = if api { Tongue::English } else { tongue_of(request.headers()) };
    let mut visit = Visit { visitor: None, tongue };
    let passed = pass(&gate, params.as_ref().ok(), &mut visit, &mut request).await;
    match passed {
        Ok(()) => {}
        Err(Refusal::Stranger) if gate.need == Need::Nobody => {}
        Err(refusal) => return refused(&refusal, &request, &visit),
    }
    request.extensions_mut().insert(visit.clone());
    let response = next.run(request).await;
    // A problem comes without a language; here it gets its reader's.
    match response.extensions().get::<Arc<Problem>>() {
        Some(problem) if api => ApiProblem::of(problem).into_response(),
        Some(problem) => problem.page(&visit),
        None => response,
    }
}

/// Says to a person or to a program why there is nothing for them.
fn refused(refusal: &Refusal, request: &Request, visit: &Visit) -> Response {
    match refusal {
        Refusal::Stranger if is_api(request) => {
            ApiProblem::unauthorized(request.headers().contains_key(header::AUTHORIZATION)).into_response()
        }
        Refusal::Stranger => to_login(request),
        Refusal::SecondFactor => Redirect::to("/profile/totp").into_response(),
        Refusal::TooMany(seconds) => ApiProblem::too_many(*seconds).into_response(),
        Refusal::Problem(problem) if is_api(request) => ApiProblem::of(problem).into_response(),
        Refusal::Problem(problem) => problem.page(visit),
    }
}

/// Why a request does not get to its page.
#[derive(Debug)]
enum Refusal {
    /// Nobody is signed in.
    Stranger,
    /// The shop wants a second factor, and this visitor has none yet.
    SecondFactor,
    /// The token called too often; the next call may come after so many seconds.
    TooMany(u64),
    /// The rest, as a page.
    Problem(Problem),
}

impl<P: Into<Problem>> From<P> for Refusal {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}

async fn pass(
    gate: &Gate,
    params: Option<&RawPathParams>,
    visit: &mut Visit,
    request: &mut Request,
) -> Result<(), Refusal> {
    let now = Timestamp::now();
    let mut caller = request.extensions().get::<Caller>().cloned().ok_or(Problem::NotFound)?;
    if is_api(request) {
        visit.visitor = of_token(&gate.shop, request.headers(), &caller, now).await?;
    } else {
        let secret = cookie::read(request.headers(), &caller.host, &gate.shop.settings).map(str::to_owned);
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        if changes && !origin::is_own_page(request.headers(), &caller.host, &gate.shop.settings) {
            return Err(Problem::ForeignForm.into());
        }
        if let Some(secret) = secret {
            let by_itself = is_asked_by_itself(request.uri().path());
            let signed_in = find_session(&gate.shop, &secret, &mut caller, visit, now, by_itself).await?;
            // Forms of the door itself come from before there was a session to have a token of.
            if changes
                && signed_in
                && gate.need != Need::Nobody
                && !brings_token(request, &secret::form_token(&secret)).await?
            {
                return Err(Problem::ForeignForm.into());
            }
        }
        request.extensions_mut().insert(caller);
    }
    let reached = reaches(&gate.shop, visit.visitor.as_ref(), gate.object, params).await?;
    may(visit.visitor.as_ref(), gate.need, reached, gate.shop.settings.require_totp)
}

/// Decides whether a visitor may use a route; `reached` says whether its object is one that exists for the visitor.
fn may(visitor: Option<&Visitor>, need: Need, reached: bool, require_totp: bool) -> Result<(), Refusal> {
    let Some(visitor) = visitor else { return Err(Refusal::Stranger) };
    let role = match need {
        Need::Nobody | Need::SignedIn => return Ok(()),
        Need::Role(role) => role,
    };
    if require_totp && !visitor.second_factor {
        return Err(Refusal::SecondFactor);
    }
    if !reached {
        return Err(Problem::NotFound.into());
    }
    if visitor.role >= role { Ok(()) } else { Err(Problem::Forbidden.into()) }
}

/// Returns whether what a path names lies in an account that the visitor works for.
async fn reaches(
    shop: &Shop,
    visitor: Option<&Visitor>,
    object: Object,
    params: Option<&RawPathParams>,
) -> Result<bool, Problem> {
    let Some(accounts) = visitor.and_then(|visitor| visitor.accounts.as_ref()) else { return Ok(true) };
    let (name, thing): (_, fn(i64) -> Thing) = match object {
        Object::None => return Ok(true),
        Object::Ticket => ("ticket", Thing::Ticket),
        Object::Buyer => ("buyer", Thing::Buyer),
        Object::Inbound => ("inbound", Thing::Inbound),
        Object::Thread => ("thread", Thing::Thread),
    };
    let mut params = params.into_iter().flat_map(RawPathParams::iter);
    let number = params.find(|(param, _)| *param == name).and_then(|(_, value)| value.parse().ok());
    let Some(number) = number else { return Ok(false) };
    let found = shop.store.accounts_of(thing(number)).await?;
    Ok(found.iter().any(|account| accounts.contains(account)))
}

/// Finds whose session a secret is; returns whether there is one at all, if only one that still waits for a code.
async fn find_session(
    shop: &Shop,
    secret: &str,
    caller: &mut Caller,
    visit: &mut Visit,
    now: Timestamp,
    by_itself: bool,
) -> Result<bool, Problem> {
    let hash = secret::hash(secret);
    let found = shop.store.session(&hash, now).await?;
    caller.session = Some(hash);
    let Some((session, agent)) = found else { return Ok(false) };
    visit.tongue = tongue(agent.language);
    if session.stage == Stage::Code {
        caller.half = Some(Half { name: agent.name, csrf: secret::form_token(secret) });
        return Ok(true);
    }
    if !by_itself && let Err(error) = shop.store.session_used(&session, now).await {
        // The page can be shown all the same.
        tracing::warn!("the use of a session could not be noted: {error}");
    }
    visit.visitor = Some(Visitor {
        accounts: agent.reach().map(<[AccountName]>::to_vec),
        name: agent.name,
        display: agent.display,
        role: agent.role,
        single_keys: agent.single_keys,
        second_factor: agent.totp,
        csrf: secret::form_token(secret),
        address: caller.address.to_string(),
    });
    Ok(true)
}

/// Returns whether open pages ask for it by themselves, whether or not somebody sits before them: that is no use of a
/// session, which would never end on a machine that somebody left.
fn is_asked_by_itself(path: &str) -> bool {
    matches!(path, "/events" | "/queue/rows" | "/queue/tabs") || path.ends_with("/live")
}

/// Finds whose token a program brings.
async fn of_token(
    shop: &Shop,
    headers: &HeaderMap,
    caller: &Caller,
    now: Timestamp,
) -> Result<Option<Visitor>, Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(secret) = given.and_then(|given| given.strip_prefix("Bearer ")) else { return Ok(None) };
    let Some(token) = shop.store.token(&secret::hash(secret.trim())).await? else { return Ok(None) };
    shop.door.rates.count(token.id, now).map_err(Refusal::TooMany)?;
    if let Err(error) = shop.store.token_used(&token, now).await {
        tracing::warn!("the use of a token could not be noted: {error}");
    }
    Ok(Some(Visitor {
        name: AgentName::new(format!("token:{}", token.name)),
        display: token.name,
        role: token.role,
        accounts: token.accounts.filter(|_| token.role < Role::Admin),
        // A program is shown no page.
        single_keys: false,
        // A token is no person; who has it was asked for the second factor when it was made.
        second_factor: true,
        csrf: String::new(),
        address: caller.address.to_string(),
    }))
}

/// Returns whether a form brings what the pages of its session have in theirs.
async fn brings_token(request: &mut Request, expected: &str) -> Result<bool, Problem> {
    if let Some(given) = request.headers().get(CSRF_HEADER) {
        return Ok(given.to_str().is_ok_and(|given| secret::same(given, expected)));
    }
    let body = std::mem::replace(request.body_mut(), Body::empty());
    let bytes = body::to_bytes(body, MAX_FORM).await.map_err(|_| Problem::TooLarge)?;
    let text = String::from_utf8_lossy(&bytes);
    let given = text.split('&').find_map(|field| field.strip_prefix("csrf="));
    let brought = given.is_some_and(|given| secret::same(given, expected));
    *request.body_mut() = Body::from(bytes);
    Ok(brought)
}

fn is_api(request: &Request) -> bool {
    request.uri().path().starts_with(API)
}

/// Leads somebody to the login, and from there back to the page they wanted.
fn to_login(request: &Request) -> Response {
    let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if *request.method() != Method::GET || wanted == "/" {
        return Redirect::to("/login").into_response();
    }
    Redirect::to(&format!("/login?next={}", utf8_percent_encode(wanted, NON_ALPHANUMERIC))).into_response()
}

fn tongue_of(headers: &HeaderMap) -> Tongue {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map(Tongue::preferred)
        .unwrap_or_default()
}

/// Returns the language of the pages for a person.
pub(super) fn tongue(language: Language) -> Tongue {
    if language == Language::ZH { Tongue::Chinese } else { Tongue::English }
}

/// Refuses what was meant for another name, finds out who is on the other side, and adds what every answer carries.
pub(super) async fn around(State(shop): State<Shop>, mut request: Request, next: Next) -> Response {
    let api = is_api(&request);
    let Some(host) = origin::own_host(request.headers(), &shop.settings).map(str::to_owned) else {
        let mut response = (StatusCode::MISDIRECTED_REQUEST, ELSEWHERE).into_response();
        if api {
            response = dressed(response);
        }
        headers::add(response.headers_mut(), false);
        return response;
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let browser = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let caller = Caller {
        address: address::client(peer, request.headers(), &shop.settings.trusted_proxies),
        browser: browser.unwrap_or_default().to_owned(),
        session: None,
        half: None,
        host: host.clone(),
    };
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if api {
        response = dressed(response);
    }
    headers::add(response.headers_mut(), origin::is_reached_safely(&host, &shop.settings));
    response
}

/// What is said to whoever asks under another name.
const ELSEWHERE: &str = "This console is not reached under that name. If it should be, set console.public_url.\n";

/// Returns the header that gives the browser a session's secret.
pub(super) fn cookie_given(secret: &str, caller: &Caller, shop: &Shop) -> Result<HeaderValue, Problem> {
    cookie::given(secret, &caller.host, &shop.settings)
        .ok_or_else(|| Problem::Failed("a cookie is no header".to_owned()))
}

/// Returns the header that takes it away.
pub(super) fn cookie_taken(caller: &Caller, shop: &Shop) -> Result<HeaderValue, Problem> {
    cookie::taken(&caller.host, &shop.settings).ok_or_else(|| Problem::Failed("a cookie is no header".to_owned()))
}
