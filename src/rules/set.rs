//! All rules of a shop: read from files, compiled together, evaluated at once.

use std::{
    cell::LazyCell,
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, OnceLock},
};

use sha2::{Digest as _, Sha256};

use crate::{
    diagnostic::{
        Code, Diagnostic,
        source::{FileId, SourceMap, Span},
    },
    model::{ids::IntentId, language::Language},
    rules::{
        compile::Compiler,
        condition::{Moment, Scene},
        entity_list::{self, Kinds},
        evaluate::{self, Attempt, Evaluation},
        negation::Negators,
        prefilter::Prefilter,
        reader,
        rule::{Phrase, Rule},
        scratch::Scratches,
        similar::Similar,
        syntax::{is_name, stem_and_folder},
        vocabulary::Vocabulary,
        word_list::{self, WordList},
    },
    text::{entity::own_list::OwnList, negation, reading::Reading},
};

/// Two files recognise the same intent.
pub const DUPLICATE_INTENT: Code = Code::new("duplicate-intent");
/// A file under `rules/` that is no rule file.
pub const STRAY_FILE: Code = Code::new("stray-file");

/// The folder of word lists.
const WORDS_FOLDER: &str = "_words";
/// The folder of a shop's own kinds of values.
const ENTITIES_FOLDER: &str = "_entities";

/// All rules, ready to be evaluated.
#[derive(Debug)]
pub struct RuleSet {
    pub(in crate::rules) rules: Vec<Rule>,
    /// Rules with errors, as far as they could be read; never evaluated.
    partial: Vec<Rule>,
    pub(in crate::rules) vocabulary: Vocabulary,
    pub(in crate::rules) negators: Negators,
    pub(in crate::rules) prefilter: Prefilter,
    scratches: Scratches,
    /// In the order of their names.
    entity_lists: Arc<[OwnList]>,
    by_intent: BTreeMap<IntentId, usize>,
    /// Made when it is first asked for: patterns answer at once, and starting with many rules stays quick.
    similar: OnceLock<Similar>,
    hash: String,
}

impl RuleSet {
    /// Reads every file under `rules/`. Never stops at the first problem: rules with errors are left out and all
    /// findings are returned, in no particular order; rendering sorts them.
    pub fn read(sources: &SourceMap, files: &[FileId]) -> (Self, Vec<Diagnostic>) {
        Self::read_for(&[], sources, files)
    }

    /// Reads the files for a shop that answers in these languages, or in any if none are named. What a rule that answers
    /// says in others is checked and then left out: its buyers get no machine's answer, so nothing may be recognised by it.
    pub fn read_for(languages: &[Language], sources: &SourceMap, files: &[FileId]) -> (Self, Vec<Diagnostic>) {
        let mut files = files.to_vec();
        files.sort_by_key(|file| &sources.file(*file).path);
        let mut diagnostics = Vec::new();
        let mut lists = BTreeMap::new();
        let mut entity_lists = Vec::new();
        let mut rule_files = Vec::new();
        for file in &files {
            match place(&sources.file(*file).path) {
                Place::Words(name) => {
                    let (list, found) = word_list::read(sources, *file);
                    diagnostics.extend(found);
                    lists.insert(name, list);
                }
                Place::Entities(name) => {
                    let (list, found) = entity_list::read(sources, *file, &name);
                    diagnostics.extend(found);
                    entity_lists.push(list);
                }
                Place::Rule => rule_files.push(*file),
                Place::Stray(help) => diagnostics.push(stray(sources, *file, help)),
                Place::Other => {}
            }
        }
        let negators = Negators::new(negation::FILES.iter().filter_map(|(code, _)| code.parse().ok()));
        let (mut rules, partial, vocabulary) =
            compile(sources, (languages, &lists), &negators, &Kinds(&entity_lists), &rule_files, &mut diagnostics);
        let by_intent = rules.iter().enumerate().map(|(index, rule)| (rule.id.clone(), index)).collect();
        let set = Self {
            prefilter: Prefilter::new(&mut rules, vocabulary.len()),
            scratches: Scratches::default(),
            rules,
            partial,
            vocabulary,
            negators,
            entity_lists: entity_lists.into(),
            by_intent,
            similar: OnceLock::new(),
            hash: hash(sources, &files),
        };
        (set, diagnostics)
    }

    /// Returns the rules in the order of their files' paths.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns what could be read of rules with errors, in the order of their files' paths. They take part in nothing;
    /// checks look at what they name, so that all mistakes are seen at once.
    pub fn partial(&self) -> &[Rule] {
        &self.partial
    }

    /// Returns the rule that recognises an intent.
    pub fn rule(&self, id: &IntentId) -> Option<&Rule> {
        self.by_intent.get(id).map(|index| &self.rules[*index])
    }

    /// Returns the place among `rules` of the rule that recognises an intent.
    pub fn place(&self, id: &IntentId) -> Option<usize> {
        self.by_intent.get(id).copied()
    }

    /// Returns the shop's own kinds of values in the order of their names; beside `ENTITIES` they are all there are.
    pub fn entity_lists(&self) -> &[OwnList] {
        &self.entity_lists
    }

    /// Reads a text for these rules: the shop's own kinds of values are looked for too.
    pub fn reading(&self, text: &str) -> Reading {
        Reading::with_lists(text, &self.entity_lists)
    }

    /// Evaluates every rule in every sentence of a text.
    pub fn evaluate(&self, reading: &Reading, moment: &Moment<'_>) -> Evaluation {
        self.scratches.lend(|scratch| evaluate::evaluate(self, reading, moment, scratch))
    }

    /// Returns whether a pattern hits anywhere in a text, whatever else hits there.
    pub(in crate::rules) fn hits(&self, reading: &Reading, phrase: &Phrase) -> bool {
        self.scratches.lend(|scratch| evaluate::hits(self, reading, phrase, scratch))
    }

    /// Returns the condition under a rule's `when` that does not hold, with the actual value.
    pub fn unmet(&self, rule: &Rule, moment: &Moment<'_>) -> Option<String> {
        let subject = LazyCell::new(|| self.reading(moment.subject));
        let in_subject = |phrase: &Phrase| self.hits(&subject, phrase);
        rule.when.unmet(&Scene { moment, in_subject: &in_subject })
    }

    /// Returns every match of every pattern of a text, before anything is weighed.
    pub fn attempts(&self, reading: &Reading) -> Vec<Attempt> {
        self.scratches.lend(|scratch| evaluate::attempts(self, reading, scratch))
    }

    /// Returns whether a folded word stands in a pattern of any rule as it is.
    pub fn writes(&self, form: &str) -> bool {
        self.vocabulary.is_written(form)
    }

    /// Returns what the examples of all rules say about texts, made on the first call.
    pub fn similar(&self) -> &Similar {
        self.similar.get_or_init(|| Similar::new(&self.rules))
    }

    /// Returns the SHA-256, in hexadecimal, of all files with their paths, in the order of the paths.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// What a file is, by its path.
enum Place {
    Words(String),
    Entities(String),
    Rule,
    /// Looks like a rule and will not be read; what to do about it.
    Stray(&'static str),
    /// Not ours: a README, a picture.
    Other,
}

fn place(path: &str) -> Place {
    let (stem, folder) = stem_and_folder(path);
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("yaml") if folder == WORDS_FOLDER && is_name(stem) => Place::Words(stem.to_owned()),
        Some("yaml") if folder == ENTITIES_FOLDER && is_name(stem) => Place::Entities(stem.to_owned()),
        Some("yaml") if folder == WORDS_FOLDER || folder == ENTITIES_FOLDER => {
            Place::Stray("use lower-case letters, digits and `_` in its name")
        }
        Some("yaml") if folder.starts_with('_') => {
            Place::Stray("word lists lie in `rules/_words/`, own kinds of values in `rules/_entities/`")
        }
        Some("yaml") if folder == "rules" || folder.is_empty() => {
            Place::Stray("move it into the folder of its category: `rules/pre_sale/…`")
        }
        Some("yaml") => Place::Rule,
        Some("yml") => Place::Stray("rename it to end in `.yaml`"),
        _ => Place::Other,
    }
}

fn stray(sources: &SourceMap, file: FileId, help: &str) -> Diagnostic {
    let message = format!("`{}` is not read", sources.file(file).path);
    Diagnostic::error(STRAY_FILE, message, Span::new(file, 0..0), "this file").help(help)
}

/// Reads and compiles one file after the other: what was written of ten thousand rules, kept until all are read, would
/// be ten times as large as the rules.
fn compile(
    sources: &SourceMap,
    (languages, lists): (&[Language], &BTreeMap<String, WordList>),
    negators: &Negators,
    kinds: &Kinds<'_>,
    files: &[FileId],
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Rule>, Vec<Rule>, Vocabulary) {
    let mut compiler = Compiler::new(sources, lists, negators, kinds);
    let mut first: BTreeMap<IntentId, Span> = BTreeMap::new();
    let (mut rules, mut partial) = (Vec::new(), Vec::new());
    reader::read_all(sources, files, |written, found| {
        diagnostics.extend(found);
        let Some(mut written) = written else { return };
        let intent = &written.intent;
        if let Some(earlier) = first.get(&intent.value) {
            // It counts as broken.
            diagnostics.push(duplicate(&intent.value, intent.span.clone(), earlier.clone()));
            written.whole = false;
        } else {
            first.insert(intent.value.clone(), intent.span.clone());
        }
        let mut done = compiler.compile(written);
        if done.whole {
            done.rule.speak_only(languages);
            rules.push(done.rule);
        } else {
            partial.push(done.rule);
        }
        diagnostics.extend(done.diagnostics);
    });
    (rules, partial, compiler.finish())
}

fn duplicate(intent: &IntentId, second: Span, first: Span) -> Diagnostic {
    let message = format!("the intent `{intent}` has two rule files");
    let found = Diagnostic::error(DUPLICATE_INTENT, message, second, "second file").related(first, "first file");
    found.help("put all patterns of one intent into one file")
}

fn hash(sources: &SourceMap, files: &[FileId]) -> String {
    let mut hasher = Sha256::new();
    for file in files {
        let source = sources.file(*file);
        // Lengths keep the end of one part from passing for the beginning of the next.
        for part in [&source.path, &source.text] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}
