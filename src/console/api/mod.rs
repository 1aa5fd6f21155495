//! The JSON API: what other programs may do here, with a token each. It has the routes, the guard and the functions of
//! the pages; only what is read and said is written differently. `docs/api.md` tells its users how.
//!
//! Words are those of the store and are never translated; moments are RFC 3339, in UTC; what cannot be done is said as
//! problem details (RFC 9457, [`problem`]); [`description`] makes the OpenAPI file.

mod acts;
mod audit;
mod buyers;
mod conversations;
pub(super) mod description;
mod files;
mod health;
mod input;
mod machine_mail;
pub(super) mod problem;
mod quarantine;
mod reports;
mod rules;
mod search;
mod switches;
mod texts;
mod ticket;
mod tickets;
mod why;

use axum::Json;

use crate::{
    console::{
        api::problem::ApiProblem,
        router::{Entry, Need, Object},
    },
    model::agent::Role,
};

/// What a call is answered with.
type Told<T> = Result<Json<T>, ApiProblem>;

/// The routes of the API.
pub(super) fn routes() -> Vec<Entry> {
    let [agent, editor, admin] = [Role::Agent, Role::Editor, Role::Admin].map(Need::Role);
    vec![
        Entry::get("/api/v1/openapi.json", Need::Nobody, Object::None, description::show),
        Entry::get("/api/v1/tickets", agent, Object::None, tickets::list),
        Entry::get("/api/v1/tickets/{ticket}", agent, Object::Ticket, ticket::one),
        Entry::get("/api/v1/tickets/{ticket}/texts", agent, Object::Ticket, texts::list),
        Entry::post("/api/v1/tickets/{ticket}/acts", agent, Object::Ticket, acts::act),
        Entry::get("/api/v1/answered", agent, Object::None, conversations::answered),
        Entry::get("/api/v1/machine-mail", agent, Object::None, machine_mail::list),
        Entry::get("/api/v1/quarantine", editor, Object::None, quarantine::list),
        Entry::post("/api/v1/quarantine/{inbound}/rerun", editor, Object::Inbound, quarantine::rerun),
        Entry::get("/api/v1/conversations/{thread}", agent, Object::Thread, conversations::one),
        Entry::post("/api/v1/messages/{inbound}/ticket", agent, Object::Inbound, conversations::take),
        Entry::get("/api/v1/search", agent, Object::None, search::find),
        Entry::get("/api/v1/buyers", agent, Object::None, buyers::list),
        Entry::get("/api/v1/buyers/{buyer}", agent, Object::Buyer, buyers::one),
        Entry::post("/api/v1/buyers/{buyer}/acts", agent, Object::Buyer, buyers::act),
        Entry::get("/api/v1/messages/{inbound}", agent, Object::Inbound, files::message),
        Entry::get("/api/v1/messages/{inbound}/raw", agent, Object::Inbound, files::raw),
        Entry::get("/api/v1/messages/{inbound}/files/{place}", agent, Object::Inbound, files::file),
        Entry::get("/api/v1/rules", agent, Object::None, rules::list),
        Entry::get("/api/v1/rules/{rule}/rejected", agent, Object::None, rules::rejected),
        Entry::get("/api/v1/situations", agent, Object::None, switches::situations),
        Entry::get("/api/v1/pauses", agent, Object::None, switches::pauses),
        Entry::post("/api/v1/situations/{situation}", editor, Object::None, switches::switch),
        Entry::post("/api/v1/pauses", agent, Object::None, switches::pause),
        Entry::post("/api/v1/pauses/resume", editor, Object::None, switches::resume),
        Entry::get("/api/v1/reports", agent, Object::None, reports::show),
        Entry::get("/api/v1/reports/complaints", agent, Object::None, reports::complaints),
        Entry::get("/api/v1/reports/unrecognized", agent, Object::None, reports::unrecognized),
        Entry::get("/api/v1/health", agent, Object::None, health::show),
        Entry::get("/api/v1/audit", admin, Object::None, audit::list),
    ]
}
