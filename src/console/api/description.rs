//! The OpenAPI file: written by the handlers and their types, so that it says what is done.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use utoipa::{
    Modify, OpenApi as _,
    openapi::{
        Content, OpenApi, Ref, ResponseBuilder,
        path::{Operation, PathItem},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::console::api::{
    acts, audit, buyers, conversations, description, files, health, machine_mail,
    problem::{ApiProblem, MEDIA_TYPE},
    quarantine, reports, rules, search, switches, texts, ticket, tickets,
};

/// The document with its line end, as `docs/openapi.json` has it.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let json = Described::openapi().to_pretty_json();
    // Made of our own types alone; a test reads it.
    json.map(|json| json + "\n").unwrap_or_default()
});

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Nightdesk",
        version = "1",
        description = "The desk for other programs: tickets, search, buyers, rules, switches and figures. Words are never \
                       translated, moments are RFC 3339 in UTC, problems are RFC 9457. See docs/api.md."
    ),
    servers((url = "/", description = "The console, under the name under which it is reached")),
    paths(
        description::show,
        tickets::list,
        ticket::one,
        texts::list,
        acts::act,
        conversations::answered,
        machine_mail::list,
        quarantine::list,
        quarantine::rerun,
        conversations::one,
        conversations::take,
        search::find,
        buyers::list,
        buyers::one,
        buyers::act,
        files::message,
        files::raw,
        files::file,
        rules::list,
        rules::rejected,
        switches::situations,
        switches::switch,
        switches::pauses,
        switches::pause,
        switches::resume,
        reports::show,
        reports::complaints,
        reports::unrecognized,
        health::show,
        audit::list,
    ),
    components(schemas(ApiProblem)),
    security(("token" = [])),
    modifiers(&Doors, &Failures),
    tags(
        (name = "tickets", description = "The queue and what is done in it"),
        (name = "conversations", description = "What the machine answered, kept quiet about or could not decide"),
        (name = "search", description = "Everything that was said"),
        (name = "buyers", description = "Everybody who wrote"),
        (name = "rules", description = "What the machine answers by"),
        (name = "switches", description = "Situations and pauses"),
        (name = "desk", description = "How the desk stands"),
    )
)]
struct Described;

/// How programs come in.
struct Doors;

impl Modify for Doors {
    fn modify(&self, openapi: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token from the page Tokens of the console"))
            .build();
        openapi.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// What every operation may answer instead.
struct Failures;

impl Modify for Failures {
    fn modify(&self, openapi: &mut OpenApi) {
        let problem = ResponseBuilder::new()
            .description("It was not done, and this is why")
            .content(MEDIA_TYPE, Content::new(Some(Ref::from_schema_name("Problem"))))
            .build();
        for operation in openapi.paths.paths.values_mut().flat_map(operations) {
            operation.responses.responses.insert("default".to_owned(), problem.clone().into());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [item.get.as_mut(), item.post.as_mut()].into_iter().flatten()
}

/// Returns the OpenAPI file as it is served and kept in `docs/openapi.json`.
pub(in crate::console) fn text() -> &'static str {
    &DOCUMENT
}

/// This description.
///
/// Everybody may read it; it tells nothing of the shop.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", operation_id = "get_openapi", tag = "desk", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub(super) async fn show() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text()).into_response()
}
