//! The rule file as written: every key read, every problem collected, nothing resolved yet.
//!
//! Word lists are still names here, and nothing is known of other files; [`compile`](crate::rules::compile) does that.

pub mod example;
pub mod phrase;
pub mod slot;

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::{advice, nearest},
        source::{FileId, SourceMap, Span},
        yaml::{Spanned, UNKNOWN_VALUE, fields::Fields, parse_all},
    },
    model::{
        ids::{IntentId, ReplyId},
        mode::Mode,
        ticket::Urgency,
    },
    rules::{
        condition::{Conditions, Place},
        rule::{Action, Category, Example, Named, Need, Negation, Similarity},
        syntax::phrase::WrittenPhrase,
    },
};

/// The intent is not the stem of the file.
pub const INTENT_NOT_STEM: Code = Code::new("intent-not-stem");
/// The category is not the folder.
pub const CATEGORY_NOT_FOLDER: Code = Code::new("category-not-folder");
/// A name with other characters than lower-case letters, digits and `_`.
pub const BAD_NAME: Code = Code::new("bad-name");
/// A number outside of its range.
pub const OUT_OF_RANGE: Code = Code::new("out-of-range");
/// A key that its action has no use for, or needs and has not.
pub const ACTION_MISMATCH: Code = Code::new("action-mismatch");

/// Priorities reach this far to both sides: enough levels for any shop, few enough to be remembered.
pub const MAX_PRIORITY: i64 = 100;

/// One rule file.
#[derive(Debug)]
pub struct RuleFile {
    /// The file.
    pub file: FileId,
    /// The intent with its place.
    pub intent: Named<IntentId>,
    /// What it is about.
    pub title: String,
    /// The folder.
    pub category: Category,
    /// What follows from a hit.
    pub action: Action,
    /// How far it is trusted.
    pub mode: Mode,
    /// Higher wins.
    pub priority: i32,
    /// What buyers write.
    pub say: Vec<WrittenPhrase>,
    /// What switches it off.
    pub unless: Vec<WrittenPhrase>,
    /// What must hold.
    pub when: Conditions,
    /// What the reply needs.
    pub needs: Vec<Need>,
    /// The answer.
    pub reply: Option<Named<ReplyId>>,
    /// The acknowledgement.
    pub ack: Option<Named<ReplyId>>,
    /// How soon a person must look.
    pub urgency: Urgency,
    /// The other half of the message may be answered.
    pub with_answer: bool,
    /// It counts in messages that say nothing else.
    pub alone: bool,
    /// What a negator means.
    pub negation: Negation,
    /// How far the examples may speak for it.
    pub similar: Similarity,
    /// Labels for the ticket.
    pub tags: Vec<String>,
    /// The contract.
    pub examples: Vec<Example>,
    /// Nothing in it is an error. Of a file that is not whole, what could be read is here: enough to see what it names.
    pub whole: bool,
}

/// Reads a rule file. There is none if it is no mapping at all; what is wrong inside of it leaves the rest readable.
pub fn read(sources: &SourceMap, file: FileId) -> (Option<RuleFile>, Vec<Diagnostic>) {
    let source = sources.file(file);
    let (root, mut diagnostics) = parse_all(file, &source.text);
    let Some(root) = root else { return (None, diagnostics) };
    let mut fields = match Fields::open(file, &root) {
        Ok(fields) => fields,
        Err(found) => {
            diagnostics.push(found.help("a rule file begins with `intent: <name of the file>`"));
            return (None, diagnostics);
        }
    };
    let mut rule = fill(&mut fields, file, &source.path, &source.text);
    diagnostics.extend(fields.finish());
    rule.whole = !crate::diagnostic::has_errors(&diagnostics);
    (Some(rule), diagnostics)
}

fn fill(fields: &mut Fields<'_>, file: FileId, path: &str, text: &str) -> RuleFile {
    let intent = intent(fields, file, path);
    let title = fields.require("title", "say in a few words what buyers want: `title: Is shipping free`");
    let category = category(fields, file, path);
    let action = required_word(fields, file, "action", Action::WORDS, Action::from_word);
    let mode = optional_word(fields, file, "mode", Mode::WORDS, Mode::from_word);
    let priority = priority(fields, file);
    let say = phrase::read(fields, file, text, "say");
    let unless = phrase::read(fields, file, text, "unless");
    let when = conditions(fields, Place { file, text });
    let needs = slot::read(fields, file);
    let reply = reply_of(fields, file, "reply");
    let ack = reply_of(fields, file, "ack");
    let urgency = optional_word(fields, file, "urgency", URGENCIES, urgency_word).unwrap_or_default();
    let with_answer = fields.take("with_answer").unwrap_or(false);
    let alone = fields.take("alone").unwrap_or(false);
    let negation = optional_word(fields, file, "negation", Negation::WORDS, Negation::from_word);
    let similar = optional_word(fields, file, "similar", Similarity::WORDS, Similarity::from_word);
    let tags = tags(fields, file);
    let examples = example::read(fields, file);
    if !fields.has("say") {
        fields.missing("say", "write what buyers say: `say:` and below it `en: [free shipping]`");
    }
    // What stands here for a missing value is never used: the file is not whole then.
    let complete = intent.is_some() && category.is_some() && action.is_some();
    let stem = stem_and_folder(path).0;
    let action = action.unwrap_or(if reply.is_some() { Action::Answer } else { Action::Escalate });
    let rule = RuleFile {
        file,
        intent: intent.unwrap_or_else(|| Named { value: IntentId::new(stem), span: Span::new(file, 0..0) }),
        title: title.unwrap_or_default(),
        category: category.unwrap_or(Category::Other),
        action,
        mode: mode.unwrap_or(if action == Action::Answer { Mode::Suggest } else { Mode::Auto }),
        priority,
        say,
        unless,
        when,
        needs,
        reply,
        ack,
        urgency,
        with_answer,
        alone,
        negation: negation.unwrap_or(Negation::Respect),
        similar: similar.unwrap_or(Similarity::Suggest),
        tags,
        examples,
        whole: complete,
    };
    if complete {
        check_action(fields, &rule);
    }
    rule
}

fn intent(fields: &mut Fields<'_>, file: FileId, path: &str) -> Option<Named<IntentId>> {
    let stem = stem_and_folder(path).0;
    let written: Spanned<String> = fields.require("intent", &format!("write `intent: {stem}`"))?;
    let span = Span::new(file, written.span);
    if written.value != stem {
        let message = format!("the intent is `{}` and the file is `{stem}.yaml`", written.value);
        let found = Diagnostic::error(INTENT_NOT_STEM, message, span.clone(), "not the name of the file");
        fields.push(found.help("give both the same name; the file's name is the intent").fix(span, stem));
        return None;
    }
    if !is_name(&written.value) {
        let message = format!("`{}` is not a name: expected lower-case letters, digits and `_`", written.value);
        let found = Diagnostic::error(BAD_NAME, message, span, "other characters");
        fields.push(found.help("rename the file and the intent"));
        return None;
    }
    Some(Named { value: IntentId::new(written.value), span })
}

fn category(fields: &mut Fields<'_>, file: FileId, path: &str) -> Option<Category> {
    let folder = stem_and_folder(path).1;
    let written: Spanned<String> = fields.require("category", &format!("write `category: {folder}`, the folder"))?;
    let category = word(fields, file, &written, Category::WORDS, Category::from_word)?;
    if written.value == folder {
        return Some(category);
    }
    let message = format!("the category is `{}` and the file lies in `{folder}/`", written.value);
    let span = Span::new(file, written.span);
    let found = Diagnostic::error(CATEGORY_NOT_FOLDER, message, span, "not the folder");
    fields.push(found.help(format!("move the file to `{}/`, or change the category", written.value)));
    None
}

fn priority(fields: &mut Fields<'_>, file: FileId) -> i32 {
    let Some(written) = fields.take::<Spanned<i64>>("priority") else { return 0 };
    if let Ok(priority) = i32::try_from(written.value)
        && written.value.abs() <= MAX_PRIORITY
    {
        return priority;
    }
    let message = format!("the priority is {}, expected -{MAX_PRIORITY} to {MAX_PRIORITY}", written.value);
    let span = Span::new(file, written.span);
    let found = Diagnostic::error(OUT_OF_RANGE, message, span, "out of range");
    fields.push(found.help("leave it at 0 unless `check` tells you about a tie"));
    0
}

fn conditions(fields: &mut Fields<'_>, place: Place<'_>) -> Conditions {
    let Some(node) = fields.node("when") else { return Conditions::default() };
    match Conditions::read(place, node) {
        Ok(conditions) => conditions,
        Err(found) => {
            fields.extend(found);
            Conditions::default()
        }
    }
}

fn tags(fields: &mut Fields<'_>, file: FileId) -> Vec<String> {
    let Some(node) = fields.node("then") else { return Vec::new() };
    match Fields::open(file, node) {
        Ok(mut then) => {
            let tags = then.take("tag").unwrap_or_default();
            fields.extend(then.finish());
            tags
        }
        Err(found) => {
            fields.push(found.help("write `then: {tag: [shipping]}`"));
            Vec::new()
        }
    }
}

/// Reads the name of a reply.
fn reply_of(fields: &mut Fields<'_>, file: FileId, key: &'static str) -> Option<Named<ReplyId>> {
    let written: Spanned<String> = fields.take(key)?;
    name(fields, file, written).map(|named| Named { value: ReplyId::new(named.value), span: named.span })
}

/// Checks a name that is a folder or a file elsewhere.
fn name(fields: &mut Fields<'_>, file: FileId, written: Spanned<String>) -> Option<Named<String>> {
    let span = Span::new(file, written.span);
    if is_name(&written.value) {
        return Some(Named { value: written.value, span });
    }
    let message = format!("`{}` is not a name: expected lower-case letters, digits and `_`", written.value);
    let found = Diagnostic::error(BAD_NAME, message, span, "other characters");
    fields.push(found.help("rename the folder or file it stands for, too"));
    None
}

/// A key that has no use under the action, or that it cannot do without.
fn check_action(fields: &mut Fields<'_>, rule: &RuleFile) {
    let span = rule.intent.span.clone();
    match (rule.action, &rule.reply) {
        (Action::Answer, None) if !fields.has("reply") => {
            let message = "a rule that answers needs a reply";
            let found = Diagnostic::error(ACTION_MISMATCH, message, span, "no `reply`");
            fields.push(found.help("write `reply: <folder under replies/>`, or `action: escalate`"));
        }
        (Action::Escalate | Action::Suppress, Some(reply)) => {
            let message = format!("`action: {}` sends no answer, so `reply` is never used", rule.action.as_str());
            let found = Diagnostic::error(ACTION_MISMATCH, message, reply.span.clone(), "never used");
            fields.push(found.help("write `ack: …` for the message that says a person will write"));
        }
        _ => {}
    }
    if let (Action::Suppress, Some(ack)) = (rule.action, &rule.ack) {
        let message = "`action: suppress` sends nothing, so `ack` is never used";
        let found = Diagnostic::error(ACTION_MISMATCH, message, ack.span.clone(), "never used");
        fields.push(found.help("leave it out, or write `action: escalate`"));
    }
}

const URGENCIES: &[&str] = &["normal", "high", "urgent"];

fn urgency_word(word: &str) -> Option<Urgency> {
    [Urgency::Normal, Urgency::High, Urgency::Urgent].into_iter().find(|urgency| urgency.as_str() == word)
}

fn required_word<T>(
    fields: &mut Fields<'_>,
    file: FileId,
    key: &'static str,
    known: &[&str],
    from_word: fn(&str) -> Option<T>,
) -> Option<T> {
    let written: Spanned<String> = fields.require(key, &format!("one of: {}", known.join(", ")))?;
    word(fields, file, &written, known, from_word)
}

fn optional_word<T>(
    fields: &mut Fields<'_>,
    file: FileId,
    key: &'static str,
    known: &[&str],
    from_word: fn(&str) -> Option<T>,
) -> Option<T> {
    let written: Spanned<String> = fields.take(key)?;
    word(fields, file, &written, known, from_word)
}

fn word<T>(
    fields: &mut Fields<'_>,
    file: FileId,
    written: &Spanned<String>,
    known: &[&str],
    from_word: fn(&str) -> Option<T>,
) -> Option<T> {
    if let Some(value) = from_word(&written.value) {
        return Some(value);
    }
    let span = Span::new(file, written.span.clone());
    let message = format!("unknown value `{}`", written.value);
    let mut found =
        Diagnostic::error(UNKNOWN_VALUE, message, span.clone(), "not known here").help(advice(&written.value, known));
    if let Some(meant) = nearest(&written.value, known.iter().copied()) {
        found = found.fix(span, meant);
    }
    fields.push(found);
    None
}

/// Returns the stem of the file and the name of its folder.
pub(in crate::rules) fn stem_and_folder(path: &str) -> (&str, &str) {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    (stem, folders.rsplit('/').next().unwrap_or_default())
}

/// Returns whether a name may name a file, an intent, a slot.
pub fn is_name(name: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    !name.is_empty() && name.chars().all(fits)
}
