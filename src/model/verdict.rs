//! The engine's decision about one message with all its evidence.
//!
//! Everything that `explain`, `ticket show`, the console and the audit say about a decision is read from here; nothing
//! is computed a second time. Spans are byte ranges of [`Inbound::text`](crate::model::inbound::Inbound::text).

use std::{collections::BTreeMap, ops::Range};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    ids::{IntentId, ReplyId},
    language::Language,
    mode::Mode,
    order::Order,
    outbound::OutboundKind,
    profile::RelayRecord,
    thread::PendingAsk,
    ticket::{Due, Urgency},
};

/// What is to become of one message, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Hash over rules, word lists, replies and facts in force.
    pub rule_set_hash: String,
    /// How the message ends.
    pub outcome: Outcome,
    /// Every guard that spoke, in the order of the table; the first one decided.
    pub guards: Vec<GuardHit>,
    /// How the mail of a marketplace or form was read; none for direct mail and chats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<RelayRecord>,
    /// The languages found and chosen.
    pub language: LanguageChoice,
    /// The sentences of the text.
    pub sentences: Vec<SentenceTrace>,
    /// Rules that stand.
    pub hits: Vec<Hit>,
    /// Rules that hit and lost, with the reason.
    pub losers: Vec<Loser>,
    /// What always goes to a person, whatever the rules say.
    #[serde(default)]
    pub alarms: Vec<Alarm>,
    /// What kept rules that stand from answering by themselves; at most one for a rule, the first that speaks.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
    /// Values recognised in the text.
    pub entities: Vec<EntityFound>,
    /// Facts that rendered replies quote.
    pub facts: Vec<FactUsed>,
    /// The order the message was taken to be about, with where that is written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Why the buyer's orders, if there are any, were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders_unseen: Option<String>,
    /// The situation in force that a reply used.
    pub situation: Option<String>,
    /// What goes out or is drafted.
    pub messages: Vec<PlannedMessage>,
    /// What rules and channels in `shadow` would have done.
    #[serde(default)]
    pub shadow: Vec<Shadow>,
    /// How far the answer was trusted: the lowest mode of its rules and of the channel; none where nothing was answered.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// The ticket to open or to extend.
    pub ticket: Option<TicketPlan>,
    /// The slot question to remember.
    pub pending: Option<PendingAsk>,
    /// By when a person must have answered, if one must; it counts from the moment the ticket is opened, however late that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// What is said by itself waits until then, because it is night where the buyer is and the message is an old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// What was learned about the buyer (`country`).
    pub learned: BTreeMap<String, String>,
    /// The engine stands by the first hit's intent, whatever its mode and whether or not a template may answer it.
    pub confident: bool,
    /// How sure, 0 to 1: the confidence of the hit that the verdict asserts first.
    pub confidence: f64,
    /// What the rules' examples say about the message, best first: the second witness.
    #[serde(default)]
    pub similar: Vec<Likeness>,
}

impl Verdict {
    /// Returns the intents that stand, most important first.
    pub fn intents(&self) -> Vec<IntentId> {
        let mut intents: Vec<IntentId> = Vec::new();
        for hit in &self.hits {
            if !intents.contains(&hit.rule) {
                intents.push(hit.rule.clone());
            }
        }
        intents
    }

    /// Returns whether anything is to be said without a person.
    pub fn speaks(&self) -> bool {
        self.messages.iter().any(|message| message.kind != OutboundKind::Draft)
    }

    /// Takes back what was to be said by itself, because the message was answered already. A person's case stays one.
    pub fn answered_before(&mut self, reason: &str) {
        self.hold_back();
        self.outcome = match self.ticket {
            Some(_) => Outcome::Escalated { with_answer: false },
            None => Outcome::Suppressed { reason: reason.to_owned() },
        };
    }

    /// Takes back what was to be said by itself and asks a person instead.
    pub fn withhold(&mut self, reason: &str) {
        self.hold_back();
        self.ask_a_person(reason);
    }

    fn hold_back(&mut self) {
        self.messages.retain(|message| message.kind == OutboundKind::Draft);
        self.pending = None;
    }

    /// Takes back everything that was to be said, because it cannot be put on its way, and asks a person instead.
    pub fn unsendable(&mut self, reason: &str) {
        self.messages.clear();
        self.pending = None;
        self.ask_a_person(&format!("The answer cannot be sent: {reason}."));
    }

    fn ask_a_person(&mut self, reason: &str) {
        self.outcome = Outcome::Escalated { with_answer: false };
        let ticket = self.ticket.get_or_insert_with(|| TicketPlan {
            urgency: Urgency::Normal,
            reasons: Vec::new(),
            intent: self.hits.first().map(|hit| hit.rule.clone()),
            tags: Vec::new(),
        });
        ticket.reasons.push(reason.to_owned());
    }
}

/// How a message ends. Nothing else ends one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Outcome {
    /// An automatic answer goes out.
    Answered,
    /// A slot question goes out.
    Asked,
    /// A person must look.
    Escalated {
        /// The safe part is answered all the same.
        with_answer: bool,
    },
    /// Kept, listed, searchable; nobody is alerted.
    Suppressed {
        /// The guard or rule that said so.
        reason: String,
    },
}

impl Outcome {
    /// Returns the word used in the store and in lists.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Asked => "asked",
            Self::Escalated { .. } => "escalated",
            Self::Suppressed { .. } => "suppressed",
        }
    }
}

/// One guard's objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardHit {
    /// The id in the documented table (`B3`).
    pub guard: String,
    /// What it demands.
    pub action: GuardAction,
    /// The header, address or count that made it speak, as found.
    pub evidence: String,
}

/// What a guard demands, mildest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuardAction {
    /// Our own loop: keep, count, say nothing.
    Drop,
    /// A bounce: keep, and mark the message it speaks of.
    Bounce,
    /// Machine mail: keep in the machine view.
    Record,
    /// A ticket for a person, no automatic answer.
    Escalate,
}

/// Which language the buyer writes, and which one we answer in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LanguageChoice {
    /// The detector's best guess among the shop's languages.
    pub detected: Option<Language>,
    /// 0 to 1; below 0.5 the guess alone decides nothing.
    pub confidence: f64,
    /// The language of our words.
    pub answer: Language,
    /// Which evidence won: `pattern`, `detector`, `thread`, `buyer`, `client`, `default`.
    pub reason: String,
}

/// One sentence of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentenceTrace {
    /// Where it stands in the text.
    pub span: Range<usize>,
    /// What it does.
    pub kind: SentenceKind,
    /// The rules that stand in it.
    pub covered_by: Vec<IntentId>,
}

/// What a sentence does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SentenceKind {
    /// It asks or demands something and wants an answer.
    Asks,
    /// It tells something.
    States,
    /// Greeting, thanks, politeness, signature: nobody's business.
    Courtesy,
}

/// A rule that stands in a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The rule, which is the intent.
    pub rule: IntentId,
    /// Index into [`Verdict::sentences`]; the subject line is sentence `None`.
    pub sentence: Option<usize>,
    /// The language of the pattern.
    pub language: Language,
    /// The pattern as the seller wrote it.
    pub pattern: String,
    /// Where its words stand in the text, in order; empty for a subject hit.
    pub spans: Vec<Range<usize>>,
    /// How many words of the text it matched.
    pub words: usize,
    /// Spelling repairs that it needed.
    #[serde(default)]
    pub repairs: Vec<Repair>,
    /// How sure the engine is of this intent, 0 to 1.
    #[serde(default)]
    pub confidence: f64,
}

/// A word of the buyer read as another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// Where the word stands in the text.
    pub span: Range<usize>,
    /// The word as rules know it.
    pub meant: String,
}

/// How much a message resembles the examples of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// The rule.
    pub rule: IntentId,
    /// 0 to 1; comparable among the rules of one message.
    pub score: f64,
    /// The example that resembles it most, as written.
    pub example: String,
}

/// A rule that hit and does not stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loser {
    /// The rule.
    pub rule: IntentId,
    /// Index into [`Verdict::sentences`].
    pub sentence: Option<usize>,
    /// The pattern as the seller wrote it.
    pub pattern: String,
    /// Where its words stand in the text.
    pub spans: Vec<Range<usize>>,
    /// Why it lost.
    pub why: LossReason,
}

/// Why a rule that hit does not stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// Another rule took the overlapping words.
    StolenBy(IntentId),
    /// An `unless` pattern hit in the same sentence.
    Unless(String),
    /// The message is in another language than the pattern, and holds its words in other forms only.
    Language {
        /// Of the pattern.
        pattern: Language,
        /// Of the message.
        message: Language,
    },
    /// A negator stands before the words.
    Negated(String),
    /// A `when` condition does not hold; the text names it with the actual value.
    When(String),
    /// The rule is off or in shadow.
    Mode(String),
    /// The rule counts where nothing else is said, and these words are something else.
    NotAlone(String),
}

/// Words that always send a message to a person: the list is part of the program, and no rule overrides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What it is about: `legal_threat`.
    pub topic: IntentId,
    /// Index into [`Verdict::sentences`]; the subject line is sentence `None`.
    pub sentence: Option<usize>,
    /// The built-in pattern that hit.
    pub pattern: String,
    /// Where its words stand in the text; empty for the subject.
    pub spans: Vec<Range<usize>>,
}

/// Why a rule that stands may not answer by itself. No other evidence outweighs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// The rule that would have answered.
    pub rule: IntentId,
    /// Which gate is shut.
    pub gate: Gate,
    /// What was seen, as a person reads it: numbers, other rules, words of the buyer.
    pub evidence: String,
}

/// What a hit must pass before a machine may answer by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Nothing that changes the question is told beside it.
    Aside,
    /// The sentence is short, asks one thing, and stands where people put what they want.
    Form,
    /// The probability reaches what the shop asks for.
    Confidence,
    /// A pattern that explains little has an example that resembles the message.
    Support,
    /// The examples do not speak clearly for another rule.
    Witnesses,
    /// Nothing turns the question into something else: somebody else's words, a threat of time, a wish for an exception.
    Turn,
    /// Most of what the buyer says is known to the rule.
    Unknown,
}

impl Gate {
    /// Returns the word used in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aside => "aside",
            Self::Form => "form",
            Self::Confidence => "confidence",
            Self::Support => "support",
            Self::Witnesses => "witnesses",
            Self::Turn => "turn",
            Self::Unknown => "unknown",
        }
    }
}

/// A value recognised in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityFound {
    /// The kind: `country`, `order_number`.
    pub kind: String,
    /// The normalised value: ISO 3166-1 alpha-2, digits with separators.
    pub value: String,
    /// Where it stands in the text.
    pub span: Range<usize>,
}

/// A fact that a reply quotes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactUsed {
    /// Its name and key, as `customs.threshold[DE]`.
    pub name: String,
    /// The value quoted.
    pub value: String,
    /// Where the value comes from.
    pub source: String,
    /// The last day it may be quoted.
    pub valid_until: Option<String>,
    /// The starter pack made it up, and the shop has not put in its own yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made_up: bool,
}

/// A message the engine wants to send or to draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedMessage {
    /// What it is to the buyer.
    pub kind: OutboundKind,
    /// The intents it speaks to.
    pub intents: Vec<IntentId>,
    /// The replies it is made of.
    pub replies: Vec<ReplyId>,
    /// The language it is in.
    pub language: Language,
    /// The subject, if the reply sets one; otherwise the buyer's is kept.
    pub subject: Option<String>,
    /// The rendered plain text with greeting and closing.
    pub text: String,
    /// The rendered HTML body for mail.
    pub html: Option<String>,
    /// The few answers a question can have, for buttons; empty where they are not few.
    #[serde(default)]
    pub choices: Vec<Choice>,
}

/// One answer that a question can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the buyer reads.
    pub label: String,
    /// The value it stands for.
    pub value: String,
}

/// What would have been done, had `shadow` been a higher mode. Nothing of it was said to anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// The intents.
    pub intents: Vec<IntentId>,
    /// What it would have been.
    pub would: Would,
    /// The words it would have sent.
    pub text: Option<String>,
    /// Why there are no words where there should be some.
    pub problem: Option<String>,
}

/// What a rule in shadow would have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Would {
    /// Answered.
    Answer,
    /// Asked for a missing value.
    Ask,
    /// Opened a ticket.
    Escalate,
    /// Kept silent.
    Suppress,
}

impl Would {
    /// Returns the word for lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Ask => "ask",
            Self::Escalate => "escalate",
            Self::Suppress => "suppress",
        }
    }
}

/// A ticket to open, or to extend if the thread has an open one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketPlan {
    /// How soon a person must look.
    pub urgency: Urgency,
    /// Why a machine did not settle it, each reason one sentence for a person.
    pub reasons: Vec<String>,
    /// The intent the engine would name, if any.
    pub intent: Option<IntentId>,
    /// Labels set by rules.
    pub tags: Vec<String>,
}
