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
        complaints::{self, CauseLine},
        days,
        figures::{self, Report},
        sheet,
    },
    model::{
        figures::{BadDays, Days},
        ids::AccountName,
    },
    store::satisfaction::Satisfaction,
};

/// How many days `week` is about, today among them.
const WEEK: usize = 7;

/// How many days `coverage` and `complaints` are about: enough for rare questions to come up.
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
    /// Disputes and complaints closed in four weeks: causes, results, what they cost
    Complaints,
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
        let counted = runtime()?.block_on(count(&config, &days, accounts.as_deref(), now))?;
        if self.json {
            output::data(&serde_json::to_string_pretty(&counted.json())?);
        } else if self.csv {
            output::bytes(counted.sheet(self.about).as_bytes());
        } else {
            output::data(&counted.text(self.about, &config, now));
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
            (None, About::Coverage | About::Complaints) => usual(days::last_days(zone, MONTH, now)),
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

/// Everything that is reported.
struct Counted {
    report: Report,
    weeks: Vec<Vec<figures::IntentLine>>,
    causes: Vec<CauseLine>,
    satisfaction: Satisfaction,
}

async fn count(
    config: &Config,
    days: &Days,
    accounts: Option<&[AccountName]>,
    now: Timestamp,
) -> anyhow::Result<Counted> {
    let store = open_store(config).await?;
    let counted = store.figures(days, accounts, now).await?;
    let weeks = store.intents_by_day(&days.weeks(), accounts).await?;
    let causes = complaints::by_cause(&store.closed_cases(days, accounts).await?);
    let satisfaction = store.satisfaction(days, accounts).await?;
    store.close().await;
    let weeks = weeks.iter().map(|week| figures::intents(week)).collect();
    Ok(Counted { report: figures::report(&counted, &config.desk.zone), weeks, causes, satisfaction })
}

impl Counted {
    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "report": self.report,
            "night": figures::night(&self.report),
            "intents_by_week": self.weeks,
            "complaints": self.causes,
            "satisfaction": self.satisfaction,
        })
    }

    fn sheet(&self, about: About) -> String {
        match about {
            About::Night | About::Week => sheet::days(&self.report),
            About::Complaints => sheet::complaints(&self.causes),
            About::Coverage => sheet::coverage(&self.report),
        }
    }

    fn text(&self, about: About, config: &Config, now: Timestamp) -> String {
        let page = text::Page {
            report: &self.report,
            satisfaction: self.satisfaction,
            zone: &config.desk.zone,
            now,
            width: output::width(),
        };
        match about {
            About::Night => page.night(),
            About::Week => page.week(),
            About::Complaints => page.complaints(&self.causes),
            About::Coverage => page.coverage(&self.weeks),
        }
    }
}
