//! The rules in force: the list, one rule with its file, its examples and its texts, and the switch that pauses it.
//!
//! Rules are not edited here: files are the truth, and `check` says what is wrong with an edit before it is taken.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse as _, Redirect},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    check::{
        cases::CaseOutcome,
        portrait::{self, Portrait, Purpose},
    },
    console::{
        Shop, labels,
        path::Path,
        problem::{Answer, Problem},
        shell::{Place, Shell, page},
        visit::Visit,
        when::{Clock, Moment},
        words::{Tongue, desk, fill, rules::Words, switches},
    },
    desk::figures,
    engine::Engine,
    model::{
        agent::Role,
        ids::IntentId,
        language::Language,
        mode::Mode,
        switch::{Pause, Scope},
    },
    store::{
        drafts::DraftCounts,
        rule_counts::{RuleCounts, Tally},
    },
};

/// What counts as lately, and as far back as the list looks.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The longest reason of a pause; it stands on every ticket opened meanwhile.
const MAX_REASON: usize = 200;

/// So many of the newest drafts that were thrown away are told of: more than whoever mends a rule reads at once.
const REJECTED: u32 = 20;

/// The tab of the pages about rules that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// The list and single rules.
    Rules,
    /// Trying out a message.
    Playground,
    /// What is wrong with the files.
    Problems,
    /// When the files were read.
    History,
}

/// The tabs of the pages about rules.
#[derive(Debug)]
pub(super) struct Tabs {
    /// The one that is open.
    pub open: Tab,
    /// Their names.
    pub words: &'static Words,
}

impl Tabs {
    /// Returns the tabs with that one open.
    pub(super) fn of(tongue: Tongue, open: Tab) -> Self {
        Self { open, words: Words::of(tongue) }
    }
}

/// What of the list is wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    q: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    paused: String,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct List {
    shell: Shell,
    words: &'static Words,
    tabs: Tabs,
    filter: Filter,
    modes: Vec<Choice>,
    in_force: String,
    groups: Vec<Group>,
}

/// One entry of a list to choose from.
#[derive(Debug)]
pub(super) struct Choice {
    pub value: String,
    pub name: String,
    pub chosen: bool,
}

#[derive(Debug)]
struct Group {
    name: &'static str,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    id: String,
    title: String,
    action: &'static str,
    mode: &'static str,
    look: &'static str,
    languages: String,
    paused: Option<String>,
    lately: Tally,
    altogether: Tally,
    agreement: Option<Agreement>,
}

/// How often people agreed with a rule's drafts in the last 30 days; none where no person decided on one.
#[derive(Debug)]
struct Agreement {
    /// Those sent unchanged among those that a person decided on.
    share: String,
    /// How many there were of each, in words.
    counts: String,
}

/// What rules did in the last 7 and the last 30 days, and who paused them.
pub(super) struct Records {
    counts: BTreeMap<IntentId, RuleCounts>,
    /// What became of drafts in the last 30 days.
    pub drafts: BTreeMap<IntentId, DraftCounts>,
    /// Who paused what.
    pub paused: BTreeMap<IntentId, Pause>,
}

impl Records {
    /// Reads them, of the accounts that the visitor works for.
    pub(super) async fn read(shop: &Shop, visit: &Visit) -> Result<Self, Problem> {
        let accounts = visit.visitor()?.accounts.as_deref();
        let now = Timestamp::now();
        let counts = shop.store.rule_counts(accounts, now - MONTH, now - WEEK).await?;
        let counts = counts.into_iter().map(|counts| (counts.rule.clone(), counts)).collect();
        let drafts = shop.store.draft_counts(accounts, now - MONTH).await?;
        let drafts = drafts.into_iter().map(|drafts| (drafts.rule.clone(), drafts)).collect();
        Ok(Self { counts, drafts, paused: paused_rules(shop.store.pauses().await?) })
    }

    fn agreement(&self, rule: &IntentId, words: &Words) -> Option<Agreement> {
        let DraftCounts { sent, edited, rejected, .. } = self.drafts.get(rule)?;
        let share = figures::share(u64::from(*sent), u64::from(sent + edited + rejected))?;
        let counts = [sent, edited, rejected].map(ToString::to_string);
        let counts = fill(words.agreement_counts, &[&counts[0], &counts[1], &counts[2]]);
        Some(Agreement { share: figures::percent(Some(share)), counts })
    }

    /// Returns what a rule did in the last 7 and in the last 30 days.
    pub(super) fn tallies(&self, rule: &IntentId) -> (Tally, Tally) {
        self.counts.get(rule).map(|counts| (counts.lately, counts.altogether)).unwrap_or_default()
    }
}

/// Shows all rules, grouped by what they are about.
pub(super) async fn list(State(shop): State<Shop>, visit: Visit, Query(filter): Query<Filter>) -> Answer {
    let words = Words::of(visit.tongue);
    let records = Records::read(&shop, &visit).await?;
    let engine = shop.live.engine();
    let standing = shop.live.standing();
    let since = standing.in_force_since.to_zoned(engine.settings().desk.zone.clone());
    let in_force = fill_numbered(
        words.in_force,
        &[&standing.rules.to_string(), &since.strftime("%Y-%m-%d %H:%M").to_string(), &standing.rule_set],
    );
    let modes = [Mode::Auto, Mode::Suggest, Mode::Shadow, Mode::Off];
    let modes = modes.map(|mode| Choice {
        value: mode.as_str().to_owned(),
        name: mode_word(mode, words).0.to_owned(),
        chosen: filter.mode == mode.as_str(),
    });
    page(&List {
        shell: Shell::of(&shop, &visit, Some(Place::Rules)).await?,
        words,
        tabs: Tabs::of(visit.tongue, Tab::Rules),
        modes: modes.into(),
        in_force,
        groups: groups(&engine, &filter, &records, words),
        filter,
    })
}

/// Returns the paused rules with who paused them and why.
fn paused_rules(pauses: Vec<Pause>) -> BTreeMap<IntentId, Pause> {
    let of_rule = |pause: Pause| match &pause.scope {
        Scope::Rule(rule) => Some((rule.clone(), pause)),
        Scope::Shop | Scope::Account(_) => None,
    };
    pauses.into_iter().filter_map(of_rule).collect()
}

fn groups(engine: &Engine, filter: &Filter, records: &Records, words: &'static Words) -> Vec<Group> {
    let wanted: Vec<String> = filter.q.split_whitespace().map(str::to_lowercase).collect();
    let mut by_category: BTreeMap<_, Vec<Row>> = BTreeMap::new();
    for rule in engine.rules().rules() {
        let id = rule.id.as_str();
        let named = format!("{id} {}", rule.title).to_lowercase();
        let fits = |word: &String| {
            named.contains(word) || rule.examples.iter().any(|example| example.text.to_lowercase().contains(word))
        };
        let mode_fits = filter.mode.is_empty() || filter.mode == rule.mode.as_str();
        let pause = records.paused.get(&rule.id);
        if !mode_fits || !wanted.iter().all(fits) || (!filter.paused.is_empty() && pause.is_none()) {
            continue;
        }
        let (mode, look) = mode_word(rule.mode, words);
        let languages: Vec<&str> =
            rule.languages.iter().filter(|own| rule.speaks(**own)).map(Language::as_str).collect();
        by_category.entry(rule.category).or_default().push(Row {
            id: id.to_owned(),
            title: rule.title.clone(),
            action: action_word(rule.action.as_str(), words),
            mode,
            look,
            languages: languages.join(" "),
            paused: pause.map(Pause::who_and_why),
            lately: records.tallies(&rule.id).0,
            altogether: records.tallies(&rule.id).1,
            agreement: records.agreement(&rule.id, words),
        });
    }
    let group = |(category, rows): (_, Vec<Row>)| Group { name: category_word(category, words), rows };
    by_category.into_iter().map(|(category, rows)| group((category.as_str(), rows))).collect()
}

fn category_word(category: &str, words: &'static Words) -> &'static str {
    match category {
        "pre_sale" => words.pre_sale,
        "order" => words.order,
        "tracking" => words.tracking,
        "after_sale" => words.after_sale,
        "complaint" => words.complaint,
        "closing" => words.closing,
        "foreign" => words.foreign,
        _ => words.other,
    }
}

fn action_word(action: &str, words: &'static Words) -> &'static str {
    match action {
        "answer" => words.act_answer,
        "escalate" => words.act_escalate,
        _ => words.act_suppress,
    }
}

/// Returns the word for a mode and its look.
fn mode_word(mode: Mode, words: &'static Words) -> (&'static str, &'static str) {
    match mode {
        Mode::Off => (words.mode_off, ""),
        Mode::Shadow => (words.mode_shadow, ""),
        Mode::Suggest => (words.mode_suggest, "info"),
        Mode::Auto => (words.mode_auto, "good"),
    }
}

/// Puts values into `{}` in their order, or into `{0}`, `{1}` where a language has another order.
pub(super) fn fill_numbered(text: &str, values: &[&str]) -> String {
    let numbered = values
        .iter()
        .enumerate()
        .fold(text.to_owned(), |text, (index, value)| text.replace(&format!("{{{index}}}"), value));
    if numbered == text { fill(text, values) } else { numbered }
}

#[derive(Template)]
#[template(path = "rule.html")]
struct RulePage {
    shell: Shell,
    words: &'static Words,
    row: Row,
    category: &'static str,
    priority: i32,
    path: String,
    lines: Vec<String>,
    stale: bool,
    patterns: Vec<(String, Vec<String>)>,
    unless: Vec<(String, Vec<String>)>,
    held: String,
    all_hold: bool,
    examples: Vec<Example>,
    rivals: Vec<portrait::Rival>,
    texts: Vec<Text>,
    rejected: Vec<Rejected>,
    /// Whether the visitor may resume it; none may not even pause it, who works for some accounts.
    may_resume: Option<bool>,
}

#[derive(Debug)]
struct Example {
    language: String,
    text: String,
    expected: &'static str,
    holds: bool,
    result: String,
    why: String,
}

/// A draft that somebody threw away.
#[derive(Debug)]
struct Rejected {
    who: String,
    at: Moment,
    ticket: i64,
    reason: String,
    text: String,
}

#[derive(Debug)]
struct Text {
    purpose: &'static str,
    language: String,
    path: String,
    subject: Option<String>,
    words: String,
    problem: Option<String>,
    facts: Vec<String>,
}

/// Shows one rule.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Path(id): Path<String>) -> Answer {
    let words = Words::of(visit.tongue);
    let id = IntentId::new(id);
    let records = Records::read(&shop, &visit).await?;
    let in_force = shop.live.in_force();
    let drawn = {
        let (in_force, id) = (in_force.clone(), id.clone());
        // Every example of the rule is decided, which takes a moment.
        shop.busy.work(move || portrait::of(&in_force.engine, &in_force.sources, &id, Timestamp::now()))
    };
    let portrait = drawn.await?.ok_or(Problem::NotFound)?;
    let engine = &in_force.engine;
    let rule = engine.rules().rule(&id).ok_or(Problem::NotFound)?;
    let (mode, look) = mode_word(rule.mode, words);
    let languages: Vec<&str> = rule.languages.iter().map(Language::as_str).collect();
    let listed = |list: &[(Language, Vec<String>)]| {
        list.iter().map(|(language, texts)| (language.to_string(), texts.clone())).collect()
    };
    let held = portrait.examples.iter().filter(|example| example.outcome.holds()).count();
    let held = fill_numbered(words.examples_hold, &[&held.to_string(), &portrait.examples.len().to_string()]);
    page(&RulePage {
        row: Row {
            id: id.to_string(),
            title: rule.title.clone(),
            action: action_word(rule.action.as_str(), words),
            mode,
            look,
            languages: languages.join(" "),
            paused: records.paused.get(&id).map(Pause::who_and_why),
            lately: records.tallies(&id).0,
            altogether: records.tallies(&id).1,
            agreement: records.agreement(&id, words),
        },
        category: category_word(rule.category.as_str(), words),
        priority: rule.priority,
        path: portrait.path.clone(),
        lines: portrait.text.lines().map(str::to_owned).collect(),
        stale: shop.live.standing().stale.is_some(),
        patterns: listed(&portrait.patterns),
        unless: listed(&portrait.unless),
        held,
        all_hold: portrait.examples.iter().all(|example| example.outcome.holds()),
        examples: examples(&portrait, words),
        texts: texts(&portrait, words),
        rivals: portrait.rivals,
        rejected: rejected(&shop, &visit, &id).await?,
        may_resume: works_for_all(&visit)?.then_some(visit.visitor()?.role >= Role::Editor),
        shell: Shell::of(&shop, &visit, Some(Place::Rules)).await?,
        words,
    })
}

/// Returns what was wrong with the newest drafts of a rule that people threw away.
async fn rejected(shop: &Shop, visit: &Visit, rule: &IntentId) -> Result<Vec<Rejected>, Problem> {
    let visitor = visit.visitor()?;
    let (clock, desk) = (Clock::of(shop, visit), desk::Words::of(visit.tongue));
    let found = shop.store.rejections(rule, visitor.accounts.as_deref(), REJECTED).await?;
    let shown = found.into_iter().map(|rejection| Rejected {
        who: labels::actor(desk, &rejection.by, visitor.name.as_str()),
        at: clock.hour(rejection.at),
        ticket: rejection.ticket.0,
        reason: rejection.reason,
        text: rejection.text,
    });
    Ok(shown.collect())
}

fn examples(portrait: &Portrait, words: &'static Words) -> Vec<Example> {
    let shown = portrait.examples.iter().map(|example| {
        let result = match &example.outcome {
            CaseOutcome::Matched | CaseOutcome::Spared => words.holds.to_owned(),
            CaseOutcome::Missed => words.missed.to_owned(),
            CaseOutcome::StolenBy(thief) => fill(words.stolen, &[thief.as_str()]),
            CaseOutcome::FalseAlarm => words.false_alarm.to_owned(),
            CaseOutcome::BelowConfidence => words.below_confidence.to_owned(),
            CaseOutcome::NoCircumstance => words.no_circumstance.to_owned(),
        };
        let under = example.circumstance.as_deref().map(|under| fill(words.circumstance, &[under]));
        let why: Vec<&str> = [example.why.as_str(), under.as_deref().unwrap_or_default()]
            .into_iter()
            .filter(|why| !why.is_empty())
            .collect();
        Example {
            language: example.language.to_string(),
            text: example.text.clone(),
            expected: if example.matches { words.expect_match } else { words.expect_skip },
            holds: example.outcome.holds(),
            result,
            why: why.join("; "),
        }
    });
    shown.collect()
}

fn texts(portrait: &Portrait, words: &'static Words) -> Vec<Text> {
    let shown = portrait.texts.iter().map(|specimen| {
        let purpose = match specimen.purpose {
            Purpose::Answer => words.for_answer,
            Purpose::Ack => words.for_ack,
            Purpose::Ask => words.for_ask,
        };
        let (subject, said, problem) = match &specimen.text {
            Ok((subject, text)) => (subject.clone(), text.clone(), None),
            Err(why) => (None, String::new(), Some(fill(words.cannot_be_written, &[why]))),
        };
        Text {
            purpose,
            language: specimen.language.to_string(),
            path: specimen.path.clone(),
            subject,
            words: said,
            problem,
            facts: specimen.facts.iter().map(|fact| format!("{} = {}", fact.name, fact.value)).collect(),
        }
    });
    shown.collect()
}

/// The form that pauses a rule.
#[derive(Debug, Deserialize)]
pub(super) struct PauseForm {
    #[serde(default)]
    reason: String,
}

/// Pauses a rule.
pub(super) async fn pause(
    State(shop): State<Shop>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<PauseForm>,
) -> Answer {
    let id = known(&shop, id)?;
    for_all(&visit)?;
    let reason = reason(&form.reason, "paused in the console", visit.tongue)?;
    let by = visit.visitor()?.name.to_string();
    shop.store.pause(&Scope::Rule(id.clone()), &reason, &by, Timestamp::now()).await?;
    Ok(Redirect::to(&format!("/rules/{id}")).into_response())
}

/// Lets a rule answer again.
pub(super) async fn resume(State(shop): State<Shop>, visit: Visit, Path(id): Path<String>) -> Answer {
    let id = IntentId::new(id);
    for_all(&visit)?;
    let by = visit.visitor()?.name.to_string();
    // That somebody else was faster is no problem of the visitor's: the rule answers.
    let _ended = shop.store.resume(&Scope::Rule(id.clone()), &by, Timestamp::now()).await?;
    let shown = shop.live.engine().rules().rule(&id).is_some();
    Ok(Redirect::to(&if shown { format!("/rules/{id}") } else { "/situations".to_owned() }).into_response())
}

fn known(shop: &Shop, id: String) -> Result<IntentId, Problem> {
    let id = IntentId::new(id);
    if shop.live.engine().rules().rule(&id).is_some() { Ok(id) } else { Err(Problem::NotFound) }
}

/// Returns the reason as it is kept: one line, never empty.
pub(super) fn reason(written: &str, otherwise: &str, tongue: Tongue) -> Result<String, Problem> {
    let reason = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.chars().count() > MAX_REASON {
        let words = switches::Words::of(tongue);
        return Err(Problem::Bad(fill(words.reason_too_long, &[&MAX_REASON.to_string()])));
    }
    Ok(if reason.is_empty() { otherwise.to_owned() } else { reason })
}

/// Returns whether the visitor works for every account.
fn works_for_all(visit: &Visit) -> Result<bool, Problem> {
    Ok(visit.visitor()?.accounts.is_none())
}

/// Refuses whoever works for some accounts: a rule speaks for all of them.
fn for_all(visit: &Visit) -> Result<(), Problem> {
    if works_for_all(visit)? {
        Ok(())
    } else {
        Err(Problem::Bad(switches::Words::of(visit.tongue).not_yours.to_owned()))
    }
}
