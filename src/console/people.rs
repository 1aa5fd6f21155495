//! People: who works here, as what, for which mailboxes; admins add them, change them and shut them out.
//!
//! Nobody sets a password for somebody else: a link that works once lets people choose their own.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    console::{
        Shop, clock,
        fields::Fields,
        path::Path,
        problem::{Answer, Problem},
        profile::{reach_in_words, role_in_words},
        router::{Entry, Need, Object},
        setup::{self, language_of},
        shell::{self, Place, Shell},
        visit::Visit,
        words::door::Words,
    },
    model::{
        agent::{self, Agent, NameProblem, Role},
        ids::{AccountName, AgentName},
        language::Language,
    },
    store::people::{AgentChange, AgentOutcome, NewAgent},
};

/// The routes of this area.
pub(super) fn routes() -> Vec<Entry> {
    let admin = Need::Role(Role::Admin);
    vec![
        Entry::get("/people", admin, Object::None, list),
        Entry::post("/people", admin, Object::None, add),
        Entry::get("/people/{name}", admin, Object::None, show),
        Entry::post("/people/{name}", admin, Object::None, describe),
        Entry::post("/people/{name}/invite", admin, Object::None, invite),
        Entry::post("/people/{name}/totp-off", admin, Object::None, switch_totp_off),
        Entry::post("/people/{name}/disable", admin, Object::None, disable),
        Entry::post("/people/{name}/enable", admin, Object::None, enable),
    ]
}

/// One person of the list.
struct Row {
    name: String,
    display: String,
    role: &'static str,
    accounts: String,
    login: Option<String>,
    totp: bool,
    invited: bool,
    out: bool,
}

/// One account to choose.
pub(super) struct Choice {
    /// Its name.
    pub name: String,
    /// It is chosen.
    pub chosen: bool,
}

/// What the fields of a form about somebody's rights hold.
#[derive(Default)]
pub(super) struct Wished {
    /// The login name.
    pub name: String,
    /// The name that colleagues see.
    pub display: String,
    /// The role.
    pub role: Role,
    /// Every account, later ones too.
    pub all: bool,
    /// The accounts there are.
    pub accounts: Vec<Choice>,
    /// The pages are Chinese.
    pub chinese: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    shell: Shell,
    words: &'static Words,
    people: Vec<Row>,
    wished: Wished,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: Shell,
    words: &'static Words,
    row: Row,
    wished: Wished,
    note: Option<&'static str>,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "secret.html")]
pub(super) struct SecretPage {
    /// The frame.
    pub shell: Shell,
    /// What is shown, and for whom.
    pub title: String,
    /// What to do with it.
    pub note: &'static str,
    /// The secret.
    pub secret: String,
    /// Where to go on.
    pub href: &'static str,
    /// What that is called.
    pub on: &'static str,
}

async fn list(State(shop): State<Shop>, visit: Visit) -> Answer {
    let wished = Wished {
        all: true,
        accounts: choices(&shop, &[]),
        chinese: language_of("", visit.tongue) == Language::ZH,
        ..Wished::default()
    };
    people_page(&shop, &visit, wished, None).await
}

async fn people_page(shop: &Shop, visit: &Visit, wished: Wished, problem: Option<&'static str>) -> Answer {
    let words = Words::of(visit.tongue);
    let people = shop.store.agents().await?;
    let page = PeoplePage {
        shell: Shell::of(shop, visit, Some(Place::People)).await?,
        words,
        people: people.iter().map(|agent| row(shop, agent, words)).collect(),
        wished,
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, shell::page(&page)?).into_response())
}

fn row(shop: &Shop, agent: &Agent, words: &Words) -> Row {
    Row {
        name: agent.name.to_string(),
        display: agent.display.clone(),
        role: role_in_words(agent.role, words),
        accounts: reach_in_words(agent.reach(), words),
        login: agent.login_at.map(|at| clock::minute(shop, at)),
        totp: agent.totp,
        invited: !agent.has_password,
        out: agent.disabled_at.is_some(),
    }
}

/// Returns the accounts there are, and those that were chosen and are no more.
pub(super) fn choices(shop: &Shop, chosen: &[AccountName]) -> Vec<Choice> {
    let mut names = shop.accounts.names();
    names.extend(chosen.iter().map(ToString::to_string).filter(|name| !names.contains(name)).collect::<Vec<_>>());
    let is_chosen = |name: &String| chosen.iter().any(|account| account.as_str() == name);
    names.into_iter().map(|name| Choice { chosen: is_chosen(&name), name }).collect()
}

/// Returns the accounts that a form names; none means all.
pub(super) fn accounts_of(fields: &Fields) -> Option<Vec<AccountName>> {
    (fields.get("reach") == "some").then(|| fields.all("account").map(AccountName::new).collect())
}

async fn add(State(shop): State<Shop>, visit: Visit, Form(fields): Form<Fields>) -> Answer {
    let (words, visitor, now) = (Words::of(visit.tongue), visit.visitor()?, Timestamp::now());
    let accounts = accounts_of(&fields);
    let role = Role::from_word(fields.get("role")).unwrap_or(Role::Agent);
    let language = language_of(fields.get("language"), visit.tongue);
    let again = || Wished {
        name: fields.get("name").to_owned(),
        display: fields.get("display").to_owned(),
        role,
        all: accounts.is_none(),
        accounts: choices(&shop, accounts.as_deref().unwrap_or_default()),
        chinese: language == Language::ZH,
    };
    let name = match agent::login_name(fields.get("name")) {
        Ok(name) => name,
        Err(NameProblem::Form) => return people_page(&shop, &visit, again(), Some(words.name_form)).await,
        Err(NameProblem::Reserved) => return people_page(&shop, &visit, again(), Some(words.name_reserved)).await,
    };
    let display = agent::display_name(fields.get("display"), &name);
    let new =
        NewAgent { name: &name, display: &display, role, accounts: accounts.as_deref(), language, password: None };
    if !shop.store.add_agent(&new, &visitor.actor(), now).await? {
        return people_page(&shop, &visit, again(), Some(words.name_taken)).await;
    }
    link_page(&shop, &visit, &name).await
}

/// Makes a link and shows it once.
async fn link_page(shop: &Shop, visit: &Visit, name: &AgentName) -> Answer {
    let (words, visitor) = (Words::of(visit.tongue), visit.visitor()?);
    let made = setup::invite(&shop.store, &shop.settings, name, &visitor.actor(), Timestamp::now()).await;
    let link = made.map_err(|error| Problem::Failed(error.to_string()))?.ok_or(Problem::NotFound)?;
    let page = SecretPage {
        shell: Shell::of(shop, visit, Some(Place::People)).await?,
        title: format!("{} {name}", words.link_title),
        note: words.link_note,
        secret: link,
        href: "/people",
        on: words.to_people,
    };
    shell::page(&page)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    said: String,
}

async fn show(State(shop): State<Shop>, visit: Visit, Path(name): Path<String>, Query(said): Query<Said>) -> Answer {
    let words = Words::of(visit.tongue);
    person_page(&shop, &visit, &AgentName::new(name), (said.said == "saved").then_some(words.saved), None).await
}

async fn person_page(
    shop: &Shop,
    visit: &Visit,
    name: &AgentName,
    note: Option<&'static str>,
    problem: Option<&'static str>,
) -> Answer {
    let words = Words::of(visit.tongue);
    let agent = shop.store.agent(name).await?.ok_or(Problem::NotFound)?;
    let page = PersonPage {
        shell: Shell::of(shop, visit, Some(Place::People)).await?,
        words,
        row: row(shop, &agent, words),
        wished: Wished {
            name: agent.name.to_string(),
            display: agent.display.clone(),
            role: agent.role,
            all: agent.accounts.is_none(),
            accounts: choices(shop, agent.accounts.as_deref().unwrap_or_default()),
            chinese: agent.language == Language::ZH,
        },
        note,
        problem,
    };
    let status = if problem.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok((status, shell::page(&page)?).into_response())
}

async fn describe(
    State(shop): State<Shop>,
    visit: Visit,
    Path(name): Path<String>,
    Form(fields): Form<Fields>,
) -> Answer {
    let name = AgentName::new(name);
    let agent = shop.store.agent(&name).await?.ok_or(Problem::NotFound)?;
    // What was left as it was ends no session.
    let display = agent::display_name(fields.get("display"), &name);
    if display != agent.display {
        change(&shop, &visit, &name, &AgentChange::Display(&display)).await?;
    }
    let accounts = accounts_of(&fields);
    if accounts != agent.accounts && !fields.get("reach").is_empty() {
        change(&shop, &visit, &name, &AgentChange::Accounts(accounts.as_deref())).await?;
    }
    if let Some(role) = Role::from_word(fields.get("role")).filter(|role| *role != agent.role) {
        return made(&shop, &visit, &name, &AgentChange::Role(role)).await;
    }
    Ok(Redirect::to(&address(&name)).into_response())
}

async fn change(
    shop: &Shop,
    visit: &Visit,
    name: &AgentName,
    change: &AgentChange<'_>,
) -> Result<AgentOutcome, Problem> {
    Ok(shop.store.change_agent(name, change, &visit.visitor()?.actor(), Timestamp::now()).await?)
}

/// Makes a change and says what became of it.
async fn made(shop: &Shop, visit: &Visit, name: &AgentName, wanted: &AgentChange<'_>) -> Answer {
    match change(shop, visit, name, wanted).await? {
        AgentOutcome::Changed => Ok(Redirect::to(&address(name)).into_response()),
        AgentOutcome::NoSuchAgent => Err(Problem::NotFound),
        // Nobody changes somebody else's address here.
        AgentOutcome::AddressTaken => Err(Problem::Bad(Words::of(visit.tongue).email_taken.to_owned())),
        AgentOutcome::LastAdmin => person_page(shop, visit, name, None, Some(Words::of(visit.tongue).last_admin)).await,
    }
}

/// Returns the page of a person who is there, so that the name stands in an address as it is.
fn address(name: &AgentName) -> String {
    format!("/people/{name}?said=saved")
}

async fn invite(State(shop): State<Shop>, visit: Visit, Path(name): Path<String>) -> Answer {
    link_page(&shop, &visit, &AgentName::new(name)).await
}

async fn switch_totp_off(State(shop): State<Shop>, visit: Visit, Path(name): Path<String>) -> Answer {
    made(&shop, &visit, &AgentName::new(name), &AgentChange::TotpOff).await
}

async fn disable(State(shop): State<Shop>, visit: Visit, Path(name): Path<String>) -> Answer {
    made(&shop, &visit, &AgentName::new(name), &AgentChange::Disable).await
}

async fn enable(State(shop): State<Shop>, visit: Visit, Path(name): Path<String>) -> Answer {
    made(&shop, &visit, &AgentName::new(name), &AgentChange::Enable).await
}
