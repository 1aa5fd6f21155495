//! What reports count: the days asked about, and the sums as the store adds them up. Nobody has rounded, named or drawn
//! anything here; `desk::figures` does.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{
    agent_command::DraftOutcome,
    closing::{CloseResult, Compensation},
    ids::{IntentId, TicketId},
    inbound::ChannelKind,
};

/// How many days one report may cover: a quarter of a year, so that its cost stays bounded. Longer stretches are several
/// reports.
pub const MAX_DAYS: u16 = 93;

/// Volume is added up by slots of this length: every zone's clock differs from UTC by a multiple of it, so that hours of
/// any zone are made of whole slots.
pub const SLOT: SignedDuration = SignedDuration::from_mins(15);

/// The longest day: clocks are put back by three hours at the most.
const LONGEST_DAY: SignedDuration = SignedDuration::from_hours(27);

/// A report's stretch of time, cut into days (or into one night): each goes from one bound to the next, the end left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    bounds: Vec<Timestamp>,
}

/// The days of a report cannot be those.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDays {
    /// It ends before it begins, or has no length.
    #[error("a report must end after it begins")]
    Backwards,
    /// It covers more than it may.
    #[error("a report covers {MAX_DAYS} days at most; ask for a shorter time")]
    TooLong,
}

impl Days {
    /// Returns the days between those bounds, oldest first.
    pub fn new(bounds: Vec<Timestamp>) -> Result<Self, BadDays> {
        if bounds.len() < 2 || bounds.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(BadDays::Backwards);
        }
        let longest = LONGEST_DAY * i32::from(MAX_DAYS);
        let too_long = bounds.windows(2).any(|pair| pair[1].duration_since(pair[0]) > longest);
        if bounds.len() > usize::from(MAX_DAYS) + 1 || too_long {
            return Err(BadDays::TooLong);
        }
        Ok(Self { bounds })
    }

    /// Returns when the first of them begins.
    pub fn from(&self) -> Timestamp {
        self.bounds.first().copied().unwrap_or_default()
    }

    /// Returns when the last of them ends.
    pub fn to(&self) -> Timestamp {
        self.bounds.last().copied().unwrap_or_default()
    }

    /// Returns the same time cut into weeks, the last of them whole; the first may be shorter.
    #[must_use]
    pub fn weeks(&self) -> Self {
        let last = self.bounds.len() - 1;
        let kept = self.bounds.iter().enumerate().filter(|(index, _)| *index == 0 || (last - index).is_multiple_of(7));
        Self { bounds: kept.map(|(_, bound)| *bound).collect() }
    }

    /// Returns each with its beginning and its end, oldest first.
    pub fn each(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        self.bounds.windows(2).map(|pair| (pair[0], pair[1]))
    }
}

/// What was counted of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The days.
    pub days: Days,
    /// Received messages; slots without any are left out.
    pub volume: Vec<Volume>,
    /// How long buyers waited for an answer, by day; days without an answer are there and empty.
    pub waits: Vec<Vec<Wait>>,
    /// Messages that said only that a person will write.
    pub acks: u64,
    /// What was recognized.
    pub intents: Vec<IntentCount>,
    /// Messages in scope in which nothing was recognized.
    pub unrecognized: u64,
    /// What people did with drafts in those days.
    pub drafts: Vec<DraftCount>,
    /// How the queue stands now, whatever days were asked about.
    pub queue: Queue,
    /// Tickets past their clock now, the latest first; at most as many as were asked for.
    pub overdue: Vec<Overdue>,
}

/// How a received message ended, as reports count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Answered by rule, and no person wrote in the conversation within a week after it.
    Resolved,
    /// Answered by rule; a person wrote later all the same.
    Answered,
    /// Asked back by rule.
    Asked,
    /// Left to a person.
    Escalated,
    /// Machine mail, or what a guard or rule kept quiet: not in scope.
    Suppressed,
}

impl Ending {
    /// Every ending, as charts stack them.
    pub const ALL: [Self; 5] = [Self::Resolved, Self::Answered, Self::Asked, Self::Escalated, Self::Suppressed];

    /// Returns the word used in JSON, in CSV and as a class in charts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Answered => "answered",
            Self::Asked => "asked",
            Self::Escalated => "escalated",
            Self::Suppressed => "suppressed",
        }
    }
}

/// Messages received within one [`SLOT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// When the slot begins, or the first day does within it.
    pub at: Timestamp,
    /// Through which kind of channel.
    pub channel: ChannelKind,
    /// How they ended.
    pub ending: Ending,
    /// How many.
    pub messages: u64,
}

/// Who gave the first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Responder {
    /// A rule.
    Rule,
    /// A person, from the desk or from their own mail program.
    Person,
}

/// Messages that waited equally long for the first answer after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Who answered.
    pub by: Responder,
    /// How long: to the second below two minutes, to the minute below two hours, to the hour above, rounded down.
    pub seconds: u64,
    /// How many.
    pub messages: u64,
}

/// How often an intent was recognized, and what was said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentCount {
    /// The intent, which is the rule.
    pub intent: IntentId,
    /// What the rule said.
    pub said: Said,
    /// Whether it was what the message was about most.
    pub first: bool,
    /// In how many messages.
    pub messages: u64,
}

/// How many drafts of a rule ended so. A draft of several rules counts for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftCount {
    /// The rule.
    pub rule: IntentId,
    /// What people did with them.
    pub outcome: DraftOutcome,
    /// How many.
    pub drafts: u64,
}

/// What a rule said to a message at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Nothing to this intent: it was left to a person.
    Nothing,
    /// That a person will write.
    Ack,
    /// A question back.
    Ask,
    /// An answer prepared for a person.
    Draft,
    /// The answer.
    Answer,
}

impl Said {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Ack, Self::Ask, Self::Draft, Self::Answer];

    /// Returns the word used in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Ack => "ack",
            Self::Ask => "ask",
            Self::Draft => "draft",
            Self::Answer => "answer",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == word)
    }
}

/// How the queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Queue {
    /// Tickets nobody has taken.
    pub open: u64,
    /// Tickets a person works on.
    pub claimed: u64,
    /// Tickets of both kinds whose buyers should have had an answer by now.
    pub overdue: u64,
}

/// A ticket past its clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overdue {
    /// Its number.
    #[schema(value_type = i64)]
    pub ticket: TicketId,
    /// Its subject.
    pub subject: String,
    /// By when the buyer should have had an answer.
    pub respond_by: Timestamp,
}

/// Closed cases that had to say how they ended, with the same cause, result and compensation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseCount {
    /// Why it came to it.
    pub cause: String,
    /// What came of it.
    pub result: Option<CloseResult>,
    /// What each of them cost the shop; none if nobody said.
    pub compensation: Option<Compensation>,
    /// How many.
    pub tickets: u64,
}
