//! What a program is told when it does not get what it asked for: problem details (RFC 9457) with a word that stays.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    console::problem::Problem,
    model::ticket::{EventKind, TicketEvent, TicketState},
    store::error::StoreError,
};

/// The media type of every problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// Why a call was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(in crate::console) struct ApiProblem {
    /// Always `about:blank`: `status` says what kind of problem it is, `code` which one.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The words that belong to the status.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// Which problem it is; programs decide by this word.
    code: Code,
    /// What is wrong, where, and what to do, in English, for people.
    detail: String,
    /// With `conflict`: what happened meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<Overtaken>,
    #[serde(skip)]
    header: Option<(header::HeaderName, String)>,
}

/// Which problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::console) enum Code {
    /// 401: there is no token, or none that is in force.
    Unauthorized,
    /// 403: the token's role does not allow it.
    Forbidden,
    /// 404: there is no such thing, or it is of an account that the token does not reach.
    NotFound,
    /// 405: the path does not take this method.
    MethodNotAllowed,
    /// 400: the request is no HTTP, its body no JSON.
    Unreadable,
    /// 409: the ticket was changed since the version that `seen` names.
    Conflict,
    /// 409: something stands in the way that somebody may decide to pass over with `despite`.
    NeedsConfirmation,
    /// 413: the body is too large.
    TooLarge,
    /// 415: the body is not said to be JSON.
    UnsupportedMediaType,
    /// 421: the console is not reached under that name.
    Misdirected,
    /// 422: a value is missing, unknown or not allowed there.
    Invalid,
    /// 422: what was asked for makes no sense as the ticket stands.
    Refused,
    /// 422: the `Idempotency-Key` was used for another call.
    KeyReused,
    /// 429: too many calls in a minute; `Retry-After` says how many seconds to wait.
    TooManyRequests,
    /// 503: the store does not answer; the call may be repeated.
    Unavailable,
    /// 500: a fault of ours; the log says more.
    Failed,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Conflict | Self::NeedsConfirmation => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Invalid | Self::Refused | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// What somebody else did to the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::console) struct Overtaken {
    /// The version of the ticket now.
    version: i64,
    /// Where it stands now.
    state: TicketState,
    /// Who has it now.
    assignee: Option<String>,
    /// Who did what had not been seen; `nightdesk` is the machine, `buyer` the buyer.
    by: Option<String>,
    /// What it was.
    what: Option<EventKind>,
    /// When.
    at: Option<Timestamp>,
}

impl Overtaken {
    /// Tells of a ticket as it is, and of what happened to it last.
    pub(super) fn of(ticket: &crate::model::ticket::Ticket, last: Option<&TicketEvent>) -> Self {
        Self {
            version: ticket.version,
            state: ticket.state,
            assignee: ticket.assignee.as_ref().map(ToString::to_string),
            by: last.map(|event| event.by.clone()),
            what: last.map(|event| event.what),
            at: last.map(|event| event.at),
        }
    }
}

impl ApiProblem {
    /// Says in English what is wrong, where, and what to do.
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        let status = code.status();
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            conflict: None,
            header: None,
        }
    }

    /// A value that cannot stand where it stands.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Code::Invalid, detail)
    }

    /// Somebody was faster.
    pub(super) fn conflict(overtaken: Overtaken, detail: impl Into<String>) -> Self {
        Self { conflict: Some(overtaken), ..Self::new(Code::Conflict, detail) }
    }

    /// Nobody, or nobody we know; `brought` says whether a token was tried.
    pub(in crate::console) fn unauthorized(brought: bool) -> Self {
        let (challenge, detail) = if brought {
            (
                "Bearer realm=\"nightdesk\", error=\"invalid_token\"",
                "This token is not in force: it was never made, or it was revoked. An admin makes tokens on the page Tokens \
                 of the console.",
            )
        } else {
            (
                "Bearer realm=\"nightdesk\"",
                "Send a token: `Authorization: Bearer nightdesk_…`. An admin makes one on the page Tokens of the console; \
                 the cookies of people open nothing here.",
            )
        };
        Self { header: Some((header::WWW_AUTHENTICATE, challenge.to_owned())), ..Self::new(Code::Unauthorized, detail) }
    }

    /// Too many calls; the next one may come after so many seconds.
    pub(in crate::console) fn too_many(seconds: u64) -> Self {
        let detail = format!("This token called too often in one minute. Call again in {seconds} s.");
        Self { header: Some((header::RETRY_AFTER, seconds.to_string())), ..Self::new(Code::TooManyRequests, detail) }
    }

    /// Says what a page would have said.
    pub(in crate::console) fn of(problem: &Problem) -> Self {
        match problem {
            Problem::NotFound => Self::by_status(StatusCode::NOT_FOUND),
            Problem::Forbidden | Problem::ForeignForm => Self::by_status(StatusCode::FORBIDDEN),
            Problem::TooLarge => Self::by_status(StatusCode::PAYLOAD_TOO_LARGE),
            Problem::Bad(text) => Self::new(Code::Invalid, text.as_str()),
            Problem::Conflict(text) => Self::new(Code::NeedsConfirmation, text.as_str()),
            Problem::Store(_) => Self::by_status(StatusCode::SERVICE_UNAVAILABLE),
            Problem::Failed(_) => Self::by_status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// Returns what a status alone says.
    fn by_status(status: StatusCode) -> Self {
        let (code, detail) = match status.as_u16() {
            401 => return Self::unauthorized(false),
            403 => (Code::Forbidden, "The role of this token does not allow it; an admin can make another token."),
            404 => (Code::NotFound, "There is no such thing, or it is of an account that this token does not reach."),
            405 => (
                Code::MethodNotAllowed,
                "This path does not take that method; the header `Allow` names those it takes.",
            ),
            413 => (Code::TooLarge, "The body is too large: one MiB is the most."),
            415 => (Code::UnsupportedMediaType, "Send the body as JSON, with `Content-Type: application/json`."),
            421 => (
                Code::Misdirected,
                "This console is not reached under that name. If it should be, set `console.public_url`.",
            ),
            422 => (Code::Invalid, "A value is missing, unknown or not allowed there."),
            503 => (Code::Unavailable, "The store does not answer now. Nothing is lost: call again in a moment."),
            400..=499 => (Code::Unreadable, "The request cannot be read; compare it with /api/v1/openapi.json."),
            _ => (Code::Failed, "A fault of ours; the log of the program says more."),
        };
        Self::new(code, detail)
    }
}

/// What failed is logged here once: no page does.
impl From<Problem> for ApiProblem {
    fn from(problem: Problem) -> Self {
        if let Problem::Store(_) | Problem::Failed(_) = problem {
            tracing::error!("a call of the API failed: {problem}");
        }
        Self::of(&problem)
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let header = self.header.clone();
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some((name, value)) = header.and_then(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?)))
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Makes a problem of every failure that is none yet: of a wrong method, an unknown path, a request that nobody could
/// read. Its headers stay.
pub(in crate::console) fn dressed(response: Response) -> Response {
    let status = response.status();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == MEDIA_TYPE);
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mut headers = response.headers().clone();
    for about_the_body in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(about_the_body);
    }
    let mut dressed = ApiProblem::by_status(status).into_response();
    dressed.headers_mut().extend(headers);
    dressed
}
