//! Conditions of `when`: circumstances beside the words that must hold for a rule to count.
//!
//! One file per kind; [`KINDS`] is the whole list. A condition sees the [`Moment`] and nothing of the text; `subject`
//! alone looks for patterns, and gets them compiled with the rule. What is not known neither holds nor fails: a rule
//! counts only when all of its conditions hold for certain (docs/decisions.md).

mod account;
mod attachments;
mod buyer_grade;
mod buyer_orders;
mod buyer_tag;
mod channel;
mod combine;
mod country;
mod date;
mod desk;
mod entity;
mod first_message;
mod holiday;
mod language;
mod length;
mod local_time;
mod marketplace;
mod order_age;
mod order_status;
mod range;
mod situation;
mod subject;
mod thread_intent;
mod weekday;
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
    model::{
        buyer::Buyer,
        ids::IntentId,
        inbound::{Attachment, ChannelKind},
        language::Language,
        order::Order,
        verdict::EntityFound,
    },
    rules::{
        rule::{Named, Phrase},
        syntax::phrase::WrittenPhrase,
    },
};

/// A key of `when` that is no condition.
pub const UNKNOWN_CONDITION: Code = Code::new("unknown-condition");
/// A condition whose value says nothing it could test.
pub const BAD_CONDITION: Code = Code::new("bad-condition");

/// Every kind of condition, in the order of the reference.
pub const KINDS: &[Kind] = &[
    channel::KIND,
    account::KIND,
    marketplace::KIND,
    language::KIND,
    country::KIND,
    desk::KIND,
    date::KIND,
    weekday::KIND,
    local_time::KIND,
    holiday::KIND,
    first_message::KIND,
    attachments::KIND,
    subject::KIND,
    length::KIND,
    entity::KIND,
    buyer_grade::KIND,
    buyer_orders::KIND,
    buyer_tag::KIND,
    order_status::KIND,
    order_age::KIND,
    situation::KIND,
    thread_intent::KIND,
    combine::ANY,
    combine::ALL,
    combine::NOT,
];

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
    read: fn(Place<'_>, &Node) -> ReadCondition,
}

/// The file that conditions are written in.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The file.
    pub file: FileId,
    /// Its whole text, in which patterns find their places.
    pub text: &'a str,
}

impl Place<'_> {
    fn span(self, node: &Node) -> Span {
        Span::new(self.file, node.span.clone())
    }
}

/// A condition, or everything that is wrong with its value.
type ReadCondition = Result<Box<dyn Condition>, Vec<Diagnostic>>;

/// Something about the circumstances of a message that holds or does not.
trait Condition: fmt::Debug + Send + Sync {
    /// Returns whether it holds; none if what it asks about is not known.
    fn holds(&self, scene: &Scene<'_>) -> Option<bool>;
    /// Says what it wants, as "channel email or telegram".
    fn wanted(&self) -> String;
    /// Says what is the case, as "channel email".
    fn actual(&self, scene: &Scene<'_>) -> String;
    /// Adds the names it mentions that live in other folders.
    fn mentions<'a>(&'a self, _mentions: &mut Vec<Mention<'a>>) {}
    /// Settles what could not be settled while one file was read: patterns, and names that live in other files.
    fn settle(&mut self, _names: &mut dyn Names) {}
}

/// A name in a condition that something else must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mention<'a> {
    /// The id of a situation.
    Situation(&'a Named<String>),
    /// The name of an intent.
    Intent(&'a Named<String>),
}

/// What the whole rule set knows and one file does not.
pub(in crate::rules) trait Names {
    /// Compiles patterns; what is wrong with them is reported and they are left out.
    fn phrases(&mut self, written: Vec<WrittenPhrase>) -> Vec<Phrase>;
    /// Reports the kind of entity if there is no such kind.
    fn entity(&mut self, kind: &Named<String>);
}

/// The circumstances of a message. What is none is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment<'a> {
    /// The kind of channel it came through.
    pub channel: ChannelKind,
    /// The mailbox or bot it came to.
    pub account: &'a str,
    /// The marketplace whose relay brought it; none for direct mail and chats, which is certain.
    pub marketplace: Option<&'a str>,
    /// The language it is written in, if the detector has a guess.
    pub language: Option<Language>,
    /// The same if there is little doubt: then patterns of other languages count as they are written only.
    pub written_in: Option<Language>,
    /// The buyer's country: known of the buyer, or else the one the message names; ISO 3166-1 alpha-2.
    pub country: Option<&'a str>,
    /// Somebody is at the desk.
    pub desk_open: bool,
    /// The day, in the desk's zone.
    pub date: civil::Date,
    /// What the buyer's clock shows, by the main zone of the country.
    pub buyer_time: Option<civil::Time>,
    /// It is a public holiday at the desk.
    pub desk_holiday: bool,
    /// It is one in the buyer's country, if that is known.
    pub buyer_holiday: Option<bool>,
    /// Nothing was written in this conversation before.
    pub first_message: bool,
    /// The subject, decoded; empty for chats.
    pub subject: &'a str,
    /// How many characters the new text has.
    pub characters: usize,
    /// Files that came along.
    pub attachments: &'a [Attachment],
    /// Values recognised in the message.
    pub entities: &'a [EntityFound],
    /// The buyer, if seen before.
    pub buyer: Option<&'a Buyer>,
    /// How often the buyer bought.
    pub orders_of_buyer: Option<u32>,
    /// The order the message is about, if that is certain.
    pub order: Option<&'a Order>,
    /// The id of the situation in force; none if there is none.
    pub situation: Option<&'a str>,
    /// Intents we spoke about earlier in this conversation.
    pub earlier: &'a [IntentId],
}

impl Moment<'static> {
    /// Returns the moment of a first message of which nothing is known but the channel and the day; the desk is closed.
    pub fn plain(channel: ChannelKind, date: civil::Date) -> Self {
        Self {
            channel,
            account: "",
            marketplace: None,
            language: None,
            written_in: None,
            country: None,
            desk_open: false,
            date,
            buyer_time: None,
            desk_holiday: false,
            buyer_holiday: None,
            first_message: true,
            subject: "",
            characters: 0,
            attachments: &[],
            entities: &[],
            buyer: None,
            orders_of_buyer: None,
            order: None,
            situation: None,
            earlier: &[],
        }
    }
}

/// A moment, and the means to look for patterns in its subject.
pub(in crate::rules) struct Scene<'a> {
    pub(in crate::rules) moment: &'a Moment<'a>,
    /// Returns whether a pattern hits in the subject.
    pub(in crate::rules) in_subject: &'a dyn Fn(&Phrase) -> bool,
}

/// Conditions all of which must hold.
#[derive(Debug, Default)]
pub struct Conditions(Vec<Box<dyn Condition>>);

impl Conditions {
    /// Returns whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a mapping of conditions; unknown ones and bad values are all reported.
    pub fn read(place: Place<'_>, node: &Node) -> Result<Self, Vec<Diagnostic>> {
        let NodeKind::Mapping(entries) = &node.kind else {
            let message = format!("found {}, expected conditions (`channel: [email]`)", node.describe());
            return Err(vec![Diagnostic::error(WRONG_TYPE, message, place.span(node), "wrong kind of value")]);
        };
        let mut conditions = Vec::new();
        let mut diagnostics = Vec::new();
        for (key, value) in entries {
            let name = key.as_text().map_or_else(|| key.describe(), str::to_owned);
            let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
                diagnostics.push(unknown(place.span(key), &name));
                continue;
            };
            match (kind.read)(place, value) {
                Ok(condition) => conditions.push(condition),
                Err(found) => diagnostics.extend(found),
            }
        }
        if diagnostics.is_empty() { Ok(Self(conditions)) } else { Err(diagnostics) }
    }

    /// Returns the situations and intents that are named, in the order of the file.
    pub fn mentions(&self) -> Vec<Mention<'_>> {
        let mut mentions = Vec::new();
        self.add_mentions(&mut mentions);
        mentions
    }

    fn add_mentions<'a>(&'a self, mentions: &mut Vec<Mention<'a>>) {
        for condition in &self.0 {
            condition.mentions(mentions);
        }
    }

    /// Settles what only the whole rule set knows.
    pub(in crate::rules) fn settle(&mut self, names: &mut dyn Names) {
        for condition in &mut self.0 {
            condition.settle(names);
        }
    }

    /// Returns why the rule does not count: every condition that does not hold, with the actual value. None if all hold.
    pub(in crate::rules) fn unmet(&self, scene: &Scene<'_>) -> Option<String> {
        let unmet = self.0.iter().filter(|condition| condition.holds(scene) != Some(true));
        let lines: Vec<String> =
            unmet.map(|condition| format!("wants {}, found {}", condition.wanted(), condition.actual(scene))).collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }

    /// Returns whether all hold: no if one does not, unknown if one is not known and none fails.
    fn hold(&self, scene: &Scene<'_>) -> Option<bool> {
        together(self.0.iter().map(|condition| condition.holds(scene)))
    }
}

/// Joins answers all of which must be yes.
fn together(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for answer in answers {
        match answer {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

fn unknown(span: Span, name: &str) -> Diagnostic {
    let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let message = format!("the condition `{name}` is not known");
    let found = Diagnostic::error(UNKNOWN_CONDITION, message, span.clone(), "not known here");
    // `buyer: {grade: A}` and a bare `grade:` both mean `buyer.grade:`.
    let dotted = |kind: &&str| kind.split_once('.').is_some_and(|(family, own)| own == name || family == name);
    let meant: Vec<&str> = known.iter().copied().filter(dotted).collect();
    match meant.as_slice() {
        [one] => return found.help(format!("did you mean `{one}`?")).fix(span, *one),
        [] => {}
        several => {
            let listed: Vec<String> = several.iter().map(|kind| format!("`{kind}: …`")).collect();
            return found.help(format!("write it with a dot: {}", listed.join(", ")));
        }
    }
    let found = found.help(advice(name, &known));
    match nearest(name, known.iter().copied()) {
        Some(meant) => found.fix(span, meant),
        None => found,
    }
}
