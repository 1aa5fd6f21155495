//! `buyer.orders: {from: 2}`: how often the buyer bought.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, range::Range},
};

pub(super) const KIND: Kind = Kind {
    name: "buyer.orders",
    summary: "The buyer placed so many orders so far, both ends included; it needs the shop's order data.",
    example: "{from: 2}",
    read,
};

#[derive(Debug)]
struct Orders(Range);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Orders(Range::read(place, node)?)))
}

fn orders(scene: &Scene<'_>) -> Option<u32> {
    scene.moment.orders_of_buyer
}

impl Condition for Orders {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        orders(scene).map(|orders| self.0.contains(orders.into()))
    }

    fn wanted(&self) -> String {
        format!("a buyer with {} orders", self.0.describe())
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        orders(scene)
            .map_or_else(|| "a buyer whose orders are not known".to_owned(), |orders| format!("{orders} orders"))
    }
}
