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
        cases::{self, CaseOutcome, CaseResult},
        derive::Corpus,
        scaffold::{Scaffold, Wish, scaffold},
    },
    cli::{ask, exit::Exit, files::Files, output, write},
    diagnostic::{Diagnostic, Severity, source::SourceMap},
    engine::Engine,
    library::{Library, Sources},
    model::{
        context::Context,
        ids::{IntentId, ReplyId},
        inbound::{ChannelKind, Inbound},
        language::Language,
        verdict::LossReason,
    },
    rules::{
        rule::{Action, Category},
        stop_word::is_stop_word_of_any_language,
        syntax::is_name,
    },
    text::{
        folded::{Folded, Script},
        language::detect,
    },
};

/// So many examples of other rules are named that no longer hold.
const SHOWN: usize = 5;
/// More words than these are no name, but a sentence.
const MAX_NAME_WORDS: usize = 3;

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
        if let Some(why) = self.lang.and_then(|lang| foreign(lang, &languages)) {
            return Ok(output::refusal(&why));
        }
        if let Some(why) = self.taken(&files, &rules, &replies) {
            return Ok(output::refusal(&why));
        }
        if !self.yes && ask::is_possible() {
            self.ask(&languages)?;
        }
        let wish = self.wish(&languages);
        let corpus = Corpus::new(&files.library.sources, files.library.rules.rules());
        let mut made = scaffold(&wish, &corpus);
        if let Some(why) = unusable(&made, &wish) {
            return Ok(output::refusal(&why));
        }
        let failed = match mended(config, &mut made, &wish)? {
            Outcome::Stands(failed) => failed,
            Outcome::Refused(why) => return Ok(output::refusal(&why)),
            Outcome::Negated { sentence, word } => {
                let why = format!("“{word}” in “{sentence}” says that it is not wanted; give a sentence without it");
                return Ok(output::refusal(&why));
            }
        };
        for (path, text) in made.replies.iter().chain([&made.rule]) {
            write::replaced(&place(path, &rules, &replies), text)?;
        }
        output::talk(&next_steps(&made, &wish, &failed).join("\n"));
        Ok(Exit::Success)
    }

    /// Returns why the name cannot be used.
    fn taken(&self, files: &Files, rules: &Path, replies: &Path) -> Option<String> {
        let name = &self.intent;
        if let Some(why) = sentence_for_name(name) {
            return Some(why);
        }
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

/// Returns why a rule cannot be in a language: nobody is answered in one that the shop does not name.
fn foreign(lang: Language, languages: &[Language]) -> Option<String> {
    let known: Vec<&str> = languages.iter().map(Language::as_str).collect();
    let why = || {
        let known = known.join(", ");
        format!("the shop does not answer in {lang}; its languages are {known} (`languages:` in the configuration)")
    };
    (!languages.contains(&lang)).then(why)
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

/// What the new rule comes to beside all others.
enum Outcome {
    /// It cannot be written.
    Refused(String),
    /// A word like "not" in its own sentence switches it off.
    Negated { sentence: String, word: String },
    /// It stands, and these examples do not hold yet.
    Stands(Vec<CaseResult>),
}

/// Tries the files; a word that speaks against a pattern made from the same sentence is taken into the pattern.
fn mended(config: &Path, made: &mut Scaffold, wish: &Wish) -> anyhow::Result<Outcome> {
    for _ in wish.sentences.values().flatten() {
        match tried(config, made, wish)? {
            Outcome::Negated { sentence, word } => made.put_before(wish, &word, &sentence),
            outcome => return Ok(outcome),
        }
    }
    tried(config, made, wish)
}

/// Tries the new files beside the others.
fn tried(config: &Path, made: &Scaffold, wish: &Wish) -> anyhow::Result<Outcome> {
    let now = Timestamp::now();
    let (sources, engine) = match beside(config, Some(made))? {
        Ok(both) => both,
        Err(why) => return Ok(Outcome::Refused(why)),
    };
    for sentence in wish.sentences.values().flatten() {
        let verdict = engine.decide(&Inbound::from_text(ChannelKind::Email, sentence, now), &Context::default(), now);
        let intents = verdict.intents();
        if intents.iter().any(|intent| intent.as_str() == wish.intent) {
            continue;
        }
        let mut own = verdict.losers.iter().filter(|loser| loser.rule.as_str() == wish.intent);
        if let Some(word) = own.find_map(|loser| negator(&loser.why)) {
            return Ok(Outcome::Negated { sentence: sentence.clone(), word });
        }
        let why = match intents.first() {
            Some(other) => format!(
                "“{sentence}” is recognized by `{other}` already; add your words there, or give sentences that differ"
            ),
            None => format!("“{sentence}” has no words of its own; write it out, or leave it away"),
        };
        return Ok(Outcome::Refused(why));
    }
    let mut failed = failing(&engine, &sources, now);
    if failed.iter().any(|case| case.rule.as_str() != wish.intent)
        && let Ok((sources, engine)) = beside(config, None)?
    {
        // What did not hold before is not the new rule's doing.
        let before = failing(&engine, &sources, now);
        failed.retain(|case| !before.iter().any(|old| (&old.rule, &old.text) == (&case.rule, &case.text)));
    }
    Ok(Outcome::Stands(failed))
}

fn failing(engine: &Engine, sources: &SourceMap, now: Timestamp) -> Vec<CaseResult> {
    cases::run(engine, sources, now).into_iter().filter(|case| !case.outcome.holds()).collect()
}

fn negator(why: &LossReason) -> Option<String> {
    match why {
        LossReason::Negated(word) => Some(word.clone()),
        _ => None,
    }
}

/// Returns the engine with the new files; the inner error says why they would be refused.
fn beside(config: &Path, made: Option<&Scaffold>) -> anyhow::Result<Result<(SourceMap, Engine), String>> {
    let files = Files::read(config)?;
    let Some((rules, replies)) = files.folders.clone() else {
        return Ok(Err("the folder of rules is gone".to_owned()));
    };
    let languages = files.languages();
    let mut sources = Sources::from_folders(SourceMap::default(), &rules, &replies)?;
    if let Some(made) = made {
        sources.rules.push(sources.map.add(made.rule.0.as_str(), made.rule.1.as_str()));
        for (path, text) in &made.replies {
            sources.replies.push(sources.map.add(path.as_str(), text.as_str()));
        }
    }
    let library = Library::read(sources, &languages);
    if let Some(error) = library.diagnostics.iter().find(|found| found.severity == Severity::Error) {
        return Ok(Err(refused(error)));
    }
    Ok(Ok((library.sources.clone(), Files { library, ..files }.engine())))
}

fn refused(error: &Diagnostic) -> String {
    let help = error.help.as_deref().map_or_else(String::new, |help| format!("; {help}"));
    format!("the new files would be refused: {}{help}", error.message)
}

/// Says what does not hold yet, as a step; none if all holds.
fn missing(wish: &Wish, failed: &[CaseResult]) -> Vec<(String, Vec<String>)> {
    let (own, others): (Vec<&CaseResult>, Vec<&CaseResult>) =
        failed.iter().partition(|case| case.rule.as_str() == wish.intent);
    let (unsure, wrong): (Vec<_>, Vec<_>) =
        own.into_iter().partition(|case| case.outcome == CaseOutcome::BelowConfidence);
    let unsure = unsure.iter().map(|case| format!("“{}”: {}", case.text, case.why)).collect();
    let wrong = wrong.iter().map(|case| format!("“{}”: {}", case.text, case.why)).collect();
    let others =
        others.iter().take(SHOWN).map(|case| format!("“{}” of {}: {}", case.text, case.rule, case.why)).collect();
    let steps: [(&str, Vec<String>); 3] = [
        ("Shorten these, or add more like them; as they stand, a person answers such messages:", unsure),
        ("These do not hold yet; give the rule words that tell them from others:", wrong),
        ("Examples of other rules no longer hold; make the new patterns narrower:", others),
    ];
    steps.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(head, lines)| (head.to_owned(), lines)).collect()
}

fn next_steps(made: &Scaffold, wish: &Wish, failed: &[CaseResult]) -> Vec<String> {
    let program = output::program();
    let mut steps = vec![format!("Wrote {}. It recognizes:", made.rule.0)];
    let longest = made.patterns.iter().map(|(_, pattern, _)| pattern.width()).max().unwrap_or_default();
    for (language, pattern, from) in &made.patterns {
        let blank = " ".repeat(longest - pattern.width());
        steps.push(format!("     {language}  `{pattern}`{blank}  from “{from}”"));
    }
    let unwritten = unwritten(made, wish);
    let unheard: Vec<&str> =
        wish.languages.iter().filter(|language| !wish.sentences.contains_key(language)).map(Language::as_str).collect();
    let mut number = 0;
    let mut step = |text: String| {
        number += 1;
        format!("{number}. {text}")
    };
    steps.push("Next:".to_owned());
    if !unwritten.is_empty() {
        steps.push(step("Write the answer, in the languages of your shop:".to_owned()));
        steps.extend(unwritten);
    }
    for (head, lines) in missing(wish, failed) {
        steps.push(step(head));
        steps.extend(lines.into_iter().map(|line| format!("     {line}")));
    }
    let also = if unheard.is_empty() { String::new() } else { format!(", also in {}", unheard.join(" and ")) };
    steps.push(step(format!("Add to the rule what else buyers say{also}, then run the examples:")));
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

/// Returns the texts that are still to be written, each with what it is for: first the languages that the sentences are
/// in, then the other languages of the shop.
fn unwritten(made: &Scaffold, wish: &Wish) -> Vec<String> {
    let files = wish.languages.iter().zip(&made.replies).filter(|(language, _)| !wish.answers.contains_key(language));
    let mut files: Vec<(bool, Language, &str)> =
        files.map(|(language, (path, _))| (!wish.sentences.contains_key(language), *language, path.as_str())).collect();
    files.sort_by_key(|(other, ..)| *other);
    let longest = files.iter().map(|(.., path)| path.len()).max().unwrap_or_default();
    let line = |(other, language, path): (bool, Language, &str)| {
        let why = if other {
            format!("for buyers who write in {language}; as long as it is not written, a person answers them")
        } else {
            format!("needed: your sentences are in {language}")
        };
        format!("     {path:longest$}  {why}")
    };
    files.into_iter().map(line).collect()
}

/// Returns where a file of the scaffold lies.
fn place(path: &str, rules: &Path, replies: &Path) -> PathBuf {
    match (path.strip_prefix("rules/"), path.strip_prefix("replies/")) {
        (Some(inner), _) => rules.join(inner),
        (None, Some(inner)) => replies.join(inner),
        (None, None) => PathBuf::from(path),
    }
}

/// Returns what to type instead where a sentence of a buyer stands in place of the name; none for anything else.
fn sentence_for_name(written: &str) -> Option<String> {
    let folded = Folded::new(written);
    let asks = written.trim_end().ends_with(['?', '？', '؟', '!', '！', '.', '。']);
    let dense = folded.words().iter().filter(|word| word.script == Script::Dense).count();
    let is_sentence = folded.words().len() > MAX_NAME_WORDS || !folded.words().is_empty() && (asks || dense > 0);
    if is_name(written) || !is_sentence {
        return None;
    }
    let forms = folded.words().iter().map(|word| folded.form(word));
    let content: Vec<&str> = forms.filter(|form| !is_stop_word_of_any_language(form)).take(MAX_NAME_WORDS).collect();
    let name = as_name(&content.join(" "));
    let name = if name.is_empty() { "my_rule".to_owned() } else { name };
    let program = output::program();
    let sentence = written.replace('"', "'");
    Some(format!(
        "“{written}” is what a buyer writes; a rule has a short name, and sentences stand behind `--from-text`. Try:\n  \
         {program} new {name} --from-text \"{sentence}\"\n(any name of lower-case letters, digits and `_` will do)"
    ))
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
