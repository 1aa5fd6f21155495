//! A rule set tried out: its files as written, what became of the examples, and which patterns match where.
//!
//! Made once per `check`; the lints only look at it. Nothing is judged here.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};

use crate::{
    check::{
        cases::{self, CaseResult},
        lint::Material,
    },
    diagnostic::source::{FileId, SourceMap, Span},
    engine::Engine,
    model::{
        context::Context,
        inbound::{ChannelKind, Inbound},
        mode::Mode,
        verdict::Verdict,
    },
    rules::{
        cores::spread,
        evaluate::Attempt,
        rule::{Example, Rule},
        syntax::{self, RuleFile, phrase::WrittenPhrase},
        word_list::{self, WordList},
    },
};

/// Everything lints look at beside the files.
#[derive(Debug)]
pub struct Trial<'a> {
    /// The files as read.
    pub material: Material<'a>,
    /// The engine they make.
    pub engine: &'a Engine,
    /// Where the configuration names the desk's country, if it does.
    pub desk_country: Option<Span>,
    /// The moment for which facts, situations and `when` are judged.
    pub now: Timestamp,
    /// Every rule file as written, by its file.
    pub written: BTreeMap<FileId, RuleFile>,
    /// Every word list by its name.
    pub lists: BTreeMap<String, WordList>,
    /// What became of the examples, as `test` says; none while a word list is broken.
    pub cases: Vec<CaseResult>,
    /// Every `match` example of a rule that is not off, with all patterns that match it; none while a word list is broken.
    pub tried: Vec<Tried<'a>>,
}

/// One example and the patterns that match it.
#[derive(Debug)]
pub struct Tried<'a> {
    /// Its rule, by its place in the set.
    pub rule: usize,
    /// The example.
    pub example: &'a Example,
    /// Every match of every pattern.
    pub attempts: Vec<Attempt>,
}

/// Where word lists lie.
const WORDS: &str = "rules/_words/";

impl<'a> Trial<'a> {
    /// Tries the rules of an engine. `sources` are the texts it was read from, `desk_country` is where the configuration
    /// names the desk's country.
    pub fn new(sources: &'a SourceMap, engine: &'a Engine, desk_country: Option<Span>, now: Timestamp) -> Self {
        let (rules, replies) = (engine.rules(), engine.replies());
        let material = Material { sources, rules, replies, languages: &engine.settings().languages };
        let mut written = BTreeMap::new();
        let mut lists = BTreeMap::new();
        for (file, source) in sources.iter() {
            match source.path.strip_prefix("rules/") {
                Some(path) if source.path.starts_with(WORDS) => {
                    let name = path.trim_start_matches("_words/").trim_end_matches(".yaml");
                    lists.insert(name.to_owned(), word_list::read(sources, file).0);
                }
                Some(path) if !path.starts_with('_') => {
                    written.extend(syntax::read(sources, file).0.map(|rule| (file, rule)));
                }
                _ => {}
            }
        }
        // What a broken list lacks, examples lack too; that is no news.
        let whole = lists.values().all(|list| list.whole);
        let tried = rules.rules().iter().enumerate().filter(|(_, rule)| whole && rule.mode != Mode::Off);
        let tried = tried.flat_map(|(rule, compiled)| {
            let examples = compiled.examples.iter();
            let examples = examples.filter(|example| example.matches && compiled.speaks(example.language));
            examples.map(move |example| (rule, example))
        });
        let tried: Vec<(usize, &'a Example)> = tried.collect();
        let tried = spread(&tried, |own| -> Vec<Tried<'a>> {
            let attempts = |example: &Example| rules.attempts(&rules.reading(&example.text));
            own.iter().map(|(rule, example)| Tried { rule: *rule, example, attempts: attempts(example) }).collect()
        });
        let tried = tried.into_iter().flatten().collect();
        let cases = if whole { cases::run(engine, sources, now) } else { Vec::new() };
        Self { material, engine, desk_country, now, written, lists, cases, tried }
    }

    /// Returns the day at the desk.
    pub fn today(&self) -> civil::Date {
        self.now.to_zoned(self.engine.settings().desk.zone.clone()).date()
    }

    /// Returns the rules that can be evaluated.
    pub fn rules(&self) -> &'a [Rule] {
        self.material.rules.rules()
    }

    /// Returns a pattern as written; none if the texts are not those the rules were read from.
    pub fn pattern(&self, rule: usize, phrase: usize) -> Option<&WrittenPhrase> {
        self.written.get(&self.rules().get(rule)?.file)?.say.get(phrase)
    }

    /// Returns where a pattern is written.
    pub fn place(&self, rule: usize, phrase: usize) -> Option<Span> {
        let file = self.rules().get(rule)?.file;
        Some(Span::new(file, self.pattern(rule, phrase)?.span.clone()))
    }

    /// Returns whether a rule file with errors mentions a name. What it says cannot all be read, so whatever it mentions
    /// may be in use.
    pub fn broken_file_mentions(&self, name: &str) -> bool {
        let rules = self.material.sources.iter().filter(|(_, source)| source.path.starts_with("rules/"));
        let rules = rules.filter(|(_, source)| !source.path.starts_with("rules/_"));
        let mut broken = rules.filter(|(file, _)| !self.written.get(file).is_some_and(|rule| rule.whole));
        broken.any(|(_, source)| mentions(&source.text, name))
    }

    /// Returns whether a rule or a reply holds a name as a word of its own.
    pub fn is_mentioned(&self, name: &str) -> bool {
        let files = self.material.sources.iter().map(|(_, source)| source);
        let mut own = files.filter(|source| {
            let rule = source.path.strip_prefix("rules/").is_some_and(|path| !path.starts_with('_'));
            rule || source.path.starts_with("replies/")
        });
        own.any(|source| mentions(&source.text, name))
    }

    /// Returns what the engine decides about a text that arrives alone.
    pub fn decide(&self, text: &str) -> Verdict {
        let inbound = Inbound::from_text(ChannelKind::Email, text, self.now);
        self.engine.decide(&inbound, &Context::default(), self.now)
    }
}

/// Returns whether a text holds a name as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let inside = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !inside(before.chars().next_back()) && !inside(after.chars().next())
    })
}

/// Returns what decides between two matches beside repairs and file order: greater wins.
pub fn rank(rule: &Rule, attempt: &Attempt) -> (i32, usize, usize) {
    (rule.priority, attempt.words.len(), attempt.span.len())
}
