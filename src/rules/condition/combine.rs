//! `any: [...]`, `all: [...]`, `not: {...}`: conditions made of conditions.
//!
//! Three values, as in SQL: what is not known stays unknown under `not`, decides nothing under `any` beside something
//! that holds, and nothing under `all` beside something that fails.

use crate::{
    diagnostic::{
        Diagnostic,
        yaml::{Kind as NodeKind, Node, WRONG_TYPE},
    },
    rules::condition::{Condition, Conditions, Kind, Mention, Names, Place, ReadCondition, Scene, together},
};

pub(super) const ANY: Kind = Kind {
    name: "any",
    summary: "At least one of these groups of conditions holds.",
    example: "[{channel: telegram}, {desk: closed}]",
    read: read_any,
};

pub(super) const ALL: Kind = Kind {
    name: "all",
    summary: "Every one of these groups of conditions holds.",
    example: "[{channel: email}, {not: {language: zh}}]",
    read: read_all,
};

pub(super) const NOT: Kind = Kind {
    name: "not",
    summary: "These conditions do not all hold; what is not known is not known under `not` either.",
    example: "{desk: open}",
    read: read_not,
};

/// Groups of conditions, of which one must hold or all.
#[derive(Debug)]
struct Several {
    groups: Vec<Conditions>,
    /// All of them; else one is enough.
    all: bool,
}

#[derive(Debug)]
struct Not(Conditions);

fn read_any(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Several { groups: read_groups(place, node)?, all: false }))
}

fn read_all(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Several { groups: read_groups(place, node)?, all: true }))
}

fn read_not(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Not(Conditions::read(place, node)?)))
}

fn read_groups(place: Place<'_>, node: &Node) -> Result<Vec<Conditions>, Vec<Diagnostic>> {
    let NodeKind::List(items) = &node.kind else {
        let message = format!("found {}, expected a list of conditions", node.describe());
        let found = Diagnostic::error(WRONG_TYPE, message, place.span(node), "wrong kind of value");
        return Err(vec![found.help("write `[{channel: telegram}, {desk: closed}]`")]);
    };
    let mut groups = Vec::new();
    let mut diagnostics = Vec::new();
    for item in items {
        match Conditions::read(place, item) {
            Ok(group) => groups.push(group),
            Err(found) => diagnostics.extend(found),
        }
    }
    if diagnostics.is_empty() { Ok(groups) } else { Err(diagnostics) }
}

fn wanted(group: &Conditions) -> String {
    let wishes: Vec<String> = group.0.iter().map(|condition| condition.wanted()).collect();
    wishes.join(" and ")
}

fn actual(groups: &[Conditions], scene: &Scene<'_>) -> String {
    let mut facts: Vec<String> = Vec::new();
    for condition in groups.iter().flat_map(|group| &group.0) {
        let fact = condition.actual(scene);
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts.join(", ")
}

impl Condition for Several {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let held = self.groups.iter().map(|group| group.hold(scene));
        if self.all {
            return together(held);
        }
        // One of them holds unless all of them fail.
        together(held.map(|holds| holds.map(|holds| !holds))).map(|all_fail| !all_fail)
    }

    fn wanted(&self) -> String {
        self.groups.iter().map(wanted).collect::<Vec<_>>().join(if self.all { " and " } else { " or " })
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        actual(&self.groups, scene)
    }

    fn mentions<'a>(&'a self, mentions: &mut Vec<Mention<'a>>) {
        for group in &self.groups {
            group.add_mentions(mentions);
        }
    }

    fn settle(&mut self, names: &mut dyn Names) {
        for group in &mut self.groups {
            group.settle(names);
        }
    }
}

impl Condition for Not {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        self.0.hold(scene).map(|holds| !holds)
    }

    fn wanted(&self) -> String {
        format!("not ({})", wanted(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        actual(std::slice::from_ref(&self.0), scene)
    }

    fn mentions<'a>(&'a self, mentions: &mut Vec<Mention<'a>>) {
        self.0.add_mentions(mentions);
    }

    fn settle(&mut self, names: &mut dyn Names) {
        self.0.settle(names);
    }
}
