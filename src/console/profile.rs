//! One's own account: name, language and keys, password, second factor, and where one is signed in.
//!
//! Whatever decides about coming in asks for the present password again: an unlocked screen is not enough.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{
    console::{
        Shop, clock,
        guard::{
            Caller,
            password::{Unhashed, weakness},
            totp,
        },
        login,
        problem::{Answer, Problem},
        router::{Entry, Need, Object},
        setup::language_of,
        shell::{self, Shell},
        visit::{Visit, Visitor},
        words::{door::Words, doubts},
    },
    engine::guard,
    model::{
        agent::{self, Role},
        language::Language,
        notice,
    },
    store::{
        people::{AgentChange, AgentOutcome, Credentials, accounts_in_words},
        sessions::{Ends, Session, Stage},
    },
};

/// The routes of this area.
pub(super) fn routes() -> Vec<Entry> {
    let own = Need::SignedIn;
    vec![
        Entry::get("/profile", own, Object::None, show),
        Entry::post("/profile", own, Object::None, describe),
        Entry::post("/profile/email", own, Object::None, change_email),
        Entry::post("/profile/password", own, Object::None, change_password),
        Entry::get("/profile/totp", own, Object::None, show_totp),
        Entry::post("/profile/totp", own, Object::None, switch_totp_on),
        Entry::post("/profile/totp/off", own, Object::None, switch_totp_off),
        Entry::post("/profile/totp/codes", own, Object::None, make_codes),
        Entry::post("/profile/sessions", own, Object::None, end_sessions),
    ]
}

/// What the forms of these pages send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Given {
    display: String,
    language: String,
    keys: String,
    email: String,
    password: SecretString,
    new: SecretString,
    again: SecretString,
    secret: SecretString,
    code: SecretString,
    session: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    said: String,
}

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    shell: Shell,
    words: &'static Words,
    visitor: Visitor,
    role: &'static str,
    accounts: String,
    chinese: bool,
    email: String,
    totp: bool,
    codes_left: u32,
    required: bool,
    sessions: Vec<Row>,
    note: Option<&'static str>,
    problem: Option<String>,
}

/// One session of the list.
struct Row {
    hash: String,
    here: bool,
    browser: String,
    address: String,
    since: String,
    used: String,
}

#[derive(Template)]
#[template(path = "totp.html")]
struct TotpPage {
    shell: Shell,
    words: &'static Words,
    csrf: String,
    secret: String,
    /// The secret in groups of four, to be typed.
    shown: String,
    picture: String,
    required: bool,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage {
    shell: Shell,
    words: &'static Words,
    codes: Vec<String>,
}

async fn show(State(shop): State<Shop>, visit: Visit, caller: Caller, Query(said): Query<Said>) -> Answer {
    let words = Words::of(visit.tongue);
    let note = match said.said.as_str() {
        "saved" => Some(words.saved),
        "email" => Some(words.email_saved),
        "password" => Some(words.password_changed),
        "off" => Some(words.second_is_off),
        "ended" => Some(words.ended),
        _ => None,
    };
    page(&shop, &visit, &caller, note, None).await
}

async fn page(
    shop: &Shop,
    visit: &Visit,
    caller: &Caller,
    note: Option<&'static str>,
    problem: Option<String>,
) -> Answer {
    let (words, visitor) = (Words::of(visit.tongue), visit.visitor()?.clone());
    let now = Timestamp::now();
    let agent = shop.store.agent(&visitor.name).await?.ok_or(Problem::NotFound)?;
    let sessions = shop.store.sessions_of(&visitor.name, now).await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ProfilePage {
        shell: Shell::of(shop, visit, None).await?,
        words,
        role: role_in_words(agent.role, words),
        accounts: reach_in_words(agent.reach(), words),
        chinese: agent.language == Language::ZH,
        email: agent.email.unwrap_or_default(),
        totp: agent.totp,
        codes_left: shop.store.recovery_codes_left(&visitor.name).await?,
        required: shop.settings.require_totp,
        sessions: sessions.into_iter().map(|session| row(shop, caller, session)).collect(),
        visitor,
        note,
        problem,
    };
    Ok((status, shell::page(&page)?).into_response())
}

fn row(shop: &Shop, caller: &Caller, session: Session) -> Row {
    Row {
        here: caller.session.as_ref() == Some(&session.hash),
        since: clock::minute(shop, session.created_at),
        used: clock::minute(shop, session.seen_at),
        hash: session.hash,
        browser: session.browser,
        address: session.address,
    }
}

/// Returns what a role may do, in words.
pub(super) fn role_in_words(role: Role, words: &Words) -> &'static str {
    match role {
        Role::Agent => words.role_agent,
        Role::Editor => words.role_editor,
        Role::Admin => words.role_admin,
    }
}

/// Returns the accounts somebody works for, in words.
pub(super) fn reach_in_words(accounts: Option<&[crate::model::ids::AccountName]>, words: &Words) -> String {
    match accounts {
        None => words.all_accounts.to_owned(),
        Some([]) => words.no_account.to_owned(),
        some => accounts_in_words(some),
    }
}

async fn describe(State(shop): State<Shop>, visit: Visit, Form(given): Form<Given>) -> Answer {
    let (visitor, now) = (visit.visitor()?, Timestamp::now());
    let display = agent::display_name(&given.display, &visitor.name);
    if display != visitor.display {
        shop.store.change_agent(&visitor.name, &AgentChange::Display(&display), &visitor.actor(), now).await?;
    }
    let language = language_of(&given.language, visit.tongue);
    shop.store.change_agent(&visitor.name, &AgentChange::Language(language), &visitor.actor(), now).await?;
    // A form that says nothing of keys leaves them as they are.
    if matches!(given.keys.as_str(), "on" | "off") {
        let keys = AgentChange::SingleKeys(given.keys == "on");
        shop.store.change_agent(&visitor.name, &keys, &visitor.actor(), now).await?;
    }
    Ok(Redirect::to("/profile?said=saved").into_response())
}

/// Changes where notices go. Answers by mail are believed from that address, so the password is asked for.
async fn change_email(State(shop): State<Shop>, visit: Visit, caller: Caller, Form(given): Form<Given>) -> Answer {
    let (words, visitor, now) = (Words::of(visit.tongue), visit.visitor()?, Timestamp::now());
    let wanted = given.email.trim();
    let address = if wanted.is_empty() { None } else { notice::staff_address(wanted) };
    let own = |address: &str| shop.live.engine().settings().own_addresses.contains(&guard::plain_address(address));
    let problem = if address.is_none() && !wanted.is_empty() {
        Some(words.email_wrong)
    } else {
        address.as_deref().filter(|address| own(address)).map(|_| words.email_own)
    };
    if let Some(problem) = problem {
        return page(&shop, &visit, &caller, None, Some(problem.to_owned())).await;
    }
    if let Err(problem) = prove(&shop, &visit, &caller, &given, now).await? {
        return page(&shop, &visit, &caller, None, Some(problem)).await;
    }
    let change = AgentChange::Email(address.as_deref());
    match shop.store.change_agent(&visitor.name, &change, &visitor.actor(), now).await? {
        AgentOutcome::AddressTaken => page(&shop, &visit, &caller, None, Some(words.email_taken.to_owned())).await,
        _ => Ok(Redirect::to("/profile?said=email").into_response()),
    }
}

/// Asks for the present password again; returns why it does not count, if it does not. Tries are counted as at the login.
async fn prove(
    shop: &Shop,
    visit: &Visit,
    caller: &Caller,
    given: &Given,
    now: Timestamp,
) -> Result<Result<Credentials, String>, Problem> {
    let (words, name) = (Words::of(visit.tongue), &visit.visitor()?.name);
    if let Err(wait) = shop.door.limits.begin(name.as_str(), caller.address, now) {
        login::note_failure(shop, caller, name.as_str(), "tried too often", now).await?;
        return Ok(Err(login::in_words(wait, words)));
    }
    let found = shop.store.credentials(name).await?.ok_or(Problem::NotFound)?;
    match shop.door.passwords.is(given.password.clone(), found.password.clone()).await {
        Ok(true) => {
            shop.door.limits.succeeded(name.as_str(), caller.address, now);
            Ok(Ok(found))
        }
        Ok(false) => {
            login::note_failure(shop, caller, name.as_str(), "the present password was wrong", now).await?;
            Ok(Err(words.wrong_password.to_owned()))
        }
        Err(Unhashed::Busy) => Ok(Err(words.busy.to_owned())),
        Err(error) => Err(Problem::Failed(error.to_string())),
    }
}

/// Makes a change that ends all sessions of the visitor, and begins a new one for this browser.
async fn change_and_stay(
    shop: &Shop,
    visit: &Visit,
    caller: &Caller,
    change: &AgentChange<'_>,
    then: Response,
) -> Answer {
    let (visitor, now) = (visit.visitor()?, Timestamp::now());
    shop.store.change_agent(&visitor.name, change, &visitor.actor(), now).await?;
    let cookie = login::enter(shop, caller, &visitor.name, Stage::Whole, now).await?;
    Ok(([(header::SET_COOKIE, cookie)], then).into_response())
}

async fn change_password(State(shop): State<Shop>, visit: Visit, caller: Caller, Form(given): Form<Given>) -> Answer {
    let (words, visitor) = (Words::of(visit.tongue), visit.visitor()?);
    let names = [visitor.name.as_str(), visitor.display.as_str(), &shop.name];
    let weak = weakness(given.new.expose_secret(), &names).map(|weak| doubts::weak(weak, words));
    let differ = given.new.expose_secret() != given.again.expose_secret();
    if let Some(problem) = weak.or(differ.then_some(words.not_the_same)) {
        return page(&shop, &visit, &caller, None, Some(problem.to_owned())).await;
    }
    if let Err(problem) = prove(&shop, &visit, &caller, &given, Timestamp::now()).await? {
        return page(&shop, &visit, &caller, None, Some(problem)).await;
    }
    let password = match shop.door.passwords.hash(given.new.clone()).await {
        Ok(password) => password,
        Err(Unhashed::Busy) => return page(&shop, &visit, &caller, None, Some(words.busy.to_owned())).await,
        Err(error) => return Err(Problem::Failed(error.to_string())),
    };
    let then = Redirect::to("/profile?said=password").into_response();
    change_and_stay(&shop, &visit, &caller, &AgentChange::Password(&password), then).await
}

async fn show_totp(State(shop): State<Shop>, visit: Visit) -> Answer {
    if visit.visitor()?.second_factor {
        return Ok(Redirect::to("/profile").into_response());
    }
    let secret = totp::fresh().map_err(|error| Problem::Failed(error.to_string()))?;
    totp_page(&shop, &visit, &secret, None).await
}

async fn totp_page(shop: &Shop, visit: &Visit, secret: &SecretString, problem: Option<String>) -> Answer {
    let visitor = visit.visitor()?;
    let address = totp::address(secret, &shop.name, visitor.name.as_str());
    let letters: Vec<char> = secret.expose_secret().chars().collect();
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = TotpPage {
        shell: Shell::of(shop, visit, None).await?,
        words: Words::of(visit.tongue),
        csrf: visitor.csrf.clone(),
        secret: secret.expose_secret().to_owned(),
        shown: letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" "),
        picture: totp::picture(&address).unwrap_or_default(),
        required: shop.settings.require_totp,
        problem,
    };
    Ok((status, shell::page(&page)?).into_response())
}

async fn switch_totp_on(State(shop): State<Shop>, visit: Visit, caller: Caller, Form(given): Form<Given>) -> Answer {
    let (words, now) = (Words::of(visit.tongue), Timestamp::now());
    if visit.visitor()?.second_factor {
        return Ok(Redirect::to("/profile").into_response());
    }
    if !totp::is_sound(&given.secret) {
        return Err(Problem::Bad(words.wrong_code.to_owned()));
    }
    let Some(step) = totp::step_of(&given.secret, given.code.expose_secret(), now) else {
        return totp_page(&shop, &visit, &given.secret, Some(words.wrong_code.to_owned())).await;
    };
    if let Err(problem) = prove(&shop, &visit, &caller, &given, now).await? {
        return totp_page(&shop, &visit, &given.secret, Some(problem)).await;
    }
    let codes = totp::recovery_codes().map_err(|error| Problem::Failed(error.to_string()))?;
    let hashes: Vec<String> = codes.iter().map(|code| totp::recovery_hash(code)).collect();
    let change = AgentChange::TotpOn { secret: &given.secret, step, codes: &hashes };
    let then = recovery_page(&shop, &visit, codes).await?;
    change_and_stay(&shop, &visit, &caller, &change, then).await
}

async fn recovery_page(shop: &Shop, visit: &Visit, codes: Vec<String>) -> Answer {
    let shell = Shell::of(shop, visit, None).await?;
    shell::page(&RecoveryPage { shell, words: Words::of(visit.tongue), codes })
}

async fn switch_totp_off(State(shop): State<Shop>, visit: Visit, caller: Caller, Form(given): Form<Given>) -> Answer {
    let words = Words::of(visit.tongue);
    if shop.settings.require_totp {
        return page(&shop, &visit, &caller, None, Some(words.second_must_stay.to_owned())).await;
    }
    if let Err(problem) = prove(&shop, &visit, &caller, &given, Timestamp::now()).await? {
        return page(&shop, &visit, &caller, None, Some(problem)).await;
    }
    let then = Redirect::to("/profile?said=off").into_response();
    change_and_stay(&shop, &visit, &caller, &AgentChange::TotpOff, then).await
}

async fn make_codes(State(shop): State<Shop>, visit: Visit, caller: Caller, Form(given): Form<Given>) -> Answer {
    let (visitor, now) = (visit.visitor()?, Timestamp::now());
    if !visitor.second_factor {
        return Err(Problem::NotFound);
    }
    if let Err(problem) = prove(&shop, &visit, &caller, &given, now).await? {
        return page(&shop, &visit, &caller, None, Some(problem)).await;
    }
    let codes = totp::recovery_codes().map_err(|error| Problem::Failed(error.to_string()))?;
    let hashes: Vec<String> = codes.iter().map(|code| totp::recovery_hash(code)).collect();
    shop.store.change_agent(&visitor.name, &AgentChange::Codes(&hashes), &visitor.actor(), now).await?;
    recovery_page(&shop, &visit, codes).await
}

async fn end_sessions(State(shop): State<Shop>, visit: Visit, caller: Caller, Form(given): Form<Given>) -> Answer {
    let visitor = visit.visitor()?;
    let here = caller.session.as_deref().unwrap_or_default();
    let which = if given.session.is_empty() { Ends::AllBut(here) } else { Ends::One(&given.session) };
    shop.store.end_sessions(&visitor.name, which, &visitor.actor(), Timestamp::now()).await?;
    Ok(Redirect::to("/profile?said=ended").into_response())
}
