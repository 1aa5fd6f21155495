//! `situation: [spring_festival]`: a dated switch of `replies/_situations.yaml` that is in force.

use crate::{
    diagnostic::yaml::Node,
    rules::{
        condition::{Condition, Kind, Mention, Place, ReadCondition, Scene, words},
        rule::Named,
    },
};

pub(super) const KIND: Kind = Kind {
    name: "situation",
    summary: "One of these situations is in force; `any` holds in every situation, `none` on ordinary days.",
    example: "[spring_festival, peak_season]",
    read,
};

/// Words that name no situation of their own.
const WORDS: [&str; 2] = ["any", "none"];

#[derive(Debug)]
struct Situation(Vec<Named<String>>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Situation(words::named(place, node, "the id of a situation, `any` or `none`")?)))
}

impl Condition for Situation {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let actual = scene.moment.situation;
        Some(self.0.iter().any(|word| match word.value.as_str() {
            "any" => actual.is_some(),
            "none" => actual.is_none(),
            id => actual == Some(id),
        }))
    }

    fn wanted(&self) -> String {
        format!("situation {}", words::either_named(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        scene.moment.situation.map_or_else(|| "no situation".to_owned(), |id| format!("situation {id}"))
    }

    fn mentions<'a>(&'a self, mentions: &mut Vec<Mention<'a>>) {
        mentions.extend(self.0.iter().filter(|name| !WORDS.contains(&name.value.as_str())).map(Mention::Situation));
    }
}
