//! Reports with charts, over the accounts that the visitor may see.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::header,
    response::IntoResponse as _,
};
use jiff::{Timestamp, tz::TimeZone};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::{
    console::{
        Shop, labels,
        problem::{Answer, Problem},
        shell::{Place, Shell, page},
        unrecognized,
        visit::{Visit, Visitor},
        words::{Tongue, desk, fill, reports::Words},
    },
    desk::{
        chart::{self, Series},
        complaints::{self, CauseLine},
        days,
        figures::{self, DraftLine, Outcomes, Report, Speed},
        sheet,
    },
    model::{
        audit::Deed,
        closing::CloseResult,
        figures::{Days, Ending},
        ids::{AccountName, TicketId},
        satisfaction::BEST,
    },
    store::satisfaction::Satisfaction,
};

/// What is shown when nothing was asked for.
const USUAL: &str = "7d";

/// The night, as the tabs name it.
const NIGHT: &str = "night";

/// Intents that are drawn; the terminal's `report coverage` has them all.
const TOP: usize = 15;

/// What was asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// Since when; empty: seven days.
    #[serde(default)]
    pub since: String,
    /// Only this account; empty: all that the visitor may see.
    #[serde(default)]
    pub account: String,
}

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    shell: Shell,
    words: &'static Words,
    since: String,
    query: String,
    stretch: String,
    tabs: Vec<Tab>,
    accounts: Vec<Choice>,
    tiles: Vec<Tile>,
    overdue: Vec<Late>,
    charts: Vec<Figure>,
    /// What became of drafts, as a table that `desk::chart` escaped; none where there were none.
    drafts: Option<String>,
    complaints: Vec<Cause>,
}

/// What complaints and disputes of one cause came to.
struct Cause {
    name: String,
    closed: u64,
    paid_for: u64,
    paid: String,
    results: String,
}

/// A time that is often asked for.
struct Tab {
    since: &'static str,
    name: &'static str,
    here: bool,
}

/// An account to choose.
struct Choice {
    name: String,
    here: bool,
}

/// One number in large.
struct Tile {
    name: &'static str,
    value: String,
    more: String,
}

/// A ticket past its clock.
struct Late {
    ticket: TicketId,
    subject: String,
    by: String,
}

/// A chart with its words and its numbers. `svg` and `table` are markup that `desk::chart` escaped.
struct Figure {
    title: &'static str,
    svg: String,
    table: String,
    legend: Vec<Key>,
    /// Where more of it is read: the words and the address.
    more: Option<(String, String)>,
}

/// What a color means.
struct Key {
    class: &'static str,
    name: &'static str,
}

/// What a page or a table is made of.
pub(super) struct Counted {
    /// The figures.
    pub report: Report,
    causes: Vec<CauseLine>,
    satisfaction: Satisfaction,
    zone: TimeZone,
    now: Timestamp,
}

/// The page.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let words = Words::of(visit.tongue);
    let counted = count(&shop, &visit, &asked).await?;
    let since = since_of(&asked).to_owned();
    let query = query(&since, &asked.account);
    page(&ReportsPage {
        shell: Shell::of(&shop, &visit, Some(Place::Reports)).await?,
        words,
        stretch: stretch(&counted),
        tabs: tabs(words, &since),
        accounts: choices(&shop, visit.visitor()?, &asked.account),
        tiles: tiles(words, visit.tongue, &counted),
        overdue: overdue(visit.tongue, &counted),
        charts: charts(words, visit.tongue, &counted, unrecognized::address(&since, &asked.account)),
        drafts: drafts(words, &counted.report),
        complaints: counted.causes.iter().map(|line| cause(words, desk::Words::of(visit.tongue), line)).collect(),
        query,
        since,
    })
}

/// The same as a table for spreadsheets, one row per day.
pub(super) async fn csv(State(shop): State<Shop>, visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let counted = count(&shop, &visit, &asked).await?;
    shop.store.note(&visit.visitor()?.actor(), Deed::Exported, "reports/days.csv", Timestamp::now()).await?;
    let table = sheet::days(&counted.report);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"nightdesk-days.csv\""),
    ];
    Ok((headers, table).into_response())
}

fn since_of(asked: &Asked) -> &str {
    let since = asked.since.trim();
    if since.is_empty() { USUAL } else { since }
}

/// Counts what was asked for, over the accounts that the visitor may see.
pub(super) async fn count(shop: &Shop, visit: &Visit, asked: &Asked) -> Result<Counted, Problem> {
    let now = Timestamp::now();
    let (days, accounts) = wanted(shop, visit, asked, now)?;
    let counted = shop.store.figures(&days, accounts.as_deref(), now).await?;
    let causes = causes(shop, &days, accounts.as_deref()).await?;
    let satisfaction = shop.store.satisfaction(&days, accounts.as_deref()).await?;
    let zone = shop.live.engine().settings().desk.zone.clone();
    Ok(Counted { report: figures::report(&counted, &zone), causes, satisfaction, zone, now })
}

/// Returns what the disputes and complaints came to that were closed in those days.
pub(super) async fn causes(
    shop: &Shop,
    days: &Days,
    accounts: Option<&[AccountName]>,
) -> Result<Vec<CauseLine>, Problem> {
    Ok(complaints::by_cause(&shop.store.closed_cases(days, accounts).await?))
}

/// Returns the days that were asked about, and the accounts; none: all of them.
pub(super) fn wanted(
    shop: &Shop,
    visit: &Visit,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Days, Option<Vec<AccountName>>), Problem> {
    let words = Words::of(visit.tongue);
    let accounts = accounts_of(visit.visitor()?, &asked.account, shop, words)?;
    let engine = shop.live.engine();
    let desk = &engine.settings().desk;
    let bad = || Problem::Bad(words.since_bad.to_owned());
    let days = match since_of(asked) {
        NIGHT => days::night(desk, now).map_err(|_| bad())?,
        since => days::since(since, &desk.zone, now).map_err(|_| bad())?,
    };
    Ok((days, accounts))
}

/// Returns the accounts to count; none: all. A foreign account does not exist for the visitor.
fn accounts_of(
    visitor: &Visitor,
    asked: &str,
    shop: &Shop,
    words: &Words,
) -> Result<Option<Vec<AccountName>>, Problem> {
    if asked.is_empty() {
        return Ok(visitor.accounts.clone());
    }
    let known = names(shop, visitor).into_iter().find(|name| name.as_str() == asked);
    known.map(|name| Some(vec![name])).ok_or_else(|| Problem::Bad(words.no_account.to_owned()))
}

/// Returns the accounts that the visitor may see.
fn names(shop: &Shop, visitor: &Visitor) -> Vec<AccountName> {
    let all = shop.accounts.names().into_iter().map(AccountName::new);
    all.filter(|name| visitor.accounts.as_ref().is_none_or(|mine| mine.contains(name))).collect()
}

fn choices(shop: &Shop, visitor: &Visitor, asked: &str) -> Vec<Choice> {
    let choice = |name: AccountName| Choice { here: name.as_str() == asked, name: name.to_string() };
    names(shop, visitor).into_iter().map(choice).collect()
}

fn tabs(words: &Words, since: &str) -> Vec<Tab> {
    let tabs = [(NIGHT, words.night), ("7d", words.week), ("28d", words.month)];
    tabs.map(|(moment, name)| Tab { since: moment, name, here: moment == since }).into()
}

fn stretch(counted: &Counted) -> String {
    let local = |at: Timestamp| at.to_zoned(counted.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    format!("{} – {} ({})", local(counted.report.from), local(counted.report.to), counted.report.zone)
}

fn tiles(words: &'static Words, tongue: Tongue, counted: &Counted) -> Vec<Tile> {
    let report = &counted.report;
    let speed = |speed: Option<Speed>| match speed {
        None => ("–".to_owned(), words.none_yet.to_owned()),
        Some(speed) => (
            said(tongue)(speed.p50_seconds),
            format!(
                "{} {} · {} {}",
                words.half,
                said(tongue)(speed.p50_seconds),
                words.most,
                said(tongue)(speed.p95_seconds)
            ),
        ),
    };
    let (rule, rule_more) = speed(report.first_answer.rule);
    let (person, person_more) = speed(report.first_answer.person);
    let mut tiles = vec![
        Tile {
            name: words.in_scope,
            value: report.messages.in_scope.to_string(),
            more: format!("+ {} {}", report.messages.suppressed, words.kept_quiet),
        },
        Tile {
            name: words.settled,
            value: figures::percent(report.messages.auto_resolved),
            more: format!("{} / {}", report.messages.resolved, report.messages.in_scope),
        },
        Tile { name: words.first_rule, value: rule, more: rule_more },
        Tile { name: words.first_person, value: person, more: person_more },
        Tile {
            name: words.waiting,
            value: (report.queue.open + report.queue.claimed).to_string(),
            more: format!("{} {}", report.queue.overdue, words.late),
        },
    ];
    tiles.extend(content(words, counted.satisfaction));
    tiles
}

/// Returns how content buyers are, where any was asked.
fn content(words: &'static Words, satisfaction: Satisfaction) -> Option<Tile> {
    let Satisfaction { asked, answered, bad, .. } = satisfaction;
    let told = [asked, answered, bad].map(|count| count.to_string());
    let value = satisfaction.mean().map_or_else(|| "–".to_owned(), |mean| format!("{mean:.1} / {BEST}"));
    let more = fill(words.content_more, &[&told[0], &told[1], &told[2]]);
    (asked > 0).then_some(Tile { name: words.content, value, more })
}

fn overdue(tongue: Tongue, counted: &Counted) -> Vec<Late> {
    let late = counted.report.overdue.iter().map(|late| Late {
        ticket: late.ticket,
        subject: late.subject.clone(),
        by: said(tongue)(u64::try_from(counted.now.duration_since(late.respond_by).as_secs()).unwrap_or_default()),
    });
    late.collect()
}

fn charts(words: &'static Words, tongue: Tongue, counted: &Counted, gaps: String) -> Vec<Figure> {
    let report = &counted.report;
    let hours: Vec<String> = (0..report.hours.len()).map(|hour| format!("{hour:02}")).collect();
    let days: Vec<String> = report.days.iter().map(|day| day.date.strftime("%m-%d").to_string()).collect();
    let desk = desk::Words::of(tongue);
    let channels: Vec<String> =
        report.channels.keys().map(|channel| labels::channel(desk, *channel).to_owned()).collect();
    let by_day: Vec<Outcomes> = report.days.iter().map(|day| day.messages).collect();
    let by_channel: Vec<Outcomes> = report.channels.values().copied().collect();
    vec![
        outcomes(words, ("hours", words.by_hour, words.by_hour_text, words.hour), &hours, &report.hours),
        outcomes(words, ("days", words.by_day, words.by_day_text, words.day), &days, &by_day),
        outcomes(words, ("channels", words.by_channel, words.by_channel_text, words.channel), &channels, &by_channel),
        settled(words, &days, &by_day),
        speeds(words, tongue, &days, report),
        intents(words, report, gaps),
    ]
}

/// Draws messages stacked by how they ended.
fn outcomes(
    words: &'static Words,
    (id, title, description, first): (&str, &'static str, &'static str, &str),
    labels: &[String],
    rows: &[Outcomes],
) -> Figure {
    let legend = endings(words);
    let series: Vec<Series<'_>> = Ending::ALL
        .into_iter()
        .zip(&legend)
        .map(|(ending, key)| Series {
            name: key.name,
            class: key.class,
            values: rows.iter().map(|row| Some(row.count(ending))).collect(),
        })
        .collect();
    let said = chart::Words { id, title, description, empty: words.nothing };
    Figure {
        title,
        svg: chart::stacked(said, labels, &series),
        table: chart::table(first, labels, &series, |value| value.to_string()),
        legend,
        more: None,
    }
}

/// Draws how many of each day's messages the machine settled alone.
fn settled(words: &'static Words, days: &[String], by_day: &[Outcomes]) -> Figure {
    let values = by_day.iter().map(Outcomes::resolved_share).collect();
    let series = [Series { name: words.settled, class: Ending::Resolved.as_str(), values }];
    let described = chart::Words {
        id: "settled",
        title: words.settled_by_day,
        description: words.settled_by_day_text,
        empty: words.nothing,
    };
    Figure {
        title: words.settled_by_day,
        svg: chart::shares(described, days, &series, figures::share_in_words),
        table: chart::table(words.day, days, &series, figures::share_in_words),
        legend: Vec::new(),
        more: None,
    }
}

fn endings(words: &'static Words) -> Vec<Key> {
    let name = |ending| match ending {
        Ending::Resolved => words.resolved,
        Ending::Answered => words.answered,
        Ending::Asked => words.asked,
        Ending::Escalated => words.escalated,
        Ending::Suppressed => words.suppressed,
    };
    Ending::ALL.into_iter().map(|ending| Key { class: ending.as_str(), name: name(ending) }).collect()
}

fn speeds(words: &'static Words, tongue: Tongue, days: &[String], report: &Report) -> Figure {
    let line = |name, class, pick: fn(&figures::Day) -> Option<u64>| Series {
        name,
        class,
        values: report.days.iter().map(pick).collect(),
    };
    let series = [
        line(words.half, "p50", |day| day.first_answer.together.map(|speed| speed.p50_seconds)),
        line(words.most, "p95", |day| day.first_answer.together.map(|speed| speed.p95_seconds)),
    ];
    let described =
        chart::Words { id: "speed", title: words.speed, description: words.speed_text, empty: words.none_yet };
    Figure {
        title: words.speed,
        svg: chart::durations(described, days, &series, said(tongue)),
        table: chart::table(words.day, days, &series, said(tongue)),
        legend: vec![Key { class: "p50", name: words.half }, Key { class: "p95", name: words.most }],
        more: None,
    }
}

/// Draws what was recognized; behind what was not stand its messages.
fn intents(words: &'static Words, report: &Report, gaps: String) -> Figure {
    let top = report.intents.iter().take(TOP).map(|line| (line.intent.to_string(), line.hits));
    let mut rows: Vec<(String, u64)> = top.collect();
    if report.unrecognized > 0 {
        rows.push((words.unrecognized.to_owned(), report.unrecognized));
    }
    let described =
        chart::Words { id: "intents", title: words.intents, description: words.intents_text, empty: words.nothing };
    let labels: Vec<String> = rows.iter().map(|(name, _)| name.clone()).collect();
    let values = rows.iter().map(|(_, hits)| Some(*hits)).collect();
    let series = [Series { name: words.messages, class: "intents", values }];
    Figure {
        title: words.intents,
        svg: chart::ranking(described, &rows),
        table: chart::table(words.intent, &labels, &series, |value| value.to_string()),
        legend: Vec::new(),
        more: (report.unrecognized > 0).then(|| (fill(words.read_gaps, &[&report.unrecognized.to_string()]), gaps)),
    }
}

/// Says what people did with drafts, a row for each rule.
fn drafts(words: &'static Words, report: &Report) -> Option<String> {
    let column = |name, count: fn(&DraftLine) -> u64| Series {
        name,
        class: "",
        values: report.drafts.iter().map(|line| Some(count(line))).collect(),
    };
    let series = [
        column(words.draft_sent, |line| line.sent),
        column(words.draft_edited, |line| line.edited),
        column(words.draft_rejected, |line| line.rejected),
        column(words.draft_unused, |line| line.unused),
    ];
    let rules: Vec<String> = report.drafts.iter().map(|line| line.rule.to_string()).collect();
    (!rules.is_empty()).then(|| chart::table(words.rule, &rules, &series, |count| count.to_string()))
}

/// Says what complaints of a cause came to, in the reader's words.
fn cause(words: &'static Words, desk: &'static desk::Words, line: &CauseLine) -> Cause {
    let result = |(word, count): (&String, &u64)| {
        let name = CloseResult::from_word(word).map_or(words.no_result, |result| labels::result(desk, result));
        format!("{name} {count}")
    };
    Cause {
        name: labels::case_cause(desk, &line.cause).to_owned(),
        closed: line.tickets,
        paid_for: line.paid_tickets,
        paid: line.paid.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        results: line.results.iter().map(result).collect::<Vec<_>>().join(", "),
    }
}

/// Returns how lengths of time are said in the reader's language.
fn said(tongue: Tongue) -> fn(u64) -> String {
    match tongue {
        Tongue::English => figures::short,
        Tongue::Chinese => |seconds| {
            let english = figures::short(seconds);
            let (number, unit) = english.split_once(' ').unwrap_or((&english, ""));
            let unit = match unit {
                "s" => "秒",
                "min" => "分钟",
                "h" => "小时",
                _ => "天",
            };
            format!("{number} {unit}")
        },
    }
}

/// Writes what was asked for as the query of an address.
fn query(since: &str, account: &str) -> String {
    let encoded = |value| utf8_percent_encode(value, NON_ALPHANUMERIC);
    format!("since={}&account={}", encoded(since), encoded(account))
}
