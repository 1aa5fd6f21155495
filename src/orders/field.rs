//! What a column of an export can mean.

/// The meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The number that the buyer knows.
    Number,
    /// The buyer's address.
    Email,
    /// Where the order stands; several columns may say so (paid, fulfilled).
    Status,
    /// Who carries the parcel.
    Carrier,
    /// The tracking number.
    Tracking,
    /// The day it was placed.
    Placed,
    /// The day it was paid; says that it is.
    Paid,
    /// The day it was handed to the carrier.
    Shipped,
    /// The day it was delivered.
    Delivered,
    /// The day it was canceled; says that it is.
    Canceled,
}

impl Field {
    /// Every field, in the order in which people read them.
    pub const ALL: [Self; 10] = [
        Self::Number,
        Self::Email,
        Self::Status,
        Self::Carrier,
        Self::Tracking,
        Self::Placed,
        Self::Paid,
        Self::Shipped,
        Self::Delivered,
        Self::Canceled,
    ];

    /// Returns the word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Email => "email",
            Self::Status => "status",
            Self::Carrier => "carrier",
            Self::Tracking => "tracking",
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Canceled => "canceled",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == word)
    }

    /// Returns what the column tells, for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::Number => "the order's number, as the buyer knows it",
            Self::Email => "the buyer's e-mail address: only who writes from it is told anything",
            Self::Status => "where the order stands; several columns may say so",
            Self::Carrier => "who carries the parcel",
            Self::Tracking => "the tracking number",
            Self::Placed => "the day it was placed",
            Self::Paid => "the day it was paid",
            Self::Shipped => "the day it was handed to the carrier",
            Self::Delivered => "the day it was delivered",
            Self::Canceled => "the day it was canceled",
        }
    }
}
