//! The person who writes to the shop.

use serde::{Deserialize, Serialize};

use crate::model::{ids::BuyerId, language::Language};

/// What is known of a buyer across threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// Row number.
    pub id: BuyerId,
    /// Lower-cased address or Telegram chat key.
    pub key: String,
    /// The name as last seen.
    pub name: Option<String>,
    /// The language of the last message we were sure of.
    pub language: Option<Language>,
    /// ISO 3166-1 alpha-2, as the buyer told us.
    pub country: Option<String>,
    /// Answers to this address are switched off: hard bounce, complaint or opt-out.
    pub suppressed: bool,
    /// The grade the shop gave (`A`, `vip`); none while nobody graded.
    #[serde(default)]
    pub grade: Option<String>,
    /// Labels the shop gave, sorted.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How many orders the buyer placed so far; none where the shop's order data is not at hand.
    #[serde(default)]
    pub orders: Option<u32>,
}
