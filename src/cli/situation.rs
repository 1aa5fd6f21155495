//! `nightdesk situation`: dated situations switched by hand, beside what their dates say. Switches survive a restart and
//! end by themselves.

use std::path::Path;

use clap::{Args, Subcommand};
use comfy_table::{Row, Table, presets};
use jiff::{Timestamp, ToSpan as _, civil};

use crate::{
    cli::{
        exit::Exit,
        files::{Files, config_only, open_store},
        output, runtime,
    },
    config::Config,
    diagnostic::nearest::nearest,
    model::switch::SituationSwitch,
    replies::situations::{Situation, Standing},
    store::Store,
};

/// The longest time a switch may hold: whoever forgets it is not told wrong things for ever.
const LONGEST_DAYS: i64 = 366;

/// Switch a dated situation on or off by hand, or see which are in force
#[derive(Debug, Args)]
pub(super) struct SituationArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every situation and how it stands today
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Have a situation in force from today on, whatever its dates say
    On(Switch),
    /// Have a situation not in force from today on, whatever its dates say
    Off(Switch),
    /// Let the dates of a situation decide again
    Auto {
        /// Its id in replies/_situations.yaml
        id: String,
        /// Who does it
        #[arg(long, env = "NIGHTDESK_AGENT", default_value = "terminal", hide_env_values = true, value_name = "NAME")]
        agent: String,
    },
}

#[derive(Debug, Args)]
struct Switch {
    /// Its id in replies/_situations.yaml
    id: String,
    /// The last day this holds, as 2026-12-31, by the desk's calendar
    #[arg(long, value_name = "DAY", required_unless_present = "days", conflicts_with = "days")]
    until: Option<civil::Date>,
    /// For so many days, today included
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=LONGEST_DAYS))]
    days: Option<i64>,
    /// Why; kept with the switch
    #[arg(long, default_value = "switched by hand")]
    reason: String,
    /// Who switches it
    #[arg(long, env = "NIGHTDESK_AGENT", default_value = "terminal", hide_env_values = true, value_name = "NAME")]
    agent: String,
}

impl Switch {
    /// Returns the last day this is to hold.
    fn last_day(&self, today: civil::Date) -> civil::Date {
        let days = self.days.unwrap_or(1);
        self.until.or_else(|| today.checked_add((days - 1).days()).ok()).unwrap_or(today)
    }
}

impl SituationArguments {
    pub(super) fn run(self, path: &Path) -> anyhow::Result<Exit> {
        let config = config_only(path)?;
        let files = Files::read(path)?;
        let situations = files.library.replies.situations();
        let today = Timestamp::now().to_zoned(config.desk.zone.clone()).date();
        let known = |id: &str| situations.iter().any(|situation| situation.id == id);
        if let Some(refusal) = self.refusal(today, known, situations) {
            return Ok(output::refusal(&refusal));
        }
        runtime()?.block_on(self.carry_out(&config, situations, today))
    }

    /// Returns why it cannot be done; none if it can.
    fn refusal(&self, today: civil::Date, known: impl Fn(&str) -> bool, situations: &[Situation]) -> Option<String> {
        let (id, until) = match &self.command {
            Command::List { .. } => return None,
            Command::On(switch) | Command::Off(switch) => (&switch.id, Some(switch.last_day(today))),
            Command::Auto { id, .. } => (id, None),
        };
        // A switch of a situation that was removed from the file can still be taken back.
        if until.is_some() && !known(id) {
            let meant = nearest(id, situations.iter().map(|situation| situation.id.as_str()));
            let hint = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
            return Some(format!("there is no situation `{id}`{hint}"));
        }
        let until = until?;
        if until < today {
            return Some(format!("{until} is over at the desk"));
        }
        let longest = today.checked_add(LONGEST_DAYS.days()).unwrap_or(civil::Date::MAX);
        (longest < until).then(|| {
            format!("{until} is more than a year ahead; give the situation dates in replies/_situations.yaml instead")
        })
    }

    async fn carry_out(self, config: &Config, situations: &[Situation], today: civil::Date) -> anyhow::Result<Exit> {
        let store = open_store(config).await?;
        let done = match self.command {
            Command::List { json } => list(&store, situations, today, json).await,
            Command::On(switch) => switched(&store, switch, true, today).await,
            Command::Off(switch) => switched(&store, switch, false, today).await,
            Command::Auto { id, agent } => by_dates(&store, &id, &agent).await,
        };
        store.close().await;
        done
    }
}

async fn switched(store: &Store, switch: Switch, on: bool, since: civil::Date) -> anyhow::Result<Exit> {
    let until = switch.last_day(since);
    let Switch { id, reason, agent, .. } = switch;
    let switch = SituationSwitch { situation: id, on, since, until, reason, by: agent, at: Timestamp::now() };
    store.switch_situation(&switch).await?;
    let id = &switch.situation;
    output::talk(&format!(
        "From now on, {switch}. After that day, or after `nightdesk situation auto {id}`, its dates decide again."
    ));
    Ok(Exit::Success)
}

async fn by_dates(store: &Store, id: &str, agent: &str) -> anyhow::Result<Exit> {
    if store.unswitch_situation(id, agent, Timestamp::now()).await? {
        output::talk(&format!("The dates of the situation {id} decide again."));
        return Ok(Exit::Success);
    }
    Ok(output::refusal(&format!("nobody switched the situation `{id}`")))
}

async fn list(store: &Store, situations: &[Situation], today: civil::Date, json: bool) -> anyhow::Result<Exit> {
    let switches = store.situation_switches().await?;
    if json {
        for situation in situations {
            let switch = switches.iter().find(|switch| switch.situation == situation.id && switch.holds(today));
            let standing = situation.standing(&switches, today);
            let line = serde_json::json!({
                "id": situation.id,
                "in_force": matches!(standing, Standing::On { .. }),
                "standing": words(&standing),
                "switch": switch,
            });
            output::data(&line.to_string());
        }
        return Ok(Exit::Success);
    }
    if situations.is_empty() {
        output::talk("There is no situation; replies/_situations.yaml lists them.");
        return Ok(Exit::Success);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["SITUATION", "TODAY"]);
    for situation in situations {
        let standing = words(&situation.standing(&switches, today));
        table.add_row(Row::from([output::plain(&situation.id), output::plain(&standing)]));
    }
    output::data(&table.trim_fmt());
    Ok(Exit::Success)
}

/// Returns how a situation stands, in words.
fn words(standing: &Standing<'_>) -> String {
    match standing {
        Standing::On { until, by: None, .. } => format!("in force until {until}"),
        Standing::On { until, by: Some(switch), .. } => {
            format!("switched on until {until} ({}: {})", switch.by, switch.reason)
        }
        Standing::Off(switch) => format!("switched off until {} ({}: {})", switch.until, switch.by, switch.reason),
        Standing::Later { from, to } => format!("from {from} to {to}"),
        Standing::Over => "over".to_owned(),
    }
}
