//! `nightdesk explain`: what would be answered to a text, a mail or a ticket, and why.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    channel::{email::parse::parse_by, telegram},
    check::explain::{self, MARKS, why},
    cli::{
        exit::Exit,
        files::{Files, config_only, config_quietly, open_store},
        input, layout, output, runtime,
    },
    diagnostic::{nearest::advice, source::SourceMap},
    engine::{Engine, settings::Settings},
    model::{
        buyer::Buyer,
        context::{Context, Switches},
        ids::{AccountName, BuyerId, IntentId, TicketId},
        inbound::{ChannelKind, Inbound},
        language::Language,
        order::Order,
        receive::{FolderRole, Received, SourceKey},
        switch::SituationSwitch,
        verdict::Verdict,
    },
    store::ticket::TicketFile,
};

/// Say what would be answered to a text, a mail or a ticket, and why.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// What the buyer writes; `-` reads it from standard input
    #[arg(required_unless_present_any = ["eml", "ticket"], conflicts_with_all = ["eml", "ticket"])]
    text: Option<String>,
    /// A mail file (RFC 5322), decided on with all guards
    #[arg(long, value_name = "FILE", conflicts_with = "ticket")]
    eml: Option<PathBuf>,
    /// The newest message of a ticket: what was decided then, and what today's rules say
    #[arg(long, value_name = "NUMBER")]
    ticket: Option<i64>,
    /// Why this rule does or does not stand
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// The text came through this channel
    #[arg(long, value_enum, default_value_t = Channel::Email)]
    channel: Channel,
    /// The language that the buyer's program says it speaks, as `de`
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<Language>,
    /// The address of the buyer
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// The country the buyer named earlier, as `DE`
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Decide as if it were this moment (RFC 3339)
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// How it is written: for people, or the whole verdict for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Yaml,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Channel {
    Email,
    Telegram,
}

/// What was decided on a ticket, and what would be now.
#[derive(Debug, Serialize)]
struct TicketVerdicts<'a> {
    ticket: i64,
    text: &'a str,
    recorded: &'a Verdict,
    rule_set_now: &'a str,
    /// None if the rules are still the same.
    now: Option<&'a Verdict>,
}

impl Explain {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let now = self.at.unwrap_or_else(Timestamp::now);
        let ticket = match self.ticket {
            Some(number) => match read_ticket(config, number)? {
                Ok(file) => Some(file),
                Err(why) => return Ok(output::refusal(&why)),
            },
            None => None,
        };
        let files = Files::read(config)?.usable()?;
        let sources = files.library.sources.clone();
        let engine = files.engine();
        let inbound = match (&ticket, &self.eml) {
            (Some(file), _) => self.changed(from_ticket(file, engine.settings(), now)),
            (None, Some(path)) => self.changed(from_file(path, engine.settings(), now)?),
            (None, None) => self.changed(self.typed(now)?),
        };
        let (orders, orders_missing) = self.orders(config, &inbound, now)?;
        let switches = Switches { situations: switched(config)?, ..Switches::default() };
        let ctx = Context { orders, orders_missing, switches, ..self.context(ticket.as_ref()) };
        let verdict = engine.decide(&inbound, &ctx, now);
        if let Some(rule) = &self.rule {
            return self.say_why(rule, &inbound, &verdict, &engine, &sources);
        }
        match ticket.as_ref().and_then(|file| Some((file, file.last_verdict.as_ref()?, file.last_text.as_deref()?))) {
            Some((file, recorded, text)) => {
                let same = recorded.rule_set_hash == engine.hash();
                let now = (!same).then_some(&verdict);
                let ticket = file.ticket.id.0;
                let both = TicketVerdicts { ticket, text, recorded, rule_set_now: engine.hash(), now };
                self.print(&both, || compared(&both, &engine, inbound.channel))
            }
            None => self.print(&verdict, || explain::describe(&inbound.text, &verdict, &engine, inbound.channel)),
        }
    }

    fn typed(&self, now: Timestamp) -> anyhow::Result<Inbound> {
        let channel = match self.channel {
            Channel::Email => ChannelKind::Email,
            Channel::Telegram => ChannelKind::Telegram,
        };
        Ok(Inbound::from_text(channel, &input::text(self.text.clone(), "the message")?, now))
    }

    /// Returns the message with what the command line says about its sender.
    fn changed(&self, mut inbound: Inbound) -> Inbound {
        if let (Some(from), Some(mailbox)) = (&self.from, &mut inbound.from) {
            mailbox.address.clone_from(from);
        }
        inbound.language_hint = self.lang.or(inbound.language_hint);
        inbound
    }

    /// Returns what is known of the buyer. A ticket's message is judged as if it were the first of its conversation:
    /// what people and the machine did since must not change what rules say.
    fn context(&self, ticket: Option<&TicketFile>) -> Context {
        let known = ticket.and_then(|file| file.recipient.language);
        if self.country.is_none() && self.lang.is_none() && known.is_none() {
            return Context::default();
        }
        let key = self.from.clone().unwrap_or_else(|| "buyer@example.com".to_owned());
        let country = self.country.as_ref().map(|code| code.to_uppercase());
        let language = self.lang.or(known);
        let buyer = Buyer {
            id: BuyerId(0),
            key,
            name: None,
            language,
            country,
            suppressed: false,
            grade: None,
            tags: Vec::new(),
            orders: None,
        };
        Context { buyer: Some(buyer), ..Context::default() }
    }

    /// Returns what the shop's records hold under the address of a message, and what is too old to be spoken of; nothing
    /// where no address is named.
    fn orders(&self, config: &Path, inbound: &Inbound, now: Timestamp) -> anyhow::Result<(Vec<Order>, Option<String>)> {
        let named = self.from.is_some() || self.eml.is_some() || self.ticket.is_some();
        let author = inbound.from.as_ref().filter(|_| named && inbound.telegram.is_none());
        let Some((author, config)) = author.zip(config_quietly(config)) else { return Ok((Vec::new(), None)) };
        if config.service.orders.is_none() {
            return Ok((Vec::new(), None));
        }
        runtime()?.block_on(async {
            let store = open_store(&config).await?;
            let orders = store.orders_for_decision(Some(&author.address), now).await;
            store.close().await;
            Ok(orders?)
        })
    }

    fn say_why(
        &self,
        written: &str,
        inbound: &Inbound,
        verdict: &Verdict,
        engine: &Engine,
        sources: &SourceMap,
    ) -> anyhow::Result<Exit> {
        let Some(rule) = engine.rules().rule(&IntentId::new(written)) else {
            let known: Vec<&str> = engine.rules().rules().iter().map(|rule| rule.id.as_str()).collect();
            return Ok(output::refusal(&format!("there is no rule `{written}`; {}", advice(written, &known))));
        };
        let why = why::why(rule, &inbound.text, verdict, engine, sources);
        self.print(&why, || why::describe(&why, &inbound.text))
    }

    fn print(&self, value: &impl Serialize, words: impl FnOnce() -> String) -> anyhow::Result<Exit> {
        match self.format {
            Format::Human => output::data(&shown(&words())),
            Format::Json => output::data(&serde_json::to_string_pretty(value)?),
            Format::Yaml => output::data(serde_yaml::to_string(value)?.trim_end()),
        }
        Ok(Exit::Success)
    }
}

/// Returns the situations that somebody switched by hand; none where there is no store yet. Pauses are left out: they say
/// nothing about rules.
fn switched(config: &Path) -> anyhow::Result<Vec<SituationSwitch>> {
    let Some(config) = config_quietly(config).filter(|config| config.store.may_exist()) else { return Ok(Vec::new()) };
    let read = runtime()?.block_on(async {
        let store = open_store(&config).await?;
        let switches = store.situation_switches().await;
        store.close().await;
        anyhow::Ok(switches?)
    });
    // What rules say can be told without a store that answers.
    Ok(read.unwrap_or_else(|error| {
        output::talk(&format!("Situations switched by hand are left out: {error:#}."));
        Vec::new()
    }))
}

/// Returns the recorded decision and, if the rules changed since, what they say now.
fn compared(both: &TicketVerdicts<'_>, engine: &Engine, channel: ChannelKind) -> String {
    let recorded = both.recorded;
    let at = recorded.decided_at.strftime("%Y-%m-%d %H:%M UTC");
    let then = explain::describe(both.text, recorded, engine, channel);
    let since = match both.now {
        None => "The rules have not changed since.".to_owned(),
        Some(now) if now.intents() == recorded.intents() && now.outcome == recorded.outcome => {
            format!("Today's rules (rule set {}) come to the same end.", now.rule_set_hash)
        }
        Some(now) => {
            format!("Today's rules say otherwise\n\n{}", explain::describe(both.text, now, engine, channel))
        }
    };
    format!("Ticket {}, as it was decided on {at}\n\n{then}\n{since}", both.ticket)
}

/// Returns the text for a terminal: wrapped, with color in the place of marks where it can be seen.
fn shown(text: &str) -> String {
    let text = layout::block(output::plain(text).trim_end(), "", output::width());
    if !output::data_is_colored() {
        return text;
    }
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{}\n{}", output::strong(first), output::highlighted(rest, MARKS))
}

/// Reads a ticket from the store; the inner error is a clause for people.
fn read_ticket(config: &Path, number: i64) -> anyhow::Result<Result<TicketFile, String>> {
    let config = config_only(config)?;
    let file = runtime()?.block_on(async {
        let store = open_store(&config).await?;
        let file = store.ticket(TicketId(number)).await;
        store.close().await;
        anyhow::Ok(file?)
    })?;
    Ok(match file {
        None => Err(format!("there is no ticket {number}; `nightdesk ticket list --all` shows them")),
        Some(file) if file.last_inbound.is_none() => Err(format!("ticket {number} holds no message of a buyer")),
        Some(file) => Ok(file),
    })
}

/// Parses the newest message of a ticket again.
fn from_ticket(file: &TicketFile, settings: &Settings, now: Timestamp) -> Inbound {
    let text = file.last_text.clone().unwrap_or_default();
    let plain = || Inbound::from_text(file.recipient.channel, &text, now);
    let Some(received) = file.last_inbound.as_ref().map(|stored| &stored.received) else { return plain() };
    match received.channel {
        ChannelKind::Email => parse_by(received, &settings.profiles, &settings.trusted_authserv_ids),
        ChannelKind::Telegram => telegram::parse::parse(received).unwrap_or_else(|_| plain()),
    }
}

fn from_file(path: &Path, settings: &Settings, now: Timestamp) -> anyhow::Result<Inbound> {
    let raw = fs::read(path).with_context(|| format!("cannot read the mail file {}", path.display()))?;
    let size = raw.len() as u64;
    let received = Received {
        channel: ChannelKind::Email,
        account: AccountName::new("file"),
        key: SourceKey::Maildir { name: path.display().to_string() },
        raw,
        received_at: now,
        size,
        role: FolderRole::Inbox,
        reconciled: false,
    };
    Ok(parse_by(&received, &settings.profiles, &settings.trusted_authserv_ids))
}
