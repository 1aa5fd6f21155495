//! What people switch by hand: pauses of everything, one account or one rule, and situations.

use std::fmt;

use jiff::{Timestamp, civil};
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

/// A situation switched by hand, whatever its dates say, until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SituationSwitch {
    /// The id of the situation, as replies/_situations.yaml has it.
    pub situation: String,
    /// It is in force beside its dates; otherwise it is not in force in spite of them.
    pub on: bool,
    /// The first day this holds, at the desk.
    pub since: civil::Date,
    /// The last day this holds, at the desk.
    pub until: civil::Date,
    /// Why.
    pub reason: String,
    /// Who switched it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl SituationSwitch {
    /// Returns whether it holds on that day.
    pub fn holds(&self, day: civil::Date) -> bool {
        self.since <= day && day <= self.until
    }
}

impl fmt::Display for SituationSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { situation, until, by, .. } = self;
        let state = if self.on { "on" } else { "off" };
        write!(f, "the situation {situation} is switched {state} until {until} ({by}: {})", self.reason)
    }
}
