//! `buyer.grade: [A]`: how good a customer the buyer is, by the shop's own grades.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "buyer.grade",
    summary: "The buyer has one of these grades; `unknown` holds for buyers whom nobody graded.",
    example: "[B, C, unknown]",
    read,
};

#[derive(Debug)]
struct Grade(Vec<String>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Grade(words::names(place, node, "a grade, such as `A`, or `unknown`")?)))
}

fn grade<'a>(scene: &Scene<'a>) -> Option<&'a str> {
    scene.moment.buyer?.grade.as_deref()
}

impl Condition for Grade {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        words::one_of(&self.0, grade(scene))
    }

    fn wanted(&self) -> String {
        format!("buyer grade {}", words::either(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        grade(scene).map_or_else(|| "a buyer without a grade".to_owned(), |grade| format!("grade {grade}"))
    }
}
