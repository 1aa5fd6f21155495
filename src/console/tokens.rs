//! Tokens: what other programs come in with. Each is shown once and known by its hash from then on.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::{
    console::{
        Shop, clock,
        fields::Fields,
        guard::secret,
        path::Path,
        people::{SecretPage, Wished, accounts_of, choices},
        problem::{Answer, Problem},
        profile::{reach_in_words, role_in_words},
        router::{Entry, Need, Object},
        shell::{self, Place, Shell},
        visit::Visit,
        words::door::Words,
    },
    model::agent::Role,
    store::tokens::{ApiToken, NewToken},
};

/// The longest name of a token, in characters: it stands beside everything its holder does.
const MAX_NAME: usize = 40;

/// How every token begins, so that scanners for leaked secrets know one.
pub const PREFIX: &str = "nightdesk_";

/// The routes of this area.
pub(super) fn routes() -> Vec<Entry> {
    let admin = Need::Role(Role::Admin);
    vec![
        Entry::get("/tokens", admin, Object::None, list),
        Entry::post("/tokens", admin, Object::None, add),
        Entry::post("/tokens/{token}/revoke", admin, Object::None, revoke),
    ]
}

/// One token of the list.
struct Row {
    id: i64,
    name: String,
    role: &'static str,
    accounts: String,
    by: String,
    since: String,
    used: Option<String>,
    revoked: Option<String>,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    shell: Shell,
    words: &'static Words,
    tokens: Vec<Row>,
    name: String,
    wished: Wished,
    problem: Option<&'static str>,
}

async fn list(State(shop): State<Shop>, visit: Visit) -> Answer {
    page(&shop, &visit, String::new(), None).await
}

async fn page(shop: &Shop, visit: &Visit, name: String, problem: Option<&'static str>) -> Answer {
    let words = Words::of(visit.tongue);
    let tokens = shop.store.tokens().await?;
    let page = TokensPage {
        shell: Shell::of(shop, visit, Some(Place::Tokens)).await?,
        words,
        tokens: tokens.into_iter().map(|token| row(shop, token, words)).collect(),
        name,
        wished: Wished { all: true, accounts: choices(shop, &[]), ..Wished::default() },
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, shell::page(&page)?).into_response())
}

fn row(shop: &Shop, token: ApiToken, words: &Words) -> Row {
    Row {
        id: token.id,
        role: role_in_words(token.role, words),
        accounts: reach_in_words(token.accounts.as_deref().filter(|_| token.role < Role::Admin), words),
        by: token.created_by,
        since: clock::minute(shop, token.created_at),
        used: token.used_at.map(|at| clock::minute(shop, at)),
        revoked: token.revoked_at.map(|at| clock::minute(shop, at)),
        name: token.name,
    }
}

async fn add(State(shop): State<Shop>, visit: Visit, Form(fields): Form<Fields>) -> Answer {
    let (words, visitor) = (Words::of(visit.tongue), visit.visitor()?);
    let name = fields.get("name").trim().to_owned();
    let fits = (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if !fits {
        return page(&shop, &visit, name, Some(words.token_form)).await;
    }
    let secret = secret::fresh().map_err(|error| Problem::Failed(error.to_string()))?;
    let secret = format!("{PREFIX}{}", secret.expose_secret());
    let accounts = accounts_of(&fields);
    let new = NewToken {
        name: &name,
        role: Role::from_word(fields.get("role")).unwrap_or(Role::Agent),
        accounts: accounts.as_deref(),
        hash: &secret::hash(&secret),
    };
    if !shop.store.add_token(&new, &visitor.actor(), Timestamp::now()).await? {
        return page(&shop, &visit, name, Some(words.token_taken)).await;
    }
    let page = SecretPage {
        shell: Shell::of(&shop, &visit, Some(Place::Tokens)).await?,
        title: format!("{} {name}", words.token_made),
        note: words.token_note,
        secret,
        href: "/tokens",
        on: words.to_tokens,
    };
    shell::page(&page)
}

async fn revoke(State(shop): State<Shop>, visit: Visit, Path(token): Path<i64>) -> Answer {
    let visitor = visit.visitor()?;
    if !shop.store.revoke_token(token, &visitor.actor(), Timestamp::now()).await? {
        return Err(Problem::NotFound);
    }
    Ok(Redirect::to("/tokens").into_response())
}
