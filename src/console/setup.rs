//! Links that open once: the first admin's, which the program prints, and those that admins make for colleagues.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{
    console::{
        Shop,
        guard::{
            Caller,
            password::{Unhashed, weakness},
            secret::{self, NoRandomness},
        },
        path::Path,
        problem::{Answer, Problem},
        router::{Entry, Need, Object},
        settings::Settings,
        shell::{self, Shell},
        visit::Visit,
        words::{Tongue, door::Words, doubts},
    },
    model::{
        agent::{self, NameProblem},
        ids::AgentName,
        language::Language,
    },
    store::{
        Store,
        audit::Actor,
        error::StoreError,
        invitations::{Accepted, Chosen, Invitation},
    },
};

/// The first admin's link is printed and used at once.
const FIRST_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A colleague's link may wait over a weekend.
const LIFE: SignedDuration = SignedDuration::from_hours(72);

/// A link could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// Makes the link for the first admin, in place of an earlier one; none if there is an admin who can sign in. The link is
/// good for a day and is to be shown to whoever sits at this machine, not logged.
pub async fn first_link(store: &Store, settings: &Settings, now: Timestamp) -> Result<Option<String>, LinkError> {
    link(store, settings, None, FIRST_LIFE, &Actor::here("nightdesk"), now).await
}

/// Makes a link by which a person chooses a password, in place of an earlier one; good for three days. None if there is
/// no such person, or they are shut out.
pub async fn invite(
    store: &Store,
    settings: &Settings,
    name: &AgentName,
    by: &Actor<'_>,
    now: Timestamp,
) -> Result<Option<String>, LinkError> {
    link(store, settings, Some(name), LIFE, by, now).await
}

async fn link(
    store: &Store,
    settings: &Settings,
    name: Option<&AgentName>,
    life: SignedDuration,
    by: &Actor<'_>,
    now: Timestamp,
) -> Result<Option<String>, LinkError> {
    let secret = secret::fresh()?;
    let hash = secret::hash(secret.expose_secret());
    let made = store.invite(&hash, name, now + life, by, now).await?;
    Ok(made.then(|| format!("{}/setup/{}", settings.url(), secret.expose_secret())))
}

/// The routes of this area.
pub(super) fn routes() -> Vec<Entry> {
    vec![
        Entry::get("/setup/{token}", Need::Nobody, Object::None, show),
        Entry::post("/setup/{token}", Need::Nobody, Object::None, choose),
    ]
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Given {
    name: String,
    display: String,
    language: String,
    password: SecretString,
    again: SecretString,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    shell: Shell,
    words: &'static Words,
    /// Whose link it is; none for the first admin's.
    invited: Option<String>,
    given: &'a Given,
    chinese: bool,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage {
    shell: Shell,
    words: &'static Words,
}

async fn show(State(shop): State<Shop>, visit: Visit, Path(token): Path<String>) -> Answer {
    match shop.store.invitation(&secret::hash(&token), Timestamp::now()).await? {
        Some(invitation) => form(&shop, &visit, &invitation, &Given::default(), None).await,
        None => gone(&shop, &visit).await,
    }
}

async fn choose(
    State(shop): State<Shop>,
    visit: Visit,
    caller: Caller,
    Path(token): Path<String>,
    Form(given): Form<Given>,
) -> Answer {
    let (now, hash, words) = (Timestamp::now(), secret::hash(&token), Words::of(visit.tongue));
    let Some(invitation) = shop.store.invitation(&hash, now).await? else { return gone(&shop, &visit).await };
    let name = match check(&shop, &invitation, &given, words) {
        Ok(name) => name,
        Err(problem) => return form(&shop, &visit, &invitation, &given, Some(problem)).await,
    };
    let password = match shop.door.passwords.hash(given.password.clone()).await {
        Ok(password) => password,
        Err(Unhashed::Busy) => return form(&shop, &visit, &invitation, &given, Some(words.busy)).await,
        Err(error) => return Err(Problem::Failed(error.to_string())),
    };
    let display = agent::display_name(&given.display, &name);
    let language = language_of(&given.language, visit.tongue);
    let chosen = Chosen { name: &name, display: &display, language, password: &password };
    let address = caller.address.to_string();
    let by = Actor { name: name.as_str(), address: &address };
    match shop.store.accept_invitation(&hash, &chosen, &by, now).await? {
        Accepted::By(_) => Ok(Redirect::to("/login?done=1").into_response()),
        Accepted::Gone => gone(&shop, &visit).await,
        Accepted::NameTaken => form(&shop, &visit, &invitation, &given, Some(words.name_taken)).await,
    }
}

/// Looks whether what was chosen can be taken; returns the login name.
fn check(
    shop: &Shop,
    invitation: &Invitation,
    given: &Given,
    words: &'static Words,
) -> Result<AgentName, &'static str> {
    let name = match &invitation.agent {
        Some(agent) => agent.name.clone(),
        None => agent::login_name(&given.name).map_err(|problem| match problem {
            NameProblem::Form => words.name_form,
            NameProblem::Reserved => words.name_reserved,
        })?,
    };
    let display = invitation.agent.as_ref().map_or(given.display.as_str(), |agent| agent.display.as_str());
    let (password, again) = (given.password.expose_secret(), given.again.expose_secret());
    if let Some(weak) = weakness(password, &[name.as_str(), display, &shop.name]) {
        return Err(doubts::weak(weak, words));
    }
    if password == again { Ok(name) } else { Err(words.not_the_same) }
}

/// Reads the language of the pages; what is no language of theirs is the browser's.
pub(super) fn language_of(code: &str, tongue: Tongue) -> Language {
    match (code, tongue) {
        ("zh", _) => Language::ZH,
        (code, Tongue::Chinese) if code != "en" => Language::ZH,
        _ => Language::EN,
    }
}

async fn form(
    shop: &Shop,
    visit: &Visit,
    invitation: &Invitation,
    given: &Given,
    problem: Option<&'static str>,
) -> Answer {
    let page = SetupPage {
        shell: Shell::of(shop, visit, None).await?,
        words: Words::of(visit.tongue),
        invited: invitation.agent.as_ref().map(|agent| agent.name.to_string()),
        given,
        chinese: language_of(&given.language, visit.tongue) == Language::ZH,
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, shell::page(&page)?).into_response())
}

async fn gone(shop: &Shop, visit: &Visit) -> Answer {
    let page = GonePage { shell: Shell::of(shop, visit, None).await?, words: Words::of(visit.tongue) };
    Ok((StatusCode::NOT_FOUND, shell::page(&page)?).into_response())
}
