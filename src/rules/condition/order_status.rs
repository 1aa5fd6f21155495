//! `order.status: [shipped]`: where the order stands that the message is about.

use crate::{
    diagnostic::yaml::Node,
    model::order::OrderStatus,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "order.status",
    summary: "The order in question stands at one of these points: `unpaid`, `paid`, `packed`, `shipped`, `delivered`, \
              `returned`, `canceled`; `unknown` holds when it is not known which order, or nothing of it.",
    example: "[shipped, delivered]",
    read,
};

#[derive(Debug)]
struct Status(Vec<String>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let mut known: Vec<&str> = OrderStatus::ALL.iter().map(|status| status.as_str()).collect();
    known.push(words::UNKNOWN);
    let word = |written: &str| known.contains(&written).then(|| written.to_owned());
    Ok(Box::new(Status(words::read(place, node, &known, word)?)))
}

impl Condition for Status {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        words::one_of(&self.0, scene.moment.order.and_then(|order| order.status).map(OrderStatus::as_str))
    }

    fn wanted(&self) -> String {
        format!("an order {}", words::either(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        match scene.moment.order {
            Some(order) => {
                let status = order.status.map_or("whose status is not known", OrderStatus::as_str);
                format!("order {} {status}", order.number)
            }
            None => "no known order".to_owned(),
        }
    }
}
