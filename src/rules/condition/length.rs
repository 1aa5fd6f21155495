//! `length: {to: 200}`: how much the buyer wrote.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, range::Range},
};

pub(super) const KIND: Kind = Kind {
    name: "length",
    summary: "The new text, without quoted mail and signature, has so many characters, both ends included.",
    example: "{from: 1, to: 300}",
    read,
};

#[derive(Debug)]
struct Length(Range);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Length(Range::read(place, node)?)))
}

impl Condition for Length {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        Some(self.0.contains(scene.moment.characters as u64))
    }

    fn wanted(&self) -> String {
        format!("{} characters", self.0.describe())
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        format!("{} characters", scene.moment.characters)
    }
}
