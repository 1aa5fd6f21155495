//! `nightdesk report`: what came in, how it ended, how long buyers waited, and what no rule covers.

mod text;

use std::path::Path;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::{
    cli::{
        exit::Exit,
        files::{config_only, open_store},
        output, runtime,
    },
    config::Config,
    desk::{
        days,
        figures::{self, Report},
        sheet,
    },
    model::{
        figures::{BadDays, Days},
        ids::AccountName,
    },
};

/// How many days `week` is about, today among them.
const WEEK: usize = 7;

/// How many days `coverage` is about: enough for rare questions to come up.
const MONTH: usize = 28;

/// Count what came in and how it ended.
#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// What it is about
    #[arg(value_enum)]
    about: About,
    /// Since when: 18:00, 2026-11-30, 36h, 7d or 4w; by the desk's clock
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// Only this mailbox or bot; may be given several times
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,
    /// As one JSON object
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As a table for spreadsheets
    #[arg(long)]
    csv: bool,
}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum About {
    /// Since the desk was left: what the machine answered, and what waits
    Night,
    /// The last seven days, day by day
    Week,
    /// What buyers asked in four weeks, rule by rule, and how much no rule knows
    Coverage,
}

impl ReportArguments {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let config = config_only(config)?;
        let now = Timestamp::now();
        let days = match self.days(&config, now) {
            Ok(days) => days,
            Err(why) => return Ok(output::refusal(&why)),
        };
        let accounts = match named(&self.accounts, &config) {
            Ok(accounts) => accounts,
            Err(why) => return Ok(output::refusal(&why)),
        };
        let (report, weeks) = runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let counted = store.figures(&days, accounts.as_deref(), now).await?;
            let weeks = store.intents_by_day(&days.weeks(), accounts.as_deref()).await?;
            store.close().await;
            let weeks = weeks.iter().map(|week| figures::intents(week)).collect::<Vec<_>>();
            anyhow::Ok((figures::report(&counted, &config.desk.zone), weeks))
        })?;
        if self.json {
            output::data(&serde_json::to_string_pretty(&json(&report, &weeks))?);
        } else if self.csv {
            let table = if self.about == About::Coverage { sheet::coverage(&report) } else { sheet::days(&report) };
            output::bytes(table.as_bytes());
        } else {
            let page = text::Page { report: &report, zone: &config.desk.zone, now, width: output::width() };
            output::data(&match self.about {
                About::Night => page.night(),
                About::Week => page.week(),
                About::Coverage => page.coverage(&weeks),
            });
        }
        Ok(Exit::Success)
    }

    /// Returns the days it is about, or why they cannot be.
    fn days(&self, config: &Config, now: Timestamp) -> Result<Days, String> {
        let zone = &config.desk.zone;
        let usual = |days: Result<Days, BadDays>| days.map_err(|error| error.to_string());
        match (&self.since, self.about) {
            (Some(since), _) => days::since(since, zone, now).map_err(|error| error.to_string()),
            (None, About::Night) => usual(days::night(&config.desk, now)),
            (None, About::Week) => usual(days::last_days(zone, WEEK, now)),
            (None, About::Coverage) => usual(days::last_days(zone, MONTH, now)),
        }
    }
}

/// Returns the accounts named; none if all are meant. A name that the configuration does not know is a mistake.
fn named(names: &[String], config: &Config) -> Result<Option<Vec<AccountName>>, String> {
    let known: Vec<&str> = config.accounts.iter().map(|account| account.name().as_str()).collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(format!("there is no account `{unknown}`; the accounts are {}", known.join(", "))),
        None if names.is_empty() => Ok(None),
        None => Ok(Some(names.iter().map(AccountName::new).collect())),
    }
}

fn json(report: &Report, weeks: &[Vec<figures::IntentLine>]) -> serde_json::Value {
    serde_json::json!({ "report": report, "night": figures::night(report), "intents_by_week": weeks })
}
