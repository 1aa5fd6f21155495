//! Who asks for a page, in which language.

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    console::{problem::Problem, words::Tongue},
    model::{
        agent::Role,
        ids::{AccountName, AgentName},
    },
    store::audit::Actor,
};

/// A visitor who signed in, as the guard found them. Only the guard makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visitor {
    /// The login name; what they do is written down under it.
    pub name: AgentName,
    /// What they may do.
    pub role: Role,
    /// The accounts they are limited to; none: all of them, as for every admin.
    pub accounts: Option<Vec<AccountName>>,
    /// What forms must bring along; empty for other programs.
    pub csrf: String,
    /// The name that colleagues see.
    pub display: String,
    /// Keys work for them that are pressed alone.
    pub single_keys: bool,
    /// They sign in with more than a password.
    pub second_factor: bool,
    /// The address they come from.
    pub address: String,
}

impl Visitor {
    /// Returns what the audit log says of who did something.
    pub(super) fn actor(&self) -> Actor<'_> {
        Actor { name: self.name.as_str(), address: &self.address }
    }
}

/// One request for a page: the visitor, if there is one, and the language of the page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Visit {
    /// Who; none on pages for everybody.
    pub visitor: Option<Visitor>,
    /// The language of the page.
    pub tongue: Tongue,
}

impl Visit {
    /// Returns who asks. On a route that needs nobody, nobody is an error.
    pub(super) fn visitor(&self) -> Result<&Visitor, Problem> {
        self.visitor.as_ref().ok_or(Problem::NotFound)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;

    /// Takes what the guard laid down; a route that the guard has not seen answers nothing.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::NotFound)
    }
}
