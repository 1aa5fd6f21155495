//! `account: [support]`: which mailbox or bot the message came to.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "account",
    summary: "The message came to one of these mailboxes or bots, by the names they have in the configuration.",
    example: "[support, sales]",
    read,
};

#[derive(Debug)]
struct Account(Vec<String>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let expected = "the name of a mailbox or bot of the configuration";
    Ok(Box::new(Account(words::names(place, node, expected)?)))
}

impl Condition for Account {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        Some(self.0.iter().any(|name| name == scene.moment.account))
    }

    fn wanted(&self) -> String {
        format!("account {}", words::either(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        format!("account {}", scene.moment.account)
    }
}
