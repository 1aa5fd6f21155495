//! Conditions of `when`: circumstances beside the words that must hold for a rule to count.
//!
//! One file per kind; [`KINDS`] is the whole list. A condition sees the [`Moment`] and nothing of the text.

mod channel;
mod combine;
mod date;
mod desk;
mod language;
mod words;

use std::fmt;

use jiff::civil;

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::{advice, nearest},
        source::{FileId, Span},
        yaml::{Kind as NodeKind, Node, WRONG_TYPE},
    },
    model::{ids::AccountName, inbound::ChannelKind, language::Language},
};

/// A key of `when` that is no condition.
pub const UNKNOWN_CONDITION: Code = Code::new("unknown-condition");
/// A condition whose value says nothing it could test.
pub const BAD_CONDITION: Code = Code::new("bad-condition");

/// Every kind of condition, in the order of the reference.
pub const KINDS: &[Kind] =
    &[channel::KIND, language::KIND, desk::KIND, date::KIND, combine::ANY, combine::ALL, combine::NOT];

/// One kind of condition.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The key in `when`.
    pub name: &'static str,
    /// What it tests, one sentence.
    pub summary: &'static str,
    /// A value as a seller would write it.
    pub example: &'static str,
    /// Reads its value.
    pub read: fn(FileId, &Node) -> ReadCondition,
}

/// A condition, or everything that is wrong with its value.
pub type ReadCondition = Result<Box<dyn Condition>, Vec<Diagnostic>>;

/// Something about the circumstances of a message that holds or does not.
pub trait Condition: fmt::Debug + Send + Sync {
    /// Returns whether it holds.
    fn holds(&self, moment: &Moment) -> bool;
    /// Says what it wants, as "channel email or telegram".
    fn wanted(&self) -> String;
    /// Says what is the case, as "channel email".
    fn actual(&self, moment: &Moment) -> String;
}

/// The circumstances of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The kind of channel it came through.
    pub channel: ChannelKind,
    /// The mailbox or bot it came to.
    pub account: AccountName,
    /// The language it is written in, if the detector has a guess.
    pub language: Option<Language>,
    /// Somebody is at the desk.
    pub desk_open: bool,
    /// The day, in the desk's zone.
    pub date: civil::Date,
}

/// Reads a mapping of conditions, all of which must hold; unknown ones and bad values are all reported.
pub fn read(file: FileId, node: &Node) -> Result<Vec<Box<dyn Condition>>, Vec<Diagnostic>> {
    let NodeKind::Mapping(entries) = &node.kind else {
        let message = format!("found {}, expected conditions (`channel: [email]`)", node.describe());
        return Err(vec![Diagnostic::error(WRONG_TYPE, message, span(file, node), "wrong kind of value")]);
    };
    let mut conditions = Vec::new();
    let mut diagnostics = Vec::new();
    for (key, value) in entries {
        let name = key.as_text().map_or_else(|| key.describe(), str::to_owned);
        let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
            diagnostics.push(unknown(file, key, &name));
            continue;
        };
        match (kind.read)(file, value) {
            Ok(condition) => conditions.push(condition),
            Err(found) => diagnostics.extend(found),
        }
    }
    if diagnostics.is_empty() { Ok(conditions) } else { Err(diagnostics) }
}

/// Returns why the conditions do not hold, or none if all do: the first one that does not, with the actual value.
pub fn unmet(conditions: &[Box<dyn Condition>], moment: &Moment) -> Option<String> {
    let condition = conditions.iter().find(|condition| !condition.holds(moment))?;
    Some(format!("wants {}, found {}", condition.wanted(), condition.actual(moment)))
}

fn unknown(file: FileId, key: &Node, name: &str) -> Diagnostic {
    let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let message = format!("the condition `{name}` is not known");
    let found =
        Diagnostic::error(UNKNOWN_CONDITION, message, span(file, key), "not known here").help(advice(name, &known));
    match nearest(name, known.iter().copied()) {
        Some(meant) => found.fix(span(file, key), meant),
        None => found,
    }
}

fn span(file: FileId, node: &Node) -> Span {
    Span::new(file, node.span.clone())
}
