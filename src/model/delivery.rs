//! The states of a message of ours, and what leads from one to the next.
//!
//! `ready → sending(phase) → sent(proof) | retry_at | uncertain → verified_sent | escalated`, `cancelled(reason)`; drafts
//! are `held`. [`DeliveryState::after`] is the whole of it: what it does not name cannot happen. From the states in
//! which a message may have left, nothing leads back to those from which it is sent.

use serde::Serialize;

use crate::model::outbound::Phase;

/// Where a message of ours stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// A draft; never leaves by itself.
    Held,
    /// Due now.
    Ready,
    /// An attempt is under way.
    Sending,
    /// An attempt ended with nothing delivered; the next one has its time.
    RetryAt,
    /// The server took responsibility.
    Sent,
    /// It may have left: it is looked for, and never sent again.
    Uncertain,
    /// It was found outside, so it had left.
    VerifiedSent,
    /// It was not found in time; a ticket asks a person.
    Escalated,
    /// It will not be sent.
    Cancelled,
}

/// What can happen to a message of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryEvent {
    /// Delivery takes it.
    Claimed,
    /// The server says that it has it.
    Accepted,
    /// Nothing was delivered, another attempt may succeed.
    Deferred,
    /// Nothing was delivered and never will be.
    Refused,
    /// The last bytes may have arrived and no answer came.
    Lost,
    /// The process, or the part that was sending, ended in this phase.
    BrokenOff(Phase),
    /// It was seen outside: in the Sent folder, in a delivery report, in an answer to it.
    Seen,
    /// It was looked for until its time was up.
    NotFound,
    /// A person acted, or wrote something else.
    Withdrawn,
    /// The store came back from a backup, so it may have left since.
    Restored,
}

impl DeliveryEvent {
    /// Every event.
    pub const ALL: [Self; 11] = [
        Self::Claimed,
        Self::Accepted,
        Self::Deferred,
        Self::Refused,
        Self::Lost,
        Self::BrokenOff(Phase::Before),
        Self::BrokenOff(Phase::Dot),
        Self::Seen,
        Self::NotFound,
        Self::Withdrawn,
        Self::Restored,
    ];
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::Ready,
        Self::Sending,
        Self::RetryAt,
        Self::Sent,
        Self::Uncertain,
        Self::VerifiedSent,
        Self::Escalated,
        Self::Cancelled,
    ];

    /// Returns the word used in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Ready => "ready",
            Self::Sending => "sending",
            Self::RetryAt => "retry_at",
            Self::Sent => "sent",
            Self::Uncertain => "uncertain",
            Self::VerifiedSent => "verified_sent",
            Self::Escalated => "escalated",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Returns the state after an event; none if the event cannot happen in this state, and nothing changes.
    pub fn after(self, event: DeliveryEvent) -> Option<Self> {
        use DeliveryEvent as Event;
        match (self, event) {
            (Self::Ready | Self::RetryAt, Event::Claimed) => Some(Self::Sending),
            (Self::Sending, Event::Accepted) => Some(Self::Sent),
            (Self::Sending, Event::Deferred) => Some(Self::RetryAt),
            (Self::Sending, Event::BrokenOff(Phase::Before)) => Some(Self::Ready),
            (Self::Sending, Event::BrokenOff(Phase::Dot) | Event::Lost)
            | (Self::Ready | Self::RetryAt | Self::Sending, Event::Restored) => Some(Self::Uncertain),
            // The server's own word may come after the attempt was taken for lost.
            (Self::Uncertain | Self::Escalated, Event::Seen | Event::Accepted) => Some(Self::VerifiedSent),
            (Self::Uncertain, Event::NotFound) => Some(Self::Escalated),
            (Self::Sending, Event::Refused) | (Self::Held | Self::Ready | Self::RetryAt, Event::Withdrawn) => {
                Some(Self::Cancelled)
            }
            _ => None,
        }
    }

    /// Says whether nothing more happens by itself.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Ready | Self::Sending | Self::RetryAt | Self::Uncertain)
    }
}
