//! Every route of the console, each with who may use it and on what. Nothing else can be mounted, so the list is what
//! the access matrix tries (`tests/data/console/access.tsv`).

use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware,
    routing::{self, MethodRouter},
};

use crate::{
    console::{
        Shop, answered, api, assets, audit, buyers, configuration, events, files, frame,
        guard::{self, Gate},
        help, login, machine, people, playground, practice,
        problem::Problem,
        problems, profile, quarantine, queue, rating, reports, rules, search, setup, situations, ticket, tokens,
        unrecognized,
    },
    model::agent::Role,
};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Everybody who reaches the console.
    Nobody,
    /// Whoever signed in, even without the second factor that the shop asks for.
    SignedIn,
    /// Whoever signed in with at least this role, and with the second factor if the shop asks for one.
    Role(Role),
}

/// What a route is about: the guard looks whether the visitor may see that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    /// Nothing that belongs to an account, or the handler lists by the visitor's accounts.
    None,
    /// The ticket `{ticket}` of the path.
    Ticket,
    /// The buyer `{buyer}` of the path, by row number.
    Buyer,
    /// The received message `{inbound}` of the path.
    Inbound,
    /// The conversation `{thread}` of the path.
    Thread,
}

/// One route.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// GET or POST.
    pub method: Method,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub need: Need,
    /// On what.
    pub object: Object,
    route: MethodRouter<Shop>,
}

impl Entry {
    /// A page.
    pub(super) fn get<H, T>(path: &'static str, need: Need, object: Object, handler: H) -> Self
    where
        H: Handler<T, Shop>,
        T: 'static,
    {
        Self { method: Method::GET, path, need, object, route: routing::get(handler) }
    }

    /// A form that was sent: it changes something and leads to a page (303).
    pub(super) fn post<H, T>(path: &'static str, need: Need, object: Object, handler: H) -> Self
    where
        H: Handler<T, Shop>,
        T: 'static,
    {
        Self { method: Method::POST, path, need, object, route: routing::post(handler) }
    }
}

/// Returns all routes.
pub(super) fn routes() -> Vec<Entry> {
    let [agent, editor, admin] = [Role::Agent, Role::Editor, Role::Admin].map(Need::Role);
    let mut routes = vec![
        Entry::get("/assets/{version}/{name}", Need::Nobody, Object::None, assets::serve),
        Entry::get("/rules", agent, Object::None, rules::list),
        Entry::get("/rules/playground", agent, Object::None, playground::show),
        Entry::post("/rules/playground", agent, Object::None, playground::decide),
        Entry::get("/rules/problems", agent, Object::None, problems::show),
        Entry::get("/rules/reloads", agent, Object::None, problems::reloads),
        Entry::get("/rules/{rule}", agent, Object::None, rules::show),
        Entry::post("/rules/{rule}/pause", agent, Object::None, rules::pause),
        Entry::post("/rules/{rule}/resume", editor, Object::None, rules::resume),
        Entry::get("/practice", agent, Object::None, practice::show),
        Entry::post("/practice", agent, Object::None, practice::begin),
        Entry::post("/practice/say", agent, Object::None, practice::act),
        Entry::get("/situations", agent, Object::None, situations::show),
        Entry::post("/situations/{situation}", editor, Object::None, situations::switch),
        Entry::post("/pauses", agent, Object::None, situations::pause),
        Entry::get("/pauses/resume", editor, Object::None, situations::confirm),
        Entry::post("/pauses/resume", editor, Object::None, situations::resume),
        Entry::get("/reports", agent, Object::None, reports::show),
        Entry::get("/reports/days.csv", agent, Object::None, reports::csv),
        Entry::get("/settings", admin, Object::None, configuration::show),
    ];
    routes.extend(api::routes());
    routes.extend(login::routes());
    routes.extend(setup::routes());
    routes.extend(profile::routes());
    routes.extend(people::routes());
    routes.extend(tokens::routes());
    routes.extend(audit::routes());
    routes.extend(queue::routes());
    routes.extend(search::routes());
    routes.extend(answered::routes());
    routes.extend(machine::routes());
    routes.extend(quarantine::routes());
    routes.extend(frame::routes());
    routes.extend(files::routes());
    routes.extend(events::routes());
    routes.extend(help::routes());
    routes.extend(ticket::routes());
    routes.extend(buyers::routes());
    routes.extend(rating::routes());
    routes.extend(unrecognized::routes());
    routes
}

/// Puts the routes together, each behind the guard.
pub(super) fn build(shop: Shop) -> Router {
    let mut router = Router::new();
    for entry in routes() {
        let gate = Gate { shop: shop.clone(), need: entry.need, object: entry.object };
        // A path that is named twice, once to see and once to change, is one route with two methods.
        router = router.route(entry.path, entry.route.layer(middleware::from_fn_with_state(gate, guard::admit)));
    }
    // Where nothing is, the guard still finds out in which language to say so.
    let gate = Gate { shop: shop.clone(), need: Need::Nobody, object: Object::None };
    router
        .fallback((async || Problem::NotFound).layer(middleware::from_fn_with_state(gate, guard::admit)))
        .layer(middleware::from_fn_with_state(shop.clone(), guard::around))
        .with_state(shop)
}
