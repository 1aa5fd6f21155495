//! The configuration in force, for admins: what the shop is set to, how its accounts are doing, and the file as it was
//! read with secrets covered. Nothing is changed here.

use askama::Template;
use axum::extract::State;
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    console::{
        Shop,
        problem::Answer,
        problems::hour,
        shell::{Place, Shell, page},
        visit::Visit,
        words::{Tongue, configuration::Words, fill},
    },
    engine::Engine,
    model::language::Language,
    replies::format::hours::{self, Clock},
    service::accounts::AnyChannel,
};

#[derive(Template)]
#[template(path = "configuration.html")]
struct Page {
    shell: Shell,
    words: &'static Words,
    restart: Option<String>,
    facts: Vec<Fact>,
    accounts: Vec<Account>,
    processes: Vec<Process>,
    orders: Vec<Export>,
    path: String,
    lines: Vec<String>,
}

#[derive(Debug)]
struct Fact {
    name: &'static str,
    value: String,
}

#[derive(Debug)]
struct Account {
    name: String,
    kind: &'static str,
    fine: bool,
    states: Vec<String>,
}

#[derive(Debug)]
struct Process {
    name: String,
    since: String,
    serves: String,
}

#[derive(Debug)]
struct Export {
    name: String,
    read_at: String,
    lines: u64,
    wrong: u64,
    refused: bool,
    note: String,
}

/// Shows everything.
pub(super) async fn show(State(shop): State<Shop>, visit: Visit) -> Answer {
    let words = Words::of(visit.tongue);
    let in_force = shop.live.in_force();
    let zone = in_force.engine.settings().desk.zone.clone();
    let standing = shop.live.standing();
    // The configuration is read first, with its secrets covered.
    let written = in_force.sources.iter().next().map(|(_, source)| source.clone());
    let restart = standing.restart_to_apply.join(", ");
    page(&Page {
        restart: (!restart.is_empty()).then(|| fill(words.restart, &[&restart])),
        facts: facts(&shop, &in_force.engine, visit.tongue),
        accounts: accounts(&shop, &zone, words),
        processes: processes(&shop, &zone).await?,
        orders: orders(&shop, &zone).await?,
        path: written.as_ref().map(|source| source.path.clone()).unwrap_or_default(),
        lines: written.map(|source| source.text.lines().map(str::to_owned).collect()).unwrap_or_default(),
        shell: Shell::of(&shop, &visit, Some(Place::Settings)).await?,
        words,
    })
}

/// What the shop is set to, in the order in which people ask for it.
fn facts(shop: &Shop, engine: &Engine, tongue: Tongue) -> Vec<Fact> {
    let words = Words::of(tongue);
    let settings = engine.settings();
    let languages: Vec<&str> = settings.languages.iter().map(Language::as_str).collect();
    let clock = Clock { zone: settings.desk.zone.clone(), is_buyers: false };
    let reader = if tongue == Tongue::Chinese { Language::ZH } else { Language::EN };
    let hours = hours::describe(&settings.desk, &clock, Timestamp::now(), reader);
    let limits = &settings.limits;
    let number = |number: u32| number.to_string();
    let mut facts = Vec::new();
    let mut add = |name, value: String| facts.push(Fact { name, value });
    add(words.shop, settings.shop_name.clone());
    add(words.languages, languages.join(", "));
    add(words.desk, hours.unwrap_or_else(|| words.no_hours.to_owned()));
    add(words.reply_within, fill(words.minutes, &[&number(settings.reply_within_minutes)]));
    add(words.answer_at, format!("{:.0} %", settings.answer_at * 100.0));
    add(words.made_up, (if settings.tell_made_up_facts { words.told } else { words.not_told }).to_owned());
    let per_sender = [number(limits.answers_per_sender_day), number(limits.answers_per_sender_week)];
    add(words.limits, fill(words.per_sender, &[&per_sender[0], &per_sender[1]]));
    add("", fill(words.per_chat, &[&number(limits.sends_per_chat_hour)]));
    add("", fill(words.per_ten_minutes, &[&number(limits.sends_per_ten_minutes)]));
    add(words.rules, fill(words.rules_are, &[&engine.rules().rules().len().to_string(), engine.hash()]));
    add(words.store, shop.store.place().to_owned());
    add(words.console, fill(words.public_url, &[&shop.settings.url()]));
    add(words.totp, (if shop.settings.require_totp { words.totp_all } else { words.totp_own }).to_owned());
    add(words.version, env!("CARGO_PKG_VERSION").to_owned());
    facts
}

fn accounts(shop: &Shop, zone: &TimeZone, words: &'static Words) -> Vec<Account> {
    let (mailboxes, down) = (shop.accounts.mailboxes(), shop.accounts.down());
    let accounts = shop.accounts.names().into_iter().zip(shop.accounts.channels()).map(|(name, channel)| {
        let kind = match &*channel {
            AnyChannel::Email(_) => words.mailbox,
            AnyChannel::Folder(_) => words.folder,
            AnyChannel::Telegram(_) => words.bot,
        };
        let mut states = Vec::new();
        let mut fine = true;
        if let Some(down) = down.get(&name) {
            fine = false;
            states.push(fill(words.gave_up, &[&hour(down.next_try, zone), &down.reason]));
        }
        for (folder, status) in mailboxes.get(&name).into_iter().flatten() {
            let read = status.last_poll.map(|at| fill(words.fine, &[&hour(at, zone)]));
            fine &= status.connected_since.is_some();
            let connected = match status.connected_since {
                Some(since) => fill(words.connected, &[&hour(since, zone)]),
                None => words.not_connected.to_owned(),
            };
            states.push(format!("{folder}: {}; {connected}", read.as_deref().unwrap_or(words.never_read)));
            if let Some((at, why)) = &status.last_error {
                states.push(format!("{folder}: {}", fill(words.last_error, &[&hour(*at, zone), why])));
            }
        }
        if states.is_empty() {
            states.push(words.working.to_owned());
        }
        Account { name, kind, fine, states }
    });
    accounts.collect()
}

async fn processes(shop: &Shop, zone: &TimeZone) -> Result<Vec<Process>, crate::console::problem::Problem> {
    let standing = shop.store.standing().await?;
    let living = standing.runners.iter().filter(|seen| seen.lives);
    let process = living.map(|seen| {
        let own = standing.leases.iter().filter(|lease| lease.holder.as_ref() == Some(&seen.runner.id));
        let serves: Vec<&str> = own.map(|lease| lease.account.as_str()).collect();
        Process {
            name: format!("{} ({})", seen.runner.host, seen.runner.pid),
            since: hour(seen.started_at, zone),
            serves: serves.join(", "),
        }
    });
    Ok(process.collect())
}

async fn orders(shop: &Shop, zone: &TimeZone) -> Result<Vec<Export>, crate::console::problem::Problem> {
    let files = shop.store.order_files().await?;
    let export = |file: crate::store::orders::OrderFileSeen| Export {
        read_at: hour(file.read_at, zone),
        name: file.name,
        lines: file.lines,
        wrong: file.wrong,
        refused: file.refused,
        note: file.note,
    };
    Ok(files.into_iter().map(export).collect())
}
