//! Signing in, by name and password and, if the person wants it or the shop does, a code; and signing out.
//!
//! Whether there is such a person, neither the answer nor its time tells. Tries are counted by name and by address before
//! anything is compared, and every failure is in the audit log.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect},
};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{
    console::{
        Shop,
        guard::{self, Caller, Half, password::Unhashed, secret, totp},
        problem::{Answer, Problem},
        router::{Entry, Need, Object},
        shell::{self, Shell},
        visit::Visit,
        words::door::Words,
    },
    model::{agent, audit::Deed, ids::AgentName},
    store::{
        audit::Actor,
        people::Credentials,
        sessions::{NewSession, Stage},
    },
};

/// Where somebody goes who wanted no page in particular.
const HOME: &str = "/queue";

/// The longest address to come back to.
const MAX_NEXT: usize = 1000;

/// Whom the log names if nobody has the name that was tried. What was typed is not written down: it may be a password.
const UNKNOWN: &str = "(unknown)";

/// The routes of this area.
pub(super) fn routes() -> Vec<Entry> {
    vec![
        Entry::get("/", Need::SignedIn, Object::None, go_home),
        Entry::get("/login", Need::Nobody, Object::None, show),
        Entry::post("/login", Need::Nobody, Object::None, by_password),
        Entry::get("/login/code", Need::Nobody, Object::None, show_code),
        Entry::post("/login/code", Need::Nobody, Object::None, by_code),
        Entry::post("/logout", Need::SignedIn, Object::None, leave),
    ]
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    next: String,
    done: String,
}

/// What the forms of this page send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Given {
    name: String,
    password: SecretString,
    code: SecretString,
    next: String,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    shell: Shell,
    words: &'static Words,
    /// The name that was tried; with a code it is that of the session.
    name: &'a str,
    next: &'a str,
    problem: Option<String>,
    note: Option<&'static str>,
    /// What the form of the code brings along; none asks for name and password.
    csrf: Option<String>,
}

/// Why somebody was not let in.
struct Refused {
    status: StatusCode,
    text: String,
    /// For how long every try is refused.
    wait: Option<SignedDuration>,
}

impl Refused {
    fn of(status: StatusCode, text: &str) -> Self {
        Self { status, text: text.to_owned(), wait: None }
    }

    fn too_often(wait: SignedDuration, words: &Words) -> Self {
        Self { status: StatusCode::TOO_MANY_REQUESTS, text: in_words(wait, words), wait: Some(wait) }
    }
}

async fn go_home() -> Redirect {
    Redirect::to(HOME)
}

async fn show(State(shop): State<Shop>, visit: Visit, Query(wanted): Query<Wanted>) -> Answer {
    let next = local(&wanted.next);
    if visit.visitor.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    let words = Words::of(visit.tongue);
    let nobody = !shop.store.has_admin().await?;
    let note = nobody.then_some(words.nobody_yet).or((!wanted.done.is_empty()).then_some(words.password_set));
    let shell = Shell::of(&shop, &visit, None).await?;
    shell::page(&LoginPage { shell, words, name: "", next, problem: None, note, csrf: None })
}

async fn show_code(State(shop): State<Shop>, visit: Visit, caller: Caller, Query(wanted): Query<Wanted>) -> Answer {
    let Some(half) = &caller.half else { return Ok(Redirect::to("/login").into_response()) };
    let words = Words::of(visit.tongue);
    let shell = Shell::of(&shop, &visit, None).await?;
    let (name, next, csrf) = (half.name.as_str(), local(&wanted.next), Some(half.csrf.clone()));
    shell::page(&LoginPage { shell, words, name, next, problem: None, note: None, csrf })
}

async fn by_password(State(shop): State<Shop>, visit: Visit, caller: Caller, Form(given): Form<Given>) -> Answer {
    let now = Timestamp::now();
    let next = local(&given.next);
    match compare(&shop, &visit, &caller, &given, now).await? {
        Ok(found) => {
            let stage = if found.totp.is_some() { Stage::Code } else { Stage::Whole };
            let Some(cookie) = enter_if_same(&shop, &caller, &found, stage, now).await? else {
                let refused = Refused::of(StatusCode::UNAUTHORIZED, Words::of(visit.tongue).wrong);
                return refuse(&shop, &visit, &given, None, refused).await;
            };
            if stage == Stage::Code {
                let to = format!("/login/code?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC));
                return Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response());
            }
            shop.door.limits.succeeded(found.agent.name.as_str(), caller.address, now);
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response())
        }
        Err(refused) => refuse(&shop, &visit, &given, None, refused).await,
    }
}

/// Compares name and password.
async fn compare(
    shop: &Shop,
    visit: &Visit,
    caller: &Caller,
    given: &Given,
    now: Timestamp,
) -> Result<Result<Credentials, Refused>, Problem> {
    let words = Words::of(visit.tongue);
    let name = agent::login_name(&given.name).ok();
    // Names that nobody can have share one count.
    let counted = name.as_ref().map_or("", AgentName::as_str);
    if let Err(wait) = shop.door.limits.begin(counted, caller.address, now) {
        note_failure(shop, caller, UNKNOWN, "tried too often", now).await?;
        return Ok(Err(Refused::too_often(wait, words)));
    }
    let found = match &name {
        Some(name) => shop.store.credentials(name).await?,
        None => None,
    };
    let kept = found.as_ref().filter(|found| found.agent.is_active()).and_then(|found| found.password.clone());
    let right = match shop.door.passwords.is(given.password.clone(), kept).await {
        Ok(right) => right,
        Err(Unhashed::Busy) => {
            return Ok(Err(Refused::of(StatusCode::SERVICE_UNAVAILABLE, words.busy)));
        }
        Err(error) => return Err(Problem::Failed(error.to_string())),
    };
    let who = found.as_ref().map_or(UNKNOWN, |found| found.agent.name.as_str()).to_owned();
    let Some(found) = found.filter(|_| right) else {
        note_failure(shop, caller, &who, "the password was wrong", now).await?;
        return Ok(Err(Refused::of(StatusCode::UNAUTHORIZED, words.wrong)));
    };
    Ok(Ok(found))
}

async fn by_code(State(shop): State<Shop>, visit: Visit, caller: Caller, Form(given): Form<Given>) -> Answer {
    let now = Timestamp::now();
    let words = Words::of(visit.tongue);
    let Some(half) = &caller.half else { return Ok(Redirect::to("/login").into_response()) };
    if let Err(wait) = shop.door.limits.begin(half.name.as_str(), caller.address, now) {
        note_failure(&shop, &caller, half.name.as_str(), "tried too often", now).await?;
        let refused = Refused::too_often(wait, words);
        return refuse(&shop, &visit, &given, Some(half), refused).await;
    }
    // Read before the half session is looked for once more: what was changed earlier ended that one, and what is changed
    // later is seen below.
    let again = || Ok(Redirect::to("/login").into_response());
    let Some(found) = shop.store.credentials(&half.name).await? else { return again() };
    let waits = match &caller.session {
        Some(hash) => shop.store.session(hash, now).await?,
        None => None,
    };
    if !waits.is_some_and(|(session, _)| session.stage == Stage::Code) {
        return again();
    }
    if !takes_code(&shop, &caller, &half.name, &given.code, now).await? {
        note_failure(&shop, &caller, half.name.as_str(), "the code was wrong", now).await?;
        let refused = Refused::of(StatusCode::UNAUTHORIZED, words.wrong_code);
        return refuse(&shop, &visit, &given, Some(half), refused).await;
    }
    let Some(cookie) = enter_if_same(&shop, &caller, &found, Stage::Whole, now).await? else { return again() };
    shop.door.limits.succeeded(half.name.as_str(), caller.address, now);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(local(&given.next))).into_response())
}

/// Takes a code of an authenticator program, or a recovery code; each counts once.
async fn takes_code(
    shop: &Shop,
    caller: &Caller,
    name: &AgentName,
    typed: &SecretString,
    now: Timestamp,
) -> Result<bool, Problem> {
    let typed = typed.expose_secret();
    if totp::looks_like_recovery(typed) {
        let address = caller.address.to_string();
        let by = Actor { name: name.as_str(), address: &address };
        return Ok(shop.store.take_recovery_code(name, &totp::recovery_hash(typed), &by, now).await?);
    }
    let kept = shop.store.credentials(name).await?.and_then(|found| found.totp);
    match kept.and_then(|kept| totp::step_of(&kept, typed, now)) {
        Some(step) => Ok(shop.store.take_totp_step(name, step, now).await?),
        None => Ok(false),
    }
}

async fn leave(State(shop): State<Shop>, visit: Visit, caller: Caller) -> Answer {
    let visitor = visit.visitor()?;
    if let Some(session) = &caller.session {
        shop.store.end_session(session, &visitor.actor(), Timestamp::now()).await?;
    }
    let cookie = guard::cookie_taken(&caller, &shop)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}

/// Begins a session in place of the one that the browser brought, if it brought one, and returns the cookie for it.
pub(super) async fn enter(
    shop: &Shop,
    caller: &Caller,
    name: &AgentName,
    stage: Stage,
    now: Timestamp,
) -> Result<HeaderValue, Problem> {
    Ok(begin(shop, caller, name, stage, now).await?.1)
}

/// The same, if what was compared still holds: a password takes a while to compare, and a change that came meanwhile ended
/// all sessions but this one.
async fn enter_if_same(
    shop: &Shop,
    caller: &Caller,
    compared: &Credentials,
    stage: Stage,
    now: Timestamp,
) -> Result<Option<HeaderValue>, Problem> {
    let name = &compared.agent.name;
    let (hash, cookie) = begin(shop, caller, name, stage, now).await?;
    let text = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
    let holds = shop.store.credentials(name).await?.is_some_and(|kept| {
        kept.agent.is_active()
            && text(&kept.password) == text(&compared.password)
            && text(&kept.totp) == text(&compared.totp)
    });
    if holds {
        return Ok(Some(cookie));
    }
    let address = caller.address.to_string();
    shop.store.end_session(&hash, &Actor { name: name.as_str(), address: &address }, now).await?;
    Ok(None)
}

async fn begin(
    shop: &Shop,
    caller: &Caller,
    name: &AgentName,
    stage: Stage,
    now: Timestamp,
) -> Result<(String, HeaderValue), Problem> {
    let secret = secret::fresh().map_err(|error| Problem::Failed(error.to_string()))?;
    let hash = secret::hash(secret.expose_secret());
    let new = NewSession { hash: &hash, agent: name, stage, browser: &caller.browser };
    let address = caller.address.to_string();
    let by = Actor { name: name.as_str(), address: &address };
    shop.store.begin_session(&new, caller.session.as_deref(), &by, now).await?;
    let cookie = guard::cookie_given(secret.expose_secret(), caller, shop)?;
    Ok((hash, cookie))
}

/// Writes down that somebody did not get in; a flood of them is counted.
pub(super) async fn note_failure(
    shop: &Shop,
    caller: &Caller,
    name: &str,
    why: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let Some(kept_back) = shop.door.limits.tell(now) else { return Ok(()) };
    let more =
        if kept_back > 0 { format!("; {kept_back} more failures before were not written down") } else { String::new() };
    let address = caller.address.to_string();
    shop.store.note(&Actor { name, address: &address }, Deed::SignInFailed, &format!("{why}{more}"), now).await?;
    Ok(())
}

async fn refuse(shop: &Shop, visit: &Visit, given: &Given, half: Option<&Half>, refused: Refused) -> Answer {
    let shell = Shell::of(shop, visit, None).await?;
    let page = LoginPage {
        shell,
        words: Words::of(visit.tongue),
        name: half.map_or(given.name.as_str(), |half| half.name.as_str()),
        next: local(&given.next),
        problem: Some(refused.text),
        note: None,
        csrf: half.map(|half| half.csrf.clone()),
    };
    let mut answer = (refused.status, shell::page(&page)?).into_response();
    if let Some(wait) = refused.wait {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    Ok(answer)
}

/// Returns after how many seconds a wait is over.
fn whole_seconds(wait: SignedDuration) -> u64 {
    u64::try_from(wait.as_secs()).unwrap_or_default() + 1
}

/// Says how long to wait.
pub(super) fn in_words(wait: SignedDuration, words: &Words) -> String {
    let seconds = wait.as_secs().max(1);
    if seconds < 90 {
        return format!("{} {seconds} {}", words.too_many, words.seconds);
    }
    format!("{} {} {}", words.too_many, (seconds + 59) / 60, words.minutes)
}

/// Returns the page of this console to come back to. An address of somebody else's in its place leads home.
fn local(next: &str) -> &str {
    let inside = next.starts_with('/') && !next.starts_with("//") && next.len() <= MAX_NEXT;
    let sound = next.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    let door = ["/login", "/logout", "/setup", "/events"].iter().any(|own| next.starts_with(own));
    if inside && sound && !door { next } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site_after_the_login() {
        for (next, to) in [
            ("/tickets/12?from=mine", "/tickets/12?from=mine"),
            ("", HOME),
            ("tickets", HOME),
            ("//evil.example", HOME),
            ("/\\evil.example", HOME),
            ("https://evil.example", HOME),
            ("/\tevil", HOME),
            ("/ evil", HOME),
            ("javascript:alert(1)", HOME),
            ("/login?next=/login", HOME),
        ] {
            assert_eq!(local(next), to, "{next:?}");
        }
    }
}
