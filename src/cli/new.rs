//! `nightdesk new`: a rule, its reply and its examples from a name and a few sentences of buyers.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{Args, builder::PossibleValuesParser};
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    check::{
        derive::Corpus,
        scaffold::{Scaffold, Wish, scaffold},
    },
    cli::{ask, exit::Exit, files::Files, output, write},
    diagnostic::{Diagnostic, Severity, source::SourceMap},
    library::{Library, Sources},
    model::{
        context::Context,
        ids::{IntentId, ReplyId},
        inbound::{ChannelKind, Inbound},
        language::Language,
    },
    rules::{
        rule::{Action, Category},
        syntax::is_name,
    },
    text::language::detect,
};

/// Write a new rule with its reply and its examples, ready to be edited.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  nightdesk new gift_wrap --category pre_sale --title \"Can it be gift-wrapped\" \\
    --from-text \"Can you wrap it as a gift?\" --answer \"Yes, we wrap gifts without charge.\"")]
pub(super) struct New {
    /// What buyers want, in one name: `gift_wrap`
    intent: String,
    /// What it is about, which is the folder
    #[arg(long, value_parser = PossibleValuesParser::new(Category::WORDS))]
    category: Option<String>,
    /// The same for people, shown on tickets
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// A sentence that a buyer wrote; may stand several times
    #[arg(long, value_name = "SENTENCE")]
    from_text: Vec<String>,
    /// The language of all sentences, as `en`; otherwise it is recognized
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<Language>,
    /// What buyers read; may stand once per language
    #[arg(long, value_name = "TEXT")]
    answer: Vec<String>,
    /// A person must look: no answer, a ticket
    #[arg(long, conflicts_with = "answer")]
    escalate: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

impl New {
    pub(super) fn run(mut self, config: &Path) -> anyhow::Result<Exit> {
        let files = Files::read(config)?.usable()?;
        let Some((rules, replies)) = files.folders.clone() else {
            let why = "there is no folder of rules here; run `nightdesk init`, then go into the new folder";
            return Ok(output::refusal(why));
        };
        let languages = files.languages();
        if let Some(why) = self.taken(&files, &rules, &replies) {
            return Ok(output::refusal(&why));
        }
        if !self.yes && ask::is_possible() {
            self.ask(&languages)?;
        }
        let wish = self.wish(&languages);
        let corpus = Corpus::new(&files.library.sources, files.library.rules.rules());
        let made = scaffold(&wish, &corpus);
        drop(corpus);
        if let Some(why) = unusable(&made, &wish) {
            return Ok(output::refusal(&why));
        }
        if let Some(why) = objection(files, &made, &wish, (&rules, &replies))? {
            return Ok(output::refusal(&why));
        }
        for (path, text) in made.replies.iter().chain([&made.rule]) {
            write::replaced(&place(path, &rules, &replies), text)?;
        }
        output::talk(&next_steps(&made, &wish).join("\n"));
        Ok(Exit::Success)
    }

    /// Returns why the name cannot be used.
    fn taken(&self, files: &Files, rules: &Path, replies: &Path) -> Option<String> {
        let name = &self.intent;
        if !is_name(name) {
            let better = as_name(name);
            let hint = if better.is_empty() { String::new() } else { format!("; how about `{better}`?") };
            return Some(format!("`{name}` is not a name: expected lower-case letters, digits and `_`{hint}"));
        }
        if let Some(rule) = files.library.rules.rule(&IntentId::new(name.as_str())) {
            let path = format!("rules/{}/{name}.yaml", rule.category.as_str());
            return Some(format!("there is a rule `{name}` already, {path}; edit that, or choose another name"));
        }
        let reply = files.library.replies.contains(&ReplyId::new(name.as_str()));
        let folder = replies.join(name);
        let file = Category::WORDS.iter().map(|folder| rules.join(folder).join(format!("{name}.yaml")));
        if reply || folder.exists() && !self.escalate {
            return Some(format!("there is a reply `{name}` already, {}; choose another name", folder.display()));
        }
        let file = file.into_iter().find(|path| path.exists())?;
        Some(format!("{} exists already; choose another name", file.display()))
    }

    /// Asks for what is missing and matters.
    fn ask(&mut self, languages: &[Language]) -> anyhow::Result<()> {
        if self.from_text.is_empty() {
            output::talk("What do buyers write? One sentence per line, in any language; an empty line ends.");
            loop {
                let sentence = ask::line("  sentence")?;
                if sentence.is_empty() {
                    break;
                }
                self.from_text.push(sentence);
            }
        }
        if self.answer.is_empty() && !self.escalate {
            output::talk("What do they read? Enter leaves it for later.");
            for language in languages {
                let answer = ask::line(&format!("  in {language}"))?;
                self.answer.extend(Some(answer).filter(|answer| !answer.is_empty()));
            }
        }
        while self.category.is_none() {
            let answer = ask::line(&format!("Folder ({}) [pre_sale]", Category::WORDS.join(", ")))?;
            let answer = if answer.is_empty() { "pre_sale".to_owned() } else { answer };
            self.category = Category::from_word(&answer).map(|category| category.as_str().to_owned());
        }
        Ok(())
    }

    fn wish(&self, languages: &[Language]) -> Wish {
        let guess = |text: &str| self.lang.or_else(|| Some(detect(text, languages)?.language)).unwrap_or(languages[0]);
        let mut sentences: BTreeMap<Language, Vec<String>> = BTreeMap::new();
        for sentence in &self.from_text {
            let line = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            let known = sentences.entry(guess(sentence)).or_default();
            if !known.contains(&line) {
                known.push(line);
            }
        }
        let words = self.intent.replace('_', " ");
        let mut title = words.clone();
        title[..1].make_ascii_uppercase();
        if sentences.is_empty() {
            // A name is written in Latin letters, whatever the shop speaks.
            let language = languages.iter().copied().find(|language| *language == Language::EN).unwrap_or(languages[0]);
            sentences.insert(language, vec![format!("{title}?")]);
        }
        let answers = self.answer.iter().map(|answer| (guess(answer), answer.clone())).collect();
        let category = self.category.as_deref().and_then(Category::from_word).unwrap_or(Category::Other);
        Wish {
            intent: self.intent.clone(),
            title: self.title.clone().unwrap_or(title),
            category,
            action: if self.escalate { Action::Escalate } else { Action::Answer },
            sentences,
            answers,
            languages: languages.to_vec(),
        }
    }
}

/// Returns why nothing can be recognized by it.
fn unusable(made: &Scaffold, wish: &Wish) -> Option<String> {
    if !made.patterns.is_empty() {
        return None;
    }
    let sentence = wish.sentences.values().flatten().next()?;
    Some(format!(
        "“{sentence}” has no words that tell it from the sentences of other rules; give one that has: `--from-text \"…\"`"
    ))
}

/// Tries the new files beside the others and returns what speaks against them.
fn objection(files: Files, made: &Scaffold, wish: &Wish, folders: (&Path, &Path)) -> anyhow::Result<Option<String>> {
    let languages = files.languages();
    let mut sources = Sources::from_folders(SourceMap::default(), folders.0, folders.1)?;
    sources.rules.push(sources.map.add(made.rule.0.as_str(), made.rule.1.as_str()));
    for (path, text) in &made.replies {
        sources.replies.push(sources.map.add(path.as_str(), text.as_str()));
    }
    let library = Library::read(sources, &languages);
    if let Some(error) = library.diagnostics.iter().find(|found| found.severity == Severity::Error) {
        return Ok(Some(refused(error)));
    }
    let engine = Files { library, ..files }.engine();
    let now = Timestamp::now();
    for sentence in wish.sentences.values().flatten() {
        let verdict = engine.decide(&Inbound::from_text(ChannelKind::Email, sentence, now), &Context::default(), now);
        let intents = verdict.intents();
        if intents.iter().any(|intent| intent.as_str() == wish.intent) {
            continue;
        }
        let why = match intents.first() {
            Some(other) => format!(
                "“{sentence}” is recognized by `{other}` already; add your words there, or give sentences that differ"
            ),
            None => format!("“{sentence}” has no words of its own; write it out, or leave it away"),
        };
        return Ok(Some(why));
    }
    Ok(None)
}

fn refused(error: &Diagnostic) -> String {
    let help = error.help.as_deref().map_or_else(String::new, |help| format!("; {help}"));
    format!("the new files would be refused: {}{help}", error.message)
}

fn next_steps(made: &Scaffold, wish: &Wish) -> Vec<String> {
    let program = output::program();
    let mut steps = vec![format!("Wrote {}. It recognizes:", made.rule.0)];
    let longest = made.patterns.iter().map(|(_, pattern, _)| pattern.width()).max().unwrap_or_default();
    for (language, pattern, from) in &made.patterns {
        let blank = " ".repeat(longest - pattern.width());
        steps.push(format!("     {language}  `{pattern}`{blank}  from “{from}”"));
    }
    let unwritten: Vec<&str> = wish
        .languages
        .iter()
        .zip(&made.replies)
        .filter(|(language, _)| !wish.answers.contains_key(language))
        .map(|(_, (path, _))| path.as_str())
        .collect();
    let mut number = 0;
    let mut step = |text: String| {
        number += 1;
        format!("{number}. {text}")
    };
    steps.push("Next:".to_owned());
    if !unwritten.is_empty() {
        steps.push(step("Write the answer:".to_owned()));
        steps.extend(unwritten.into_iter().map(|path| format!("     {path}")));
    }
    steps.push(step("Add to the rule what else buyers say, then run the examples:".to_owned()));
    steps.push(format!("     {program} test {}", wish.intent));
    if let Some(sentence) = wish.sentences.values().flatten().next() {
        steps.push(step("See what it would answer:".to_owned()));
        steps.push(format!("     {program} explain \"{}\"", sentence.replace('"', "'")));
    }
    if wish.action == Action::Answer {
        steps.push("It prepares drafts for a person until you write `mode: auto` into it.".to_owned());
    }
    steps
}

/// Returns where a file of the scaffold lies.
fn place(path: &str, rules: &Path, replies: &Path) -> PathBuf {
    match (path.strip_prefix("rules/"), path.strip_prefix("replies/")) {
        (Some(inner), _) => rules.join(inner),
        (None, Some(inner)) => replies.join(inner),
        (None, None) => PathBuf::from(path),
    }
}

/// Returns a name made of what was written.
fn as_name(written: &str) -> String {
    let mut name = String::new();
    for character in written.to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' => name.push(character),
            _ if !name.ends_with('_') && !name.is_empty() => name.push('_'),
            _ => {}
        }
    }
    name.trim_end_matches('_').to_owned()
}
