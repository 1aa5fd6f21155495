//! `buyer.tag: [wholesale]`: labels that people of the shop gave a buyer.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "buyer.tag",
    summary: "The buyer has at least one of these labels; somebody never seen before has none.",
    example: "[wholesale, press]",
    read,
};

#[derive(Debug)]
struct Tag(Vec<String>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Tag(words::names(place, node, "a label of buyers")?)))
}

fn tags<'a>(scene: &Scene<'a>) -> &'a [String] {
    scene.moment.buyer.map_or(&[], |buyer| &buyer.tags)
}

impl Condition for Tag {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        Some(tags(scene).iter().any(|tag| self.0.contains(tag)))
    }

    fn wanted(&self) -> String {
        format!("buyer tag {}", words::either(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        match tags(scene) {
            [] => "a buyer without tags".to_owned(),
            tags => format!("tags {}", tags.join(", ")),
        }
    }
}
