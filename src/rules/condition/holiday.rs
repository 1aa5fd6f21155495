//! `holiday: buyer`: today is a public holiday where the buyer lives, or at the desk.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "holiday",
    summary: "Today is a public holiday in the buyer's country (`buyer`) or at the desk (`desk`); `none` holds where \
              both work. Nobody delivers on the buyer's.",
    example: "buyer",
    read,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Buyer,
    Desk,
    Nobody,
}

#[derive(Debug)]
struct Holiday(Vec<Whose>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let whose = words::read(place, node, &["buyer", "desk", "none"], |word| match word {
        "buyer" => Some(Whose::Buyer),
        "desk" => Some(Whose::Desk),
        "none" => Some(Whose::Nobody),
        _ => None,
    })?;
    Ok(Box::new(Holiday(whose)))
}

impl Condition for Holiday {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let (buyer, desk) = (scene.moment.buyer_holiday, scene.moment.desk_holiday);
        let mut known = Some(false);
        for whose in &self.0 {
            let holds = match whose {
                Whose::Desk => Some(desk),
                Whose::Buyer => buyer,
                Whose::Nobody if desk => Some(false),
                Whose::Nobody => buyer.map(|rests| !rests),
            };
            match holds {
                Some(true) => return Some(true),
                Some(false) => {}
                None => known = None,
            }
        }
        known
    }

    fn wanted(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|whose| wish(*whose)).collect();
        words::either(&names)
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        let desk = if scene.moment.desk_holiday { "a holiday at the desk" } else { "no holiday at the desk" };
        let buyer = match scene.moment.buyer_holiday {
            Some(true) => "one in the buyer's country",
            Some(false) => "none in the buyer's country",
            None => "the buyer's country is not known",
        };
        format!("{desk}, {buyer}")
    }
}

fn wish(whose: Whose) -> &'static str {
    match whose {
        Whose::Buyer => "a holiday in the buyer's country",
        Whose::Desk => "a holiday at the desk",
        Whose::Nobody => "no holiday",
    }
}
