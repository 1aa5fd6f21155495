//! A buyer who waits for a person for too long.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::ids::TicketId;

/// An alarm that rang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// Row number; later alarms have higher ones.
    pub id: i64,
    /// The buyer's ticket.
    pub ticket: TicketId,
    /// When the oldest message came in that nobody has answered.
    pub waiting_since: Timestamp,
    /// How long the buyer had waited.
    pub wait: Wait,
    /// When it rang.
    pub rung_at: Timestamp,
}

/// After which waits an alarm rings, once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// A day: the ticket becomes one of high urgency.
    OneDay,
    /// Two days: the ticket becomes urgent.
    TwoDays,
}

impl Wait {
    /// Returns the hours of the wait.
    pub fn hours(self) -> u32 {
        match self {
            Self::OneDay => 24,
            Self::TwoDays => 48,
        }
    }

    /// Returns the wait of so many hours.
    pub fn of_hours(hours: u32) -> Option<Self> {
        [Self::OneDay, Self::TwoDays].into_iter().find(|wait| wait.hours() == hours)
    }
}
