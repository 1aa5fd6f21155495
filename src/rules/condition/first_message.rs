//! `first_message: true`: whether a conversation begins.

use crate::{
    diagnostic::{
        Diagnostic,
        yaml::{Kind as NodeKind, Node, WRONG_TYPE},
    },
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene},
};

pub(super) const KIND: Kind = Kind {
    name: "first_message",
    summary: "The message begins a conversation (`true`), or it continues one (`false`).",
    example: "true",
    read,
};

#[derive(Debug)]
struct FirstMessage(bool);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let NodeKind::Bool(first) = node.kind else {
        let message = format!("found {}, expected `true` or `false`", node.describe());
        let found = Diagnostic::error(WRONG_TYPE, message, place.span(node), "wrong kind of value");
        return Err(vec![found.help("write `first_message: true`")]);
    };
    Ok(Box::new(FirstMessage(first)))
}

impl Condition for FirstMessage {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        Some(self.0 == scene.moment.first_message)
    }

    fn wanted(&self) -> String {
        place_of(self.0).to_owned()
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        place_of(scene.moment.first_message).to_owned()
    }
}

fn place_of(first: bool) -> &'static str {
    if first { "the first message of a conversation" } else { "a later message" }
}
