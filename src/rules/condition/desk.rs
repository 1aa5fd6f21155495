//! `desk: closed`: whether somebody is there, by business hours and holidays.

use crate::{
    diagnostic::yaml::Node,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "desk",
    summary: "Somebody is at the desk (`open`) or nobody is (`closed`), by business hours and holidays.",
    example: "closed",
    read,
};

#[derive(Debug)]
struct Desk {
    /// Open, closed, or (pointless, and harmless) both.
    open: Vec<bool>,
}

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let open = words::read(place, node, &["open", "closed"], |word| match word {
        "open" => Some(true),
        "closed" => Some(false),
        _ => None,
    })?;
    Ok(Box::new(Desk { open }))
}

impl Condition for Desk {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        Some(self.open.contains(&scene.moment.desk_open))
    }

    fn wanted(&self) -> String {
        let names: Vec<&str> = self.open.iter().map(|open| state(*open)).collect();
        format!("the desk {}", words::either(&names))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        format!("it {}", state(scene.moment.desk_open))
    }
}

fn state(open: bool) -> &'static str {
    if open { "open" } else { "closed" }
}
