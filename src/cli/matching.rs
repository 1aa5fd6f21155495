//! `nightdesk match`: many texts in, one decision per line out. No store, deterministic, as fast as the engine.

use std::{
    io::{BufRead as _, BufWriter, IsTerminal as _, Write as _},
    path::Path,
};

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    cli::{exit::Exit, files::Files, output},
    engine::Engine,
    model::{
        context::Context,
        ids::IntentId,
        inbound::{ChannelKind, Inbound},
        language::Language,
        outbound::OutboundKind,
        verdict::{Outcome, Verdict},
    },
};

/// Recognize many texts: one JSON object per line in, one per line out.
///
/// Reads `{"id","text","lang"?,"channel"?}`, writes `{"id","intent","intents","confident","action","confidence",
/// "lang","rule"}`. `lang` is what the client claims about the text, as Telegram does.
#[derive(Debug, Args)]
pub(super) struct Match {
    /// The form of input and output; there is one
    #[arg(long, required = true)]
    jsonl: bool,
    /// Decide as if it were this moment (RFC 3339), so that runs can be compared
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
struct Line {
    id: serde_json::Value,
    text: String,
    lang: Option<Language>,
    channel: Option<ChannelKind>,
}

#[derive(Debug, Serialize)]
struct Decision<'a> {
    id: &'a serde_json::Value,
    intent: Option<IntentId>,
    intents: Vec<IntentId>,
    confident: bool,
    action: &'static str,
    confidence: f64,
    lang: Language,
    rule: Option<IntentId>,
}

impl Match {
    pub(super) fn run(self, config: &Path) -> anyhow::Result<Exit> {
        debug_assert!(self.jsonl, "clap requires it");
        let engine = Files::read(config)?.usable()?.engine();
        let now = self.at.unwrap_or_else(Timestamp::now);
        if std::io::stdin().is_terminal() {
            output::talk("Type one {\"id\": …, \"text\": …} per line; Ctrl-D ends.");
        }
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut wrong = 0_usize;
        for (number, line) in std::io::stdin().lock().lines().enumerate() {
            let line = line.context("cannot read standard input; is it UTF-8 text?")?;
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<Line>(&line) {
                Ok(line) => writeln!(out, "{}", decide(&engine, &line, now)?)?,
                Err(error) => {
                    wrong += 1;
                    output::talk(&complaint(number + 1, &error));
                }
            }
        }
        out.flush()?;
        if wrong == 0 {
            return Ok(Exit::Success);
        }
        output::talk(&format!("{} could not be read; all others were decided.", output::counted(wrong, "line")));
        Ok(Exit::Findings)
    }
}

/// Says what is wrong with a line; the parser counts lines within the line, which helps nobody.
fn complaint(number: usize, error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    let column = error.column();
    format!("line {number}, column {column}: {words}; write one {{\"id\": …, \"text\": …}} per line")
}

fn decide(engine: &Engine, line: &Line, now: Timestamp) -> anyhow::Result<String> {
    let mut inbound = Inbound::from_text(line.channel.unwrap_or(ChannelKind::Email), &line.text, now);
    inbound.language_hint = line.lang;
    let verdict = engine.decide(&inbound, &Context::default(), now);
    let intents = verdict.intents();
    let intent = intents.first().cloned();
    let decision = Decision {
        id: &line.id,
        rule: intent.clone(),
        intent,
        intents,
        confident: verdict.confident,
        action: action(&verdict),
        confidence: (verdict.confidence * 1_000.0).round() / 1_000.0,
        lang: verdict.language.answer,
    };
    Ok(serde_json::to_string(&decision)?)
}

fn action(verdict: &Verdict) -> &'static str {
    let drafted = verdict.messages.iter().any(|message| message.kind == OutboundKind::Draft);
    match &verdict.outcome {
        Outcome::Answered | Outcome::Escalated { with_answer: true } => "answer",
        Outcome::Asked => "ask",
        Outcome::Escalated { with_answer: false } if drafted => "draft",
        Outcome::Escalated { with_answer: false } => "escalate",
        Outcome::Suppressed { .. } => "suppress",
    }
}
