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
}
