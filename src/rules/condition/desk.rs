//! `desk: closed`: whether somebody is there, by business hours and holidays.

use crate::{
    diagnostic::{source::FileId, yaml::Node},
    rules::condition::{Condition, Kind, Moment, ReadCondition, words},
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

fn read(file: FileId, node: &Node) -> ReadCondition {
    let open = words::read(file, node, &["open", "closed"], |word| match word {
        "open" => Some(true),
        "closed" => Some(false),
        _ => None,
    })?;
    Ok(Box::new(Desk { open }))
}

impl Condition for Desk {
    fn holds(&self, moment: &Moment) -> bool {
        self.open.contains(&moment.desk_open)
    }

    fn wanted(&self) -> String {
        let names: Vec<String> = self.open.iter().map(|open| state(*open).to_owned()).collect();
        format!("the desk {}", words::either(&names))
    }

    fn actual(&self, moment: &Moment) -> String {
        format!("it {}", state(moment.desk_open))
    }
}

fn state(open: bool) -> &'static str {
    if open { "open" } else { "closed" }
}
