//! An order as the shop's own records tell it: where it stands, and what was written down on the way.

use jiff::civil;
use serde::{Deserialize, Serialize};

/// One order of a buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number, as the shop or the marketplace writes it.
    pub number: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// The day it was placed.
    #[serde(default)]
    pub placed: Option<civil::Date>,
    /// The day the parcel was handed to the carrier.
    #[serde(default)]
    pub shipped: Option<civil::Date>,
    /// The day the parcel was delivered.
    #[serde(default)]
    pub delivered: Option<civil::Date>,
    /// Who carries the parcel, by name.
    #[serde(default)]
    pub carrier: Option<String>,
    /// The tracking number.
    #[serde(default)]
    pub tracking: Option<String>,
}

/// Where an order stands; the order is the order of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// Placed and not paid.
    Unpaid,
    /// Paid and not packed.
    Paid,
    /// Packed, waiting for the carrier.
    Packed,
    /// On its way.
    Shipped,
    /// With the buyer, as the carrier says.
    Delivered,
    /// Sent back.
    Returned,
    /// Canceled by either side.
    Canceled,
}

impl OrderStatus {
    /// Every status, in the order of life.
    pub const ALL: [Self; 7] =
        [Self::Unpaid, Self::Paid, Self::Packed, Self::Shipped, Self::Delivered, Self::Returned, Self::Canceled];

    /// Returns the word used in files and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Paid => "paid",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
            Self::Canceled => "canceled",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}
