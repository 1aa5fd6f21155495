//! What people switch by hand: situations beside their dates, and pauses.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{Told, input::Sent, problem::ApiProblem},
        path::Path,
        problem::Problem,
        situations::{self, ScopeForm, SwitchForm},
        visit::{Visit, Visitor},
    },
    model::{
        language::Language,
        switch::{Pause, SituationSwitch},
    },
    replies::situations::{Situation, Standing},
};

/// Every situation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SituationList {
    /// As replies/_situations.yaml lists them.
    situations: Vec<SituationLine>,
}

/// One situation.
#[derive(Debug, Serialize, ToSchema)]
struct SituationLine {
    /// Its id.
    id: String,
    /// What it is, by language.
    title: BTreeMap<String, String>,
    /// What it does to orders, by language.
    text: BTreeMap<String, String>,
    /// How many days it adds to a delivery.
    extra_days: Option<u16>,
    /// Where it stands today.
    state: SituationState,
    /// The first day of its time: of the present one, or of the next.
    since: Option<civil::Date>,
    /// The last day of it.
    until: Option<civil::Date>,
    /// Somebody switched it by hand.
    switched: Option<Switched>,
    /// The starter pack made it up.
    made_up: bool,
}

/// Where a situation stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SituationState {
    /// Answers speak of it.
    On,
    /// Somebody switched it off; its dates say nothing until `until`.
    Off,
    /// Its time comes.
    Later,
    /// Its time is over.
    Over,
}

/// Who switched a situation.
#[derive(Debug, Serialize, ToSchema)]
struct Switched {
    /// Who.
    by: String,
    /// When.
    at: Timestamp,
    /// Why.
    reason: String,
}

/// What is paused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PauseList {
    /// In no order that means anything.
    pauses: Vec<PauseInForce>,
}

/// One pause.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PauseInForce {
    /// `shop`, `account` or `rule`.
    scope: String,
    /// The account or the rule; none for the shop.
    name: Option<String>,
    /// Why.
    reason: String,
    /// Who paused it.
    by: String,
    /// When.
    at: Timestamp,
}

impl PauseInForce {
    /// Tells of a pause.
    pub(super) fn of(pause: &Pause) -> Self {
        Self {
            scope: pause.scope.word().to_owned(),
            name: Some(pause.scope.name().to_owned()).filter(|name| !name.is_empty()),
            reason: pause.reason.clone(),
            by: pause.by.clone(),
            at: pause.at,
        }
    }
}

/// How a situation is to stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SituationRequest {
    /// How.
    switch: Switch,
    /// The last day, by the desk's clock; today or within a year. Not with `by_dates`.
    #[serde(default)]
    until: Option<civil::Date>,
    /// Why; it stands in the history. Not with `by_dates`.
    #[serde(default)]
    reason: String,
}

/// How a situation is to stand.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Switch {
    /// In force, whatever its dates say.
    On,
    /// Not in force, whatever its dates say.
    Off,
    /// As its dates say.
    ByDates,
}

/// What is to be paused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PauseRequest {
    /// How far it reaches.
    scope: PauseScope,
    /// The account or the rule; nothing for the shop.
    #[serde(default)]
    name: String,
    /// Why; it stands on every ticket opened meanwhile.
    #[serde(default)]
    reason: String,
}

/// What is to answer again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResumeRequest {
    /// How far the pause reaches.
    scope: PauseScope,
    /// The account or the rule; nothing for the shop.
    #[serde(default)]
    name: String,
}

/// How far a pause reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PauseScope {
    /// Everything automatic.
    Shop,
    /// What one mailbox or bot would send by itself.
    Account,
    /// What one rule would say.
    Rule,
}

/// Every situation, and whether it is in force.
#[utoipa::path(
    get, path = "/api/v1/situations", operation_id = "list_situations", tag = "switches",
    responses((status = 200, description = "The situations", body = SituationList))
)]
pub(super) async fn situations(State(shop): State<Shop>) -> Told<SituationList> {
    listed(&shop).await
}

async fn listed(shop: &Shop) -> Told<SituationList> {
    let engine = shop.live.engine();
    let today = Timestamp::now().to_zoned(engine.settings().desk.zone.clone()).date();
    let switches = shop.store.situation_switches().await?;
    let situations = engine.replies().situations().iter();
    Ok(Json(SituationList { situations: situations.map(|situation| line(situation, &switches, today)).collect() }))
}

fn line(situation: &Situation, switches: &[SituationSwitch], today: civil::Date) -> SituationLine {
    let (state, since, until, by) = match situation.standing(switches, today) {
        Standing::On { since, until, by } => (SituationState::On, Some(since), Some(until), by),
        Standing::Off(switch) => (SituationState::Off, None, Some(switch.until), Some(switch)),
        Standing::Later { from, to } => (SituationState::Later, Some(from), Some(to), None),
        Standing::Over => (SituationState::Over, None, None, None),
    };
    SituationLine {
        id: situation.id.clone(),
        title: by_language(&situation.title),
        text: by_language(&situation.text),
        extra_days: situation.extra_days,
        state,
        since,
        until,
        switched: by.map(|switch| Switched { by: switch.by.clone(), at: switch.at, reason: switch.reason.clone() }),
        made_up: situation.example.is_some(),
    }
}

fn by_language(texts: &BTreeMap<Language, String>) -> BTreeMap<String, String> {
    texts.iter().map(|(language, text)| (language.to_string(), text.clone())).collect()
}

/// What is paused: while it is, what the machine would answer becomes a ticket.
#[utoipa::path(
    get, path = "/api/v1/pauses", operation_id = "list_pauses", tag = "switches",
    responses((status = 200, description = "The pauses", body = PauseList))
)]
pub(super) async fn pauses(State(shop): State<Shop>, visit: Visit) -> Told<PauseList> {
    in_force(&shop, visit.visitor()?).await
}

async fn in_force(shop: &Shop, visitor: &Visitor) -> Told<PauseList> {
    let pauses = shop.store.pauses().await?;
    let shown = pauses.iter().filter(|pause| situations::may_know(visitor, &pause.scope));
    Ok(Json(PauseList { pauses: shown.map(PauseInForce::of).collect() }))
}

/// Switches a situation by hand, or lets its dates decide again.
#[utoipa::path(
    post, path = "/api/v1/situations/{situation}", operation_id = "switch_situation", tag = "switches",
    params(("situation" = String, Path, description = "The id of the situation")),
    request_body = SituationRequest,
    responses((status = 200, description = "The situations afterwards", body = SituationList))
)]
pub(super) async fn switch(
    State(shop): State<Shop>,
    visit: Visit,
    Path(situation): Path<String>,
    Sent(request): Sent<SituationRequest>,
) -> Told<SituationList> {
    whole_shop(visit.visitor()?)?;
    let told_more = request.until.is_some() || !request.reason.is_empty();
    if matches!(request.switch, Switch::ByDates) && told_more {
        return Err(ApiProblem::invalid(
            "`by_dates` takes no `until` and no `reason`: the dates of the situation decide.",
        ));
    }
    let act = match request.switch {
        Switch::On => "on",
        Switch::Off => "off",
        Switch::ByDates => "auto",
    };
    let until = request.until.map(|day| day.to_string()).unwrap_or_default();
    let form = SwitchForm { act: act.to_owned(), until, reason: request.reason };
    situations::set(&shop, &visit, situation, &form).await?;
    listed(&shop).await
}

/// Pauses automatic answers; what would be answered becomes a ticket.
#[utoipa::path(
    post, path = "/api/v1/pauses", operation_id = "pause", tag = "switches", request_body = PauseRequest,
    responses((status = 200, description = "The pauses afterwards", body = PauseList))
)]
pub(super) async fn pause(
    State(shop): State<Shop>,
    visit: Visit,
    Sent(request): Sent<PauseRequest>,
) -> Told<PauseList> {
    let form = form(visit.visitor()?, request.scope, request.name, request.reason)?;
    situations::begin(&shop, &visit, &form).await?;
    in_force(&shop, visit.visitor()?).await
}

/// Lets automatic answers go on.
#[utoipa::path(
    post, path = "/api/v1/pauses/resume", operation_id = "resume", tag = "switches", request_body = ResumeRequest,
    responses((status = 200, description = "The pauses afterwards", body = PauseList))
)]
pub(super) async fn resume(
    State(shop): State<Shop>,
    visit: Visit,
    Sent(request): Sent<ResumeRequest>,
) -> Told<PauseList> {
    let form = form(visit.visitor()?, request.scope, request.name, String::new())?;
    situations::end(&shop, &visit, &form).await?;
    in_force(&shop, visit.visitor()?).await
}

fn form(visitor: &Visitor, scope: PauseScope, name: String, reason: String) -> Result<ScopeForm, ApiProblem> {
    let scope = match scope {
        PauseScope::Shop if !name.is_empty() => return Err(ApiProblem::invalid("`name`: the shop has none here.")),
        PauseScope::Shop => "shop",
        PauseScope::Account => "account",
        PauseScope::Rule => "rule",
    };
    if scope != "account" {
        whole_shop(visitor)?;
    }
    Ok(ScopeForm { scope: scope.to_owned(), name, reason })
}

/// What concerns all accounts is not for a token of some of them.
fn whole_shop(visitor: &Visitor) -> Result<(), ApiProblem> {
    if visitor.accounts.is_some() { Err(Problem::Forbidden.into()) } else { Ok(()) }
}
