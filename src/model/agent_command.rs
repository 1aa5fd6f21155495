//! What a person may do to a ticket, wherever they do it.

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    closing::Closing,
    ids::{AgentName, InboundId, TicketId},
    outbound::NewOutbound,
    ticket::{EventKind, TicketState, Urgency},
};

/// How long an act can be taken back, and a reply waits before it leaves: long enough to see one's own mistake, short enough
/// that no buyer notices.
pub const UNDO_SECONDS: i64 = 10;

/// The same as a length of time.
pub const UNDO: SignedDuration = SignedDuration::from_secs(UNDO_SECONDS);

/// One act of a person. What each does in which state is the table of `desk::transition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentCommand {
    /// Take the ticket.
    Claim,
    /// Give it back to the queue.
    Release,
    /// Give it to a colleague, or to oneself.
    Assign(AgentName),
    /// Answer the buyer.
    Reply(Answer),
    /// Send the newest draft as it stands.
    SendDraft(Schedule),
    /// Throw the draft away; the text says why and may be empty.
    RejectDraft(String),
    /// Take back a reply that waits for its hour.
    CancelReply,
    /// Write something for colleagues only.
    Note(String),
    /// End the case.
    Close(Closing),
    /// Open a case again that was closed or waits for the buyer.
    Reopen,
    /// Out of the queue until then, or until the buyer writes.
    Snooze(Timestamp),
    /// Back into the queue before its time.
    Wake,
    /// Add a label.
    Tag(String),
    /// Take a label away.
    Untag(String),
    /// Say how soon a person must look.
    SetUrgency(Urgency),
    /// Let it go on in another ticket, with everything that was said.
    Merge(TicketId),
    /// Let one message of it begin a ticket of its own.
    Split(InboundId),
    /// The machine may speak in this conversation again.
    HandBack,
    /// The machine never speaks in this conversation until it is switched on again.
    BotOff,
    /// The end of `BotOff`.
    BotOn,
    /// Stop what the machine is about to say.
    StopPending,
}

/// What a person answers, and when it is to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The words.
    pub text: String,
    /// They began as the draft: counted as edited where they differ from it.
    pub from_draft: bool,
    /// When they leave.
    pub schedule: Schedule,
}

impl Answer {
    /// Returns an answer of one's own words that leaves as soon as it can no longer be taken back.
    pub fn now(text: impl Into<String>) -> Self {
        Self { text: text.into(), from_draft: false, schedule: Schedule::Now }
    }
}

/// When a reply leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// As soon as it can no longer be taken back.
    Now,
    /// At that moment.
    At(Timestamp),
    /// In the next morning of the buyer's clock.
    BuyersMorning,
}

/// What an allowed act changes, computed by `desk` and written by the store in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketChange {
    /// The version the change was computed on.
    pub version: i64,
    /// The new state.
    pub state: TicketState,
    /// Who owns it afterwards.
    pub owner: Owner,
    /// The event to write, with its text.
    pub event: EventKind,
    /// The text of the event.
    pub text: String,
    /// The human takes the conversation over: the thread's epoch rises and pending automatic sends are cancelled.
    pub take_over: bool,
    /// The message to send, composed, if the act sends one.
    pub outbound: Option<NewOutbound>,
    /// The message leaves not before this moment; none: at once.
    pub leaves_at: Option<Timestamp>,
    /// A person chose that moment: until then the response clock runs, and a new message of the buyer takes the reply back.
    pub scheduled: bool,
    /// What becomes of the draft, if one waits.
    pub draft: Option<DraftOutcome>,
    /// What else changes.
    pub edit: Option<Edit>,
    /// Until when the act can be taken back; none if it cannot.
    pub undo_until: Option<Timestamp>,
    /// The name under which a program asked for the act, so that it is not done again; people's acts have none.
    pub once: Option<Once>,
}

/// The name that a program gives an act. Under one name it acts once, however often it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The name, unique among those of the program.
    pub key: String,
    /// A hash of what is asked for: another act under the same name is a mistake.
    pub request: String,
    /// The ticket that the act began, once it is known.
    pub made: Option<TicketId>,
}

/// Who owns a ticket after an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Whoever owned it before.
    Same,
    /// The acting person.
    Actor,
    /// That person.
    Person(AgentName),
    /// Nobody.
    Nobody,
}

/// A change of one thing beside state and owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Out of the queue until then; none puts it back.
    Snooze(Option<Timestamp>),
    /// All its labels from now on.
    Tags(Vec<String>),
    /// How soon a person must look.
    Urgency(Urgency),
    /// How the case ended.
    Closing(Closing),
    /// The machine never speaks in the conversation, or may again.
    BotOff(bool),
    /// Nobody is known to have spoken for the shop lately, so the machine may.
    HandBack,
    /// What waits for its hour is cancelled.
    CancelReply,
    /// What the machine was about to say is stopped; whoever it was for waits for a person again.
    StopPending,
}

/// What a person did with a draft of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DraftOutcome {
    /// Sent as it stood.
    Sent,
    /// Sent with other words.
    Edited,
    /// Thrown away as wrong.
    Rejected,
    /// Passed over: another reply was written, or the case was closed.
    Unused,
}

impl DraftOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Sent, Self::Edited, Self::Rejected, Self::Unused];

    /// Returns the word used in the store and in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Edited => "edited",
            Self::Rejected => "rejected",
            Self::Unused => "unused",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

impl TicketChange {
    /// Returns a change that writes one line of history and leaves everything else as it is.
    pub fn new(version: i64, state: TicketState, event: EventKind, text: impl Into<String>) -> Self {
        Self {
            version,
            state,
            owner: Owner::Same,
            event,
            text: text.into(),
            take_over: false,
            outbound: None,
            leaves_at: None,
            scheduled: false,
            draft: None,
            edit: None,
            undo_until: None,
            once: None,
        }
    }

    /// Returns whether the buyer waits for a person as before: only an answer, or the end of the case, stops the response
    /// clock.
    pub fn keeps_waiting(&self) -> bool {
        self.event != EventKind::Reply && self.state != TicketState::Closed
    }
}
