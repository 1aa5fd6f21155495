//! What people can pause: everything, one account, or one rule.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::{AccountName, IntentId};

/// How far a pause reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "scope", content = "name")]
pub enum Scope {
    /// Everything automatic.
    Shop,
    /// What one mailbox or bot would send by itself.
    Account(AccountName),
    /// What one rule would say.
    Rule(IntentId),
}

impl Scope {
    /// Returns the word used in the store.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Account(_) => "account",
            Self::Rule(_) => "rule",
        }
    }

    /// Returns the name of the account or rule; empty for the shop.
    pub fn name(&self) -> &str {
        match self {
            Self::Shop => "",
            Self::Account(account) => account.as_str(),
            Self::Rule(rule) => rule.as_str(),
        }
    }

    /// Reads word and name back.
    pub fn from_words(word: &str, name: &str) -> Option<Self> {
        match word {
            "shop" => Some(Self::Shop),
            "account" => Some(Self::Account(AccountName::new(name))),
            "rule" => Some(Self::Rule(IntentId::new(name))),
            _ => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shop => f.write_str("the shop"),
            Self::Account(account) => write!(f, "the account {account}"),
            Self::Rule(rule) => write!(f, "the rule {rule}"),
        }
    }
}

/// A pause in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// What is paused.
    #[serde(flatten)]
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// Who paused it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Pause {
    /// Returns who paused it and why.
    pub fn who_and_why(&self) -> String {
        format!("{}: {}", self.by, self.reason)
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is paused ({})", self.scope, self.who_and_why())
    }
}
