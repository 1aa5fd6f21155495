//! The frame of every page: navigation, who is signed in, and what everybody must know now.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};

use crate::{
    console::{
        Shop,
        problem::Problem,
        visit::{Visit, Visitor},
        words::{Tongue, core::Words},
    },
    model::agent::Role,
};

/// The places of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The queue and its tickets.
    Queue,
    /// Everything that was said.
    Search,
    /// Everybody who wrote.
    Buyers,
    /// The rules, the playground, problems and history.
    Rules,
    /// The practice chat.
    Practice,
    /// Situations and pauses.
    Situations,
    /// What came in and how it ended.
    Reports,
    /// The configuration in force.
    Settings,
    /// Who works here.
    People,
    /// What other programs come in with.
    Tokens,
    /// The audit log.
    Audit,
}

/// One entry of the navigation.
#[derive(Debug)]
pub(super) struct Link {
    /// Where it leads.
    pub href: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// The page is in this place.
    pub here: bool,
}

/// What the base template shows around a page; a page's template has it as its field `shell`.
#[derive(Debug)]
pub(super) struct Shell {
    /// The language of the page.
    pub tongue: Tongue,
    /// The words of the frame.
    pub words: &'static Words,
    /// The shop's name.
    pub shop: String,
    /// Who is signed in.
    pub visitor: Option<Visitor>,
    /// The navigation, in order; empty for those who are not signed in.
    pub links: Vec<Link>,
    /// The machine is paused.
    pub paused: bool,
    /// The rule files cannot be used, and the last good ones are in force.
    pub stale: bool,
}

impl Shell {
    /// Gathers what the frame shows.
    pub(super) async fn of(shop: &Shop, visit: &Visit, place: Option<Place>) -> Result<Self, Problem> {
        let words = Words::of(visit.tongue);
        Ok(Self {
            tongue: visit.tongue,
            words,
            shop: shop.name.to_string(),
            links: visit.visitor.as_ref().map(|visitor| links(words, visitor.role, place)).unwrap_or_default(),
            paused: shop.store.paused().await?.is_some(),
            stale: shop.live.standing().stale.is_some(),
            visitor: visit.visitor.clone(),
        })
    }

    /// Returns whether keys work that are pressed alone.
    pub(super) fn single_keys(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.single_keys)
    }

    /// Returns what a form must bring along; empty for those who are not signed in.
    pub(super) fn csrf(&self) -> &str {
        self.visitor.as_ref().map_or("", |visitor| visitor.csrf.as_str())
    }
}

/// One place of the navigation.
struct Spot {
    at: Place,
    href: &'static str,
    need: Role,
    name: fn(&Words) -> &'static str,
}

/// Which places there are, in order, and for whom.
const PLACES: [Spot; 11] = [
    Spot { at: Place::Queue, href: "/queue", need: Role::Agent, name: |words| words.queue },
    Spot { at: Place::Search, href: "/search", need: Role::Agent, name: |words| words.search },
    Spot { at: Place::Buyers, href: "/buyers", need: Role::Agent, name: |words| words.buyers },
    Spot { at: Place::Rules, href: "/rules", need: Role::Agent, name: |words| words.rules },
    Spot { at: Place::Practice, href: "/practice", need: Role::Agent, name: |words| words.practice },
    Spot { at: Place::Situations, href: "/situations", need: Role::Agent, name: |words| words.situations },
    Spot { at: Place::Reports, href: "/reports", need: Role::Agent, name: |words| words.reports },
    Spot { at: Place::Settings, href: "/settings", need: Role::Admin, name: |words| words.settings },
    Spot { at: Place::People, href: "/people", need: Role::Admin, name: |words| words.people },
    Spot { at: Place::Tokens, href: "/tokens", need: Role::Admin, name: |words| words.tokens },
    Spot { at: Place::Audit, href: "/audit", need: Role::Admin, name: |words| words.audit },
];

fn links(words: &Words, role: Role, place: Option<Place>) -> Vec<Link> {
    let mine = PLACES.iter().filter(|spot| role >= spot.need);
    mine.map(|spot| Link { href: spot.href, name: (spot.name)(words), here: place == Some(spot.at) }).collect()
}

/// Fills a template.
pub(super) fn page<T: Template>(template: &T) -> Result<Response, Problem> {
    let html = template.render().map_err(|error| Problem::Failed(format!("a page could not be filled: {error}")))?;
    Ok(Html(html).into_response())
}
