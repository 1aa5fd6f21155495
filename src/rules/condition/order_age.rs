//! `order.age: {from: 20}`: how many days ago the order was placed.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, range::Range},
};

pub(super) const KIND: Kind = Kind {
    name: "order.age",
    summary: "The order in question was placed so many days ago, both ends included.",
    example: "{from: 20}",
    read,
};

#[derive(Debug)]
struct Age(Range);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Age(Range::read(place, node)?)))
}

/// Returns the days since the order was placed; an order of the future is as old as today's.
fn age(scene: &Scene<'_>) -> Option<u64> {
    let placed = scene.moment.order?.placed?;
    let days = scene.moment.date.duration_since(placed).as_hours() / 24;
    Some(u64::try_from(days).unwrap_or(0))
}

impl Condition for Age {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        age(scene).map(|age| self.0.contains(age))
    }

    fn wanted(&self) -> String {
        format!("an order {} days old", self.0.describe())
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        age(scene).map_or_else(|| "no order whose age is known".to_owned(), |age| format!("{age} days"))
    }
}
