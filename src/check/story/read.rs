//! Story files as written, and everything that can be wrong with them.

use std::collections::BTreeSet;

use crate::{
    check::story::{Story, steps},
    diagnostic::{
        Code, Diagnostic, Severity,
        nearest::{advice, nearest},
        source::{FileId, SourceMap, Span},
        yaml::{self, Kind, Node, WRONG_TYPE, fields::Fields},
    },
    engine::Engine,
    model::inbound::ChannelKind,
};

/// A step or an expectation of a story that says nothing that could be played.
pub const BAD_STORY: Code = Code::new("bad-story");
/// A story names a rule, reply or guard that there is not.
pub const UNKNOWN_IN_STORY: Code = Code::new("unknown-in-story");

/// The names that stories may use.
#[derive(Debug)]
pub struct Names {
    pub(super) rules: BTreeSet<String>,
    pub(super) replies: BTreeSet<String>,
}

impl Names {
    /// Takes the names of the rules and replies in force.
    pub fn of(engine: &Engine) -> Self {
        Self {
            rules: engine.rules().rules().iter().map(|rule| rule.id.to_string()).collect(),
            replies: engine.replies().names().into_iter().map(ToString::to_string).collect(),
        }
    }
}

/// Reads story files in the order given; a file with errors tells no story. All findings of all files are returned.
pub fn read(sources: &SourceMap, files: &[FileId], names: &Names) -> (Vec<Story>, Vec<Diagnostic>) {
    let mut stories = Vec::new();
    let mut found = Vec::new();
    for file in files {
        let mut reader = Reader { file: *file, names, found: Vec::new() };
        let (root, wrong) = yaml::parse_all(*file, &sources.file(*file).text);
        let text = &sources.file(*file).text;
        reader.found.extend(wrong.into_iter().map(|found| with_steps(found, text)));
        let story = root.and_then(|root| reader.story(&root));
        let usable = !reader.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        stories.extend(story.filter(|_| usable));
        found.append(&mut reader.found);
    }
    (stories, found)
}

/// Adds what to do where a list follows the head of the story, as in `channel: telegram` and then `- buyer: …`.
fn with_steps(found: Diagnostic, text: &str) -> Diagnostic {
    let start = found.primary.span.range.start;
    let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let listed = found.code == yaml::YAML_SYNTAX && text[line..].starts_with("- ");
    if listed {
        found.help("write `steps:` on a line of its own before the first `- `, and indent what follows")
    } else {
        found
    }
}

/// Reads one file and collects what is wrong with it.
pub(super) struct Reader<'a> {
    pub(super) file: FileId,
    pub(super) names: &'a Names,
    pub(super) found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn story(&mut self, root: &Node) -> Option<Story> {
        let mut fields = self.open(root, "a story is `story:`, `at:`, `channel:` and a list of `steps:`")?;
        let name: Option<yaml::Spanned<String>> =
            fields.require("story", "say in one sentence what the story tells, such as `a buyer asks twice`");
        let at = self.moment(&mut fields);
        let channel = self.channel(&mut fields).unwrap_or(ChannelKind::Email);
        let steps = match fields.node("steps") {
            None => {
                fields.missing("steps", "list what happens, one `- buyer: …` with its `expect:` at a time");
                None
            }
            Some(Node { kind: Kind::List(items), .. }) if !items.is_empty() => {
                let steps: Vec<_> = items.iter().filter_map(|item| steps::read(self, item, channel)).collect();
                (steps.len() == items.len()).then_some(steps)
            }
            Some(node) => {
                self.wrong(node, "a list of steps", "begin each step with `- buyer:`, `- agent:` or `- wait:`");
                None
            }
        };
        self.found.extend(fields.finish());
        let name = name?;
        let span = Span::new(self.file, name.span);
        Some(Story { name: name.value, at: at?, channel, steps: steps?, span })
    }

    fn moment(&mut self, fields: &mut Fields<'_>) -> Option<jiff::Timestamp> {
        let help =
            "write the moment with its zone, such as `2026-11-20T02:10+08:00`: facts and situations hold on days";
        let written: yaml::Spanned<String> = fields.require("at", help)?;
        let moment = written.value.parse().ok();
        if moment.is_none() {
            let span = Span::new(self.file, written.span);
            let message = format!("`{}` is not a moment with its zone", written.value);
            self.found.push(Diagnostic::error(BAD_STORY, message, span, "here").help(help));
        }
        moment
    }

    /// Reads the key `channel`, if it is there.
    pub(super) fn channel(&mut self, fields: &mut Fields<'_>) -> Option<ChannelKind> {
        let node = fields.node("channel")?;
        let kinds = [ChannelKind::Email, ChannelKind::Telegram];
        let kind = node.as_text().and_then(|word| kinds.into_iter().find(|kind| kind.as_str() == word));
        if kind.is_none() {
            self.wrong(node, "`email` or `telegram`", "name the channel that the buyer writes through");
        }
        kind
    }

    /// Opens a mapping; what is none is collected.
    pub(super) fn open<'n>(&mut self, node: &'n Node, help: &str) -> Option<Fields<'n>> {
        Fields::open(self.file, node).map_err(|found| self.found.push(found.help(help))).ok()
    }

    /// Collects that a value is of the wrong kind.
    pub(super) fn wrong(&mut self, node: &Node, expected: &str, help: &str) {
        let message = format!("found {}, expected {expected}", node.describe());
        self.found.push(Diagnostic::error(WRONG_TYPE, message, self.span(node), "here").help(help));
    }

    /// Collects that a value says nothing that could be played.
    pub(super) fn bad(&mut self, node: &Node, message: impl Into<String>, help: &str) {
        self.found.push(Diagnostic::error(BAD_STORY, message, self.span(node), "here").help(help));
    }

    /// Collects that a name is not one of those known.
    pub(super) fn unknown(&mut self, node: &Node, what: &str, written: &str, known: &[&str]) {
        let span = self.span(node);
        let message = format!("there is no {what} `{written}`");
        let found = Diagnostic::error(UNKNOWN_IN_STORY, message, span.clone(), "named here");
        let found = found.help(advice(written, known));
        self.found.push(match nearest(written, known.iter().copied()) {
            Some(meant) => found.fix(span, meant),
            None => found,
        });
    }

    /// Returns the place of a value.
    pub(super) fn span(&self, node: &Node) -> Span {
        Span::new(self.file, node.span.clone())
    }
}
