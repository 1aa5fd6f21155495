//! `nightdesk explain`: what would be answered to a text or a mail, and why.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::{
    channel::email,
    check::explain,
    cli::{exit::Exit, files::Files, input, layout, output},
    diagnostic::nearest::advice,
    model::{
        context::Context,
        ids::{AccountName, IntentId},
        inbound::{ChannelKind, Inbound},
        receive::{Received, SourceKey},
    },
};

/// Say what would be answered to a text or a mail, and why.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// What the buyer writes; `-` reads it from standard input
    #[arg(required_unless_present = "eml")]
    text: Option<String>,
    /// A mail file (RFC 5322), decided on with all guards
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    eml: Option<PathBuf>,
    /// Why this rule does or does not stand
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
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

impl Explain {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        let now = self.at.unwrap_or_else(Timestamp::now);
        let inbound = match (&self.eml, &self.text) {
            (Some(path), _) => from_file(path, now)?,
            (None, text) => Inbound::from_text(ChannelKind::Email, &input::text(text.clone(), "the message")?, now),
        };
        let engine = Files::read(config)?.usable()?.engine();
        let verdict = engine.decide(&inbound, &Context::default(), now);
        if let Some(rule) = &self.rule {
            let id = IntentId::new(rule.as_str());
            if engine.rules().rule(&id).is_none() {
                let known: Vec<&str> = engine.rules().rules().iter().map(|rule| rule.id.as_str()).collect();
                return Ok(output::refusal(&format!("there is no rule `{rule}`; {}", advice(rule, &known))));
            }
            output::data(&shown(&explain::why(&id, &inbound.text, &verdict)));
            return Ok(Exit::Success);
        }
        match self.format {
            Format::Human => output::data(&shown(&explain::describe(&inbound.text, &verdict))),
            Format::Json => output::data(&serde_json::to_string_pretty(&verdict)?),
            Format::Yaml => output::data(serde_yaml::to_string(&verdict)?.trim_end()),
        }
        Ok(Exit::Success)
    }
}

fn shown(text: &str) -> String {
    layout::block(output::plain(text).trim_end(), "", output::width())
}

fn from_file(path: &Path, now: Timestamp) -> anyhow::Result<Inbound> {
    let raw = fs::read(path).with_context(|| format!("cannot read the mail file {}", path.display()))?;
    let size = raw.len() as u64;
    Ok(email::parse::parse(&Received {
        channel: ChannelKind::Email,
        account: AccountName::new("file"),
        key: SourceKey::Maildir { name: path.display().to_string() },
        raw,
        received_at: now,
        size,
        in_junk: false,
    }))
}
