//! What people switch by hand: situations beside their dates, and pauses of the shop, of an account, of a rule.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::{Timestamp, ToSpan as _, civil, tz::TimeZone};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::{
    console::{
        Shop,
        path::Path,
        problem::{Answer, Problem},
        problems::hour,
        rules::reason,
        shell::{Place, Shell, page},
        visit::{Visit, Visitor},
        words::{Tongue, fill, switches::Words},
    },
    model::{
        agent::Role,
        ids::{AccountName, IntentId},
        language::Language,
        switch::{Pause, Scope, SituationSwitch},
    },
    replies::situations::{Situation, Standing},
};

/// The longest time a switch may hold, in days: whoever forgets it is not told wrong things for ever.
const LONGEST_DAYS: i64 = 366;
/// The last day that is proposed is so many days ahead.
const PROPOSED_DAYS: i64 = 7;

#[derive(Template)]
#[template(path = "situations.html")]
struct Page {
    shell: Shell,
    words: &'static Words,
    situations: Vec<Row>,
    pauses: Vec<PauseRow>,
    accounts: Vec<String>,
    restore: Option<String>,
    proposed: String,
    earliest: String,
    latest: String,
    whole: bool,
    may_switch: bool,
}

#[derive(Debug)]
struct Row {
    id: String,
    href: String,
    title: String,
    text: String,
    state: &'static str,
    look: &'static str,
    days: Option<String>,
    by: Option<String>,
    extra_days: Option<String>,
    made_up: bool,
    on: bool,
}

#[derive(Debug)]
struct PauseRow {
    what: String,
    href: Option<String>,
    who: String,
    since: String,
    word: &'static str,
    name: String,
    yours: bool,
}

/// Shows every situation and every pause.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit) -> Answer {
    let words = Words::of(visit.tongue);
    let visitor = visit.visitor()?;
    let engine = shop.live.engine();
    let zone = &engine.settings().desk.zone;
    let today = Timestamp::now().to_zoned(zone.clone()).date();
    let switches = shop.store.situation_switches().await?;
    let rows = engine.replies().situations().iter();
    let rows = rows.map(|situation| row(situation, &switches, today, zone, visit.tongue));
    let day = |days: i64| today.checked_add(days.days()).unwrap_or(today).to_string();
    let restore = shop.store.restore().await?;
    let restore = restore.map(|restore| fill(words.restore, &[&hour(restore.noticed_at, zone), &restore.reason]));
    let pauses = shop.store.pauses().await?;
    let shown = |pause: &&Pause| may_know(visitor, &pause.scope);
    page(&Page {
        situations: rows.collect(),
        pauses: pauses.iter().filter(shown).map(|pause| pause_row(pause, visitor, zone, words)).collect(),
        accounts: shop.accounts.names().into_iter().filter(|name| sees(visitor, name)).collect(),
        restore,
        proposed: day(PROPOSED_DAYS),
        earliest: today.to_string(),
        latest: day(LONGEST_DAYS),
        whole: visitor.accounts.is_none(),
        may_switch: visitor.role >= Role::Editor,
        shell: Shell::of(&shop, &visit, Some(Place::Situations)).await?,
        words,
    })
}

/// Returns whether an account is the visitor's to switch.
fn sees(visitor: &Visitor, account: &str) -> bool {
    visitor.accounts.as_ref().is_none_or(|own| own.iter().any(|name| name.as_str() == account))
}

/// Returns whether the visitor may know of a pause: of accounts that somebody does not work for nothing is told, not even
/// that they pause.
pub(super) fn may_know(visitor: &Visitor, scope: &Scope) -> bool {
    !matches!(scope, Scope::Account(_)) || is_theirs(visitor, scope)
}

/// Returns whether a pause is the visitor's to begin or to end: what concerns all accounts is not for somebody who works
/// for some of them.
fn is_theirs(visitor: &Visitor, scope: &Scope) -> bool {
    match scope {
        Scope::Shop | Scope::Rule(_) => visitor.accounts.is_none(),
        Scope::Account(account) => sees(visitor, account.as_str()),
    }
}

fn row(
    situation: &Situation,
    switches: &[SituationSwitch],
    today: civil::Date,
    zone: &TimeZone,
    tongue: Tongue,
) -> Row {
    let words = Words::of(tongue);
    let standing = situation.standing(switches, today);
    let (state, look) = match standing {
        Standing::On { by: Some(_), .. } => (words.switched_on, "warn"),
        Standing::On { by: None, .. } => (words.in_force, "good"),
        Standing::Off(_) => (words.switched_off, "bad"),
        Standing::Later { .. } => (words.upcoming, "info"),
        Standing::Over => (words.over, ""),
    };
    let (days, by) = match standing {
        Standing::On { until, by, .. } => (Some(fill(words.until, &[&until.to_string()])), by),
        Standing::Off(switch) => (Some(fill(words.until, &[&switch.until.to_string()])), Some(switch)),
        Standing::Later { from, to } => (Some(fill(words.from_to, &[&from.to_string(), &to.to_string()])), None),
        Standing::Over => (None, None),
    };
    Row {
        id: situation.id.clone(),
        href: format!("/situations/{}", utf8_percent_encode(&situation.id, NON_ALPHANUMERIC)),
        title: said(&situation.title, tongue),
        text: said(&situation.text, tongue),
        state,
        look,
        days,
        by: by.map(|by| fill(words.by_whom, &[&by.by, &hour(by.at, zone), &by.reason])),
        extra_days: situation.extra_days.map(|days| fill(words.extra_days, &[&days.to_string()])),
        made_up: situation.example.is_some(),
        on: matches!(standing, Standing::On { .. }),
    }
}

/// Returns the text in the reader's language, or in whichever there is.
fn said(texts: &BTreeMap<Language, String>, tongue: Tongue) -> String {
    let own = if tongue == Tongue::Chinese { Language::ZH } else { Language::EN };
    texts.get(&own).or_else(|| texts.values().next()).cloned().unwrap_or_default()
}

fn pause_row(pause: &Pause, visitor: &Visitor, zone: &TimeZone, words: &Words) -> PauseRow {
    let (what, href) = match &pause.scope {
        Scope::Shop => (words.the_shop.to_owned(), None),
        Scope::Account(account) => (fill(words.the_account, &[account.as_str()]), None),
        Scope::Rule(rule) => (fill(words.the_rule, &[rule.as_str()]), Some(format!("/rules/{rule}"))),
    };
    PauseRow {
        what,
        href,
        who: pause.who_and_why(),
        since: fill(words.since, &[&hour(pause.at, zone)]),
        word: pause.scope.word(),
        name: pause.scope.name().to_owned(),
        yours: is_theirs(visitor, &pause.scope),
    }
}

/// The form of one situation.
#[derive(Debug, Deserialize)]
pub(super) struct SwitchForm {
    /// `on`, `off`, or `auto` for its dates.
    pub act: String,
    /// The last day.
    #[serde(default)]
    pub until: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Switches a situation by hand, or lets its dates decide again.
pub(super) async fn switch(
    State(shop): State<Shop>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<SwitchForm>,
) -> Answer {
    set(&shop, &visit, id, &form).await?;
    Ok(back())
}

/// Switches a situation for a person or a program.
pub(super) async fn set(shop: &Shop, visit: &Visit, id: String, form: &SwitchForm) -> Result<(), Problem> {
    let visitor = visit.visitor()?;
    let words = Words::of(visit.tongue);
    if visitor.accounts.is_some() {
        return Err(Problem::Bad(words.not_yours.to_owned()));
    }
    let (by, now) = (visitor.name.to_string(), Timestamp::now());
    let engine = shop.live.engine();
    let is_known = engine.replies().situations().iter().any(|situation| situation.id == id);
    if form.act == "auto" {
        // One that was removed can still be switched by somebody.
        let ended = shop.store.unswitch_situation(&id, &by, now).await?;
        return if ended || is_known { Ok(()) } else { Err(Problem::NotFound) };
    }
    if !is_known {
        return Err(Problem::NotFound);
    }
    let since = now.to_zoned(engine.settings().desk.zone.clone()).date();
    let latest = since.checked_add(LONGEST_DAYS.days()).unwrap_or(since);
    let until: Option<civil::Date> = form.until.trim().parse().ok();
    let until = until.filter(|until| (since..=latest).contains(until));
    let until = until.ok_or_else(|| Problem::Bad(words.bad_day.to_owned()))?;
    let reason = reason(&form.reason, "switched at the desk", visit.tongue)?;
    let switch = SituationSwitch { situation: id, on: form.act == "on", since, until, reason, by, at: now };
    Ok(shop.store.switch_situation(&switch).await?)
}

fn back() -> Response {
    Redirect::to("/situations").into_response()
}

/// Which pause, and why.
#[derive(Debug, Deserialize)]
pub(super) struct ScopeForm {
    /// `shop`, `account` or `rule`.
    pub scope: String,
    /// The account or the rule.
    #[serde(default)]
    pub name: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

impl ScopeForm {
    /// Returns what is meant, if there is such a thing and it is the visitor's to switch. A rule that was removed can
    /// still be resumed.
    fn scope(&self, shop: &Shop, visit: &Visit, begins: bool) -> Result<Scope, Problem> {
        // One field of the form names the account as well: `account:support`.
        let (word, name) = self.scope.split_once(':').unwrap_or((&self.scope, &self.name));
        let scope = match word {
            "shop" => Scope::Shop,
            "account" => Scope::Account(AccountName::new(name)),
            "rule" => Scope::Rule(IntentId::new(name)),
            _ => return Err(Problem::NotFound),
        };
        let known = match &scope {
            Scope::Shop => true,
            Scope::Account(account) => shop.accounts.names().iter().any(|name| name == account.as_str()),
            Scope::Rule(rule) => shop.live.engine().rules().rule(rule).is_some(),
        };
        if begins && !known {
            return Err(Problem::NotFound);
        }
        let visitor = visit.visitor()?;
        match &scope {
            // An account that is not theirs does not exist for them.
            Scope::Account(_) if !is_theirs(visitor, &scope) => Err(Problem::NotFound),
            _ if !is_theirs(visitor, &scope) => Err(Problem::Bad(Words::of(visit.tongue).not_yours.to_owned())),
            _ => Ok(scope),
        }
    }
}

/// Pauses automatic answers.
pub(super) async fn pause(State(shop): State<Shop>, visit: Visit, Form(form): Form<ScopeForm>) -> Answer {
    begin(&shop, &visit, &form).await?;
    Ok(back())
}

/// Pauses automatic answers for a person or a program.
pub(super) async fn begin(shop: &Shop, visit: &Visit, form: &ScopeForm) -> Result<(), Problem> {
    let scope = form.scope(shop, visit, true)?;
    let reason = reason(&form.reason, "paused at the desk", visit.tongue)?;
    let by = visit.visitor()?.name.to_string();
    Ok(shop.store.pause(&scope, &reason, &by, Timestamp::now()).await?)
}

#[derive(Template)]
#[template(path = "resume.html")]
struct Confirm {
    shell: Shell,
    words: &'static Words,
    paused: String,
}

/// Asks whether the shop shall answer by itself again.
pub(super) async fn confirm(State(shop): State<Shop>, visit: Visit) -> Answer {
    let Some(paused) = shop.store.paused().await? else { return Ok(back()) };
    let shell = Shell::of(&shop, &visit, Some(Place::Situations)).await?;
    page(&Confirm { shell, words: Words::of(visit.tongue), paused })
}

/// Lets automatic answers go on.
pub(super) async fn resume(State(shop): State<Shop>, visit: Visit, Form(form): Form<ScopeForm>) -> Answer {
    end(&shop, &visit, &form).await?;
    Ok(back())
}

/// Lets automatic answers go on, for a person or a program.
pub(super) async fn end(shop: &Shop, visit: &Visit, form: &ScopeForm) -> Result<(), Problem> {
    let scope = form.scope(shop, visit, false)?;
    let by = visit.visitor()?.name.to_string();
    // That somebody else was faster is no problem of the visitor's: it answers.
    let _ended = shop.store.resume(&scope, &by, Timestamp::now()).await?;
    Ok(())
}
