//! Identifiers, each its own type so that a thread can never be passed where a ticket is meant.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! row_id {
    ($name:ident, $what:literal) => {
        #[doc = concat!("The row number of ", $what, " in the store.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(InboundId, "one received message");
row_id!(ThreadId, "one conversation with one buyer");
row_id!(TicketId, "one case in the human queue");
row_id!(OutboxId, "one message to be sent");
row_id!(BuyerId, "one buyer");

macro_rules! name {
    ($name:ident, $what:literal) => {
        #[doc = concat!("The name of ", $what, ", as written in the seller's files.")]
        ///
        /// Cheap to copy: every hit of every message names its rule.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a name that was already checked where it was read.
            pub fn new(name: impl Into<String>) -> Self {
                let name: String = name.into();
                Self(name.into())
            }

            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::new)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }
    };
}

name!(AccountName, "a mailbox, bot or folder");
name!(IntentId, "an intent, which is also the name of the one rule file that recognises it");
name!(ReplyId, "a reply, a folder under `replies/`");
name!(AgentName, "a person who works the queue");
