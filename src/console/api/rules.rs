//! The rules in force, with what they did lately and what people threw away of it.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{Told, switches::PauseInForce},
        path::Path,
        problem::Problem,
        rules::Records,
        visit::Visit,
    },
    engine::Engine,
    model::{ids::IntentId, language::Language, mode::Mode},
    store::{drafts::DraftCounts, rejections::MOST_REJECTED, rule_counts::Tally},
};

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RuleList {
    /// The hash that every decision records.
    rule_set: String,
    /// Since when they are in force.
    in_force_since: Timestamp,
    /// The files were edited and cannot be used; these are the last good ones.
    stale: bool,
    /// By id.
    rules: Vec<RuleLine>,
}

/// One rule.
#[derive(Debug, Serialize, ToSchema)]
struct RuleLine {
    /// Its id, which is the intent.
    id: String,
    /// What it is about, in a few words.
    title: String,
    /// The part of the shop's work it belongs to.
    category: String,
    /// `answer`, `escalate` or `suppress`.
    action: String,
    /// How far it is trusted.
    mode: Mode,
    /// The languages it answers in.
    languages: Vec<String>,
    /// Somebody paused it.
    paused: Option<PauseInForce>,
    /// Of the last 7 days.
    week: RuleTally,
    /// Of the last 30 days.
    month: RuleTally,
    /// What people did with its drafts in the last 30 days, in accounts that the token reaches.
    drafts: DraftTally,
}

/// Messages in which a rule stood.
#[derive(Debug, Serialize, ToSchema)]
struct RuleTally {
    /// All of them.
    matched: u32,
    /// Those it answered by itself.
    answered: u32,
    /// Those for which it made a draft.
    drafted: u32,
}

/// What people did with the drafts of a rule.
#[derive(Debug, Serialize, ToSchema)]
struct DraftTally {
    /// Sent as they stood.
    sent: u32,
    /// Sent with other words.
    edited: u32,
    /// Thrown away as wrong.
    rejected: u32,
    /// Passed over.
    unused: u32,
    /// Sent as they stood among those that were decided on, 0 to 1; none where there were none.
    agreement: Option<f64>,
}

/// Drafts of a rule that people threw away.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RejectedList {
    /// The newest first, at most 100.
    drafts: Vec<RejectedDraft>,
}

/// A draft that somebody threw away.
#[derive(Debug, Serialize, ToSchema)]
struct RejectedDraft {
    /// When.
    at: Timestamp,
    /// Who.
    by: String,
    /// In which ticket.
    ticket: i64,
    /// What they said was wrong; may be empty.
    reason: String,
    /// The words of the draft.
    text: String,
}

/// What people said was wrong with the drafts of a rule that they threw away.
#[utoipa::path(
    get, path = "/api/v1/rules/{rule}/rejected", operation_id = "list_rejected_drafts", tag = "rules",
    params(("rule" = String, Path, description = "The id of the rule")),
    responses((status = 200, description = "The drafts", body = RejectedList))
)]
pub(super) async fn rejected(State(shop): State<Shop>, visit: Visit, Path(rule): Path<String>) -> Told<RejectedList> {
    let rule = IntentId::new(rule);
    shop.live.engine().rules().rule(&rule).ok_or(Problem::NotFound)?;
    let accounts = visit.visitor()?.accounts.as_deref();
    let found = shop.store.rejections(&rule, accounts, MOST_REJECTED).await?;
    let drafts = found.into_iter().map(|rejection| RejectedDraft {
        at: rejection.at,
        by: rejection.by,
        ticket: rejection.ticket.0,
        reason: rejection.reason,
        text: rejection.text,
    });
    Ok(Json(RejectedList { drafts: drafts.collect() }))
}

/// The rules in force: how far each is trusted, what it did lately, and how often people agreed with it.
#[utoipa::path(
    get, path = "/api/v1/rules", operation_id = "list_rules", tag = "rules",
    responses((status = 200, description = "The rules", body = RuleList))
)]
pub(super) async fn list(State(shop): State<Shop>, visit: Visit) -> Told<RuleList> {
    let records = Records::read(&shop, &visit).await?;
    let (engine, standing) = (shop.live.engine(), shop.live.standing());
    Ok(Json(RuleList {
        rule_set: standing.rule_set,
        in_force_since: standing.in_force_since,
        stale: standing.stale.is_some(),
        rules: lines(&engine, &records),
    }))
}

fn lines(engine: &Engine, records: &Records) -> Vec<RuleLine> {
    let lines = engine.rules().rules().iter().map(|rule| {
        let (week, month) = records.tallies(&rule.id);
        let languages = rule.languages.iter().filter(|own| rule.speaks(**own));
        RuleLine {
            id: rule.id.to_string(),
            title: rule.title.clone(),
            category: rule.category.as_str().to_owned(),
            action: rule.action.as_str().to_owned(),
            mode: rule.mode,
            languages: languages.map(Language::to_string).collect(),
            paused: records.paused.get(&rule.id).map(PauseInForce::of),
            week: tally(week),
            month: tally(month),
            drafts: drafts(&rule.id, records.drafts.get(&rule.id)),
        }
    });
    let mut lines: Vec<RuleLine> = lines.collect();
    lines.sort_by(|one, other| one.id.cmp(&other.id));
    lines
}

fn tally(tally: Tally) -> RuleTally {
    RuleTally { matched: tally.matched, answered: tally.answered, drafted: tally.drafted }
}

fn drafts(rule: &IntentId, counted: Option<&DraftCounts>) -> DraftTally {
    let none = DraftCounts { rule: rule.clone(), sent: 0, edited: 0, rejected: 0, unused: 0 };
    let DraftCounts { sent, edited, rejected, unused, .. } = *counted.unwrap_or(&none);
    let decided = sent + edited + rejected;
    let agreement = (decided > 0).then(|| f64::from(sent) / f64::from(decided));
    DraftTally { sent, edited, rejected, unused, agreement }
}
