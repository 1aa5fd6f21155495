//! `marketplace: [amazon]`: whose relay brought the message, by the name of the mail profile.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "marketplace",
    summary: "The message came through one of these marketplaces; `none` holds for direct mail and chats.",
    example: "[amazon, ebay]",
    read,
};

/// The word for a message that no marketplace brought.
const NONE: &str = "none";

#[derive(Debug)]
struct Marketplace(Vec<String>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Marketplace(words::names(place, node, "the name of a marketplace, or `none`")?)))
}

impl Condition for Marketplace {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let actual = scene.moment.marketplace.unwrap_or(NONE);
        Some(self.0.iter().any(|name| name.eq_ignore_ascii_case(actual)))
    }

    fn wanted(&self) -> String {
        format!("marketplace {}", words::either(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        match scene.moment.marketplace {
            Some(name) => format!("marketplace {name}"),
            None => "no marketplace".to_owned(),
        }
    }
}
