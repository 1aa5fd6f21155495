//! `entity: {order_number: present, country: [DE, FR]}`: what the message names.

use crate::{
    diagnostic::{
        Diagnostic,
        yaml::{Kind as NodeKind, Node, WRONG_TYPE},
    },
    rules::{
        condition::{BAD_CONDITION, Condition, Kind, Names, Place, ReadCondition, Scene, together, words},
        rule::Named,
    },
};

pub(super) const KIND: Kind = Kind {
    name: "entity",
    summary: "The message names a value of this kind (`present`), names none (`absent`), or names one of these values.",
    example: "{order_number: present, country: [DE, FR]}",
    read,
};

/// Values that are named where a condition does not hold. Every rule that does not stand says so of its own, in every
/// sentence, and a message may name ten thousand.
const MAX_TOLD: usize = 5;

const HELP: &str = "write `{order_number: present, country: [DE, FR]}`";

#[derive(Debug)]
struct Entity(Vec<Wish>);

/// What is wanted of one kind.
#[derive(Debug)]
struct Wish {
    kind: Named<String>,
    /// `present`, `absent`, or values.
    words: Vec<String>,
}

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let NodeKind::Mapping(entries) = &node.kind else {
        let message = format!("found {}, expected kinds of values", node.describe());
        return Err(vec![Diagnostic::error(WRONG_TYPE, message, place.span(node), "wrong kind of value").help(HELP)]);
    };
    let mut wishes = Vec::new();
    let mut diagnostics = Vec::new();
    for (key, value) in entries {
        let kind = Named { value: key.as_text().map_or_else(|| key.describe(), str::to_owned), span: place.span(key) };
        match words::names(place, value, "`present`, `absent` or a value") {
            Ok(words) => wishes.push(Wish { kind, words }),
            Err(found) => diagnostics.extend(found),
        }
    }
    if entries.is_empty() {
        let found = Diagnostic::error(BAD_CONDITION, "there is no kind of value", place.span(node), "always holds");
        diagnostics.push(found.help(HELP));
    }
    if diagnostics.is_empty() { Ok(Box::new(Entity(wishes))) } else { Err(diagnostics) }
}

impl Wish {
    fn holds(&self, scene: &Scene<'_>) -> bool {
        let mut values = self.values(scene);
        self.words.iter().any(|word| match word.as_str() {
            "present" => values.next().is_some(),
            "absent" => values.next().is_none(),
            wanted => self.values(scene).any(|value| value.eq_ignore_ascii_case(wanted)),
        })
    }

    fn values<'a>(&'a self, scene: &Scene<'a>) -> impl Iterator<Item = &'a str> {
        let found = scene.moment.entities.iter().filter(|entity| entity.kind == self.kind.value);
        found.map(|entity| entity.value.as_str())
    }
}

impl Condition for Entity {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        together(self.0.iter().map(|wish| Some(wish.holds(scene))))
    }

    fn wanted(&self) -> String {
        let wishes: Vec<String> =
            self.0.iter().map(|wish| format!("{} {}", wish.kind.value, words::either(&wish.words))).collect();
        wishes.join(" and ")
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        let facts = self.0.iter().map(|wish| {
            let mut values: Vec<&str> = wish.values(scene).collect();
            values.dedup();
            match values.as_slice() {
                [] => format!("no {}", wish.kind.value),
                values if values.len() > MAX_TOLD => {
                    let (told, rest) = values.split_at(MAX_TOLD);
                    format!("{} {} and {} more", wish.kind.value, told.join(", "), rest.len())
                }
                values => format!("{} {}", wish.kind.value, values.join(", ")),
            }
        });
        facts.collect::<Vec<_>>().join(", ")
    }

    fn settle(&mut self, names: &mut dyn Names) {
        for wish in &self.0 {
            names.entity(&wish.kind);
        }
    }
}
