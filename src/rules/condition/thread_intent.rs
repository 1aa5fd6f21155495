//! `thread.intent: [track_order]`: what we talked about before in this conversation.

use crate::{
    diagnostic::yaml::Node,
    rules::{
        condition::{Condition, Kind, Mention, Place, ReadCondition, Scene, words},
        rule::Named,
    },
};

pub(super) const KIND: Kind = Kind {
    name: "thread.intent",
    summary: "An automatic message of ours in this conversation spoke to one of these intents.",
    example: "[track_order, delivery_delay]",
    read,
};

#[derive(Debug)]
struct Intent(Vec<Named<String>>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Intent(words::named(place, node, "the name of an intent")?)))
}

impl Condition for Intent {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let spoken_of =
            |intent: &Named<String>| scene.moment.earlier.iter().any(|earlier| earlier.as_str() == intent.value);
        Some(self.0.iter().any(spoken_of))
    }

    fn wanted(&self) -> String {
        format!("earlier talk about {}", words::either_named(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        let earlier: Vec<&str> = scene.moment.earlier.iter().map(crate::model::ids::IntentId::as_str).collect();
        if earlier.is_empty() { "no earlier talk".to_owned() } else { format!("talk about {}", earlier.join(", ")) }
    }

    fn mentions<'a>(&'a self, mentions: &mut Vec<Mention<'a>>) {
        mentions.extend(self.0.iter().map(Mention::Intent));
    }
}
