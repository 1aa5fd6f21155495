//! `any: [...]`, `all: [...]`, `not: {...}`: conditions made of conditions.

use crate::{
    diagnostic::{
        Diagnostic,
        source::{FileId, Span},
        yaml::{Kind as NodeKind, Node, WRONG_TYPE},
    },
    rules::condition::{Condition, Kind, Moment, ReadCondition, read as read_conditions},
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

pub(super) const NOT: Kind =
    Kind { name: "not", summary: "These conditions do not all hold.", example: "{desk: open}", read: read_not };

type Group = Vec<Box<dyn Condition>>;

#[derive(Debug)]
struct Any(Vec<Group>);

#[derive(Debug)]
struct All(Vec<Group>);

#[derive(Debug)]
struct Not(Group);

fn read_any(file: FileId, node: &Node) -> ReadCondition {
    Ok(Box::new(Any(read_groups(file, node)?)))
}

fn read_all(file: FileId, node: &Node) -> ReadCondition {
    Ok(Box::new(All(read_groups(file, node)?)))
}

fn read_not(file: FileId, node: &Node) -> ReadCondition {
    Ok(Box::new(Not(read_conditions(file, node)?)))
}

fn read_groups(file: FileId, node: &Node) -> Result<Vec<Group>, Vec<Diagnostic>> {
    let NodeKind::List(items) = &node.kind else {
        let message = format!("found {}, expected a list of conditions", node.describe());
        let span = Span::new(file, node.span.clone());
        let found = Diagnostic::error(WRONG_TYPE, message, span, "wrong kind of value");
        return Err(vec![found.help("write `[{channel: telegram}, {desk: closed}]`")]);
    };
    let mut groups = Vec::new();
    let mut diagnostics = Vec::new();
    for item in items {
        match read_conditions(file, item) {
            Ok(group) => groups.push(group),
            Err(found) => diagnostics.extend(found),
        }
    }
    if diagnostics.is_empty() { Ok(groups) } else { Err(diagnostics) }
}

fn group_holds(group: &Group, moment: &Moment) -> bool {
    group.iter().all(|condition| condition.holds(moment))
}

fn wanted(group: &Group) -> String {
    let wishes: Vec<String> = group.iter().map(|condition| condition.wanted()).collect();
    wishes.join(" and ")
}

fn actual(groups: &[Group], moment: &Moment) -> String {
    let mut facts: Vec<String> = groups.iter().flatten().map(|condition| condition.actual(moment)).collect();
    facts.dedup();
    facts.join(", ")
}

impl Condition for Any {
    fn holds(&self, moment: &Moment) -> bool {
        self.0.iter().any(|group| group_holds(group, moment))
    }

    fn wanted(&self) -> String {
        self.0.iter().map(wanted).collect::<Vec<_>>().join(" or ")
    }

    fn actual(&self, moment: &Moment) -> String {
        actual(&self.0, moment)
    }
}

impl Condition for All {
    fn holds(&self, moment: &Moment) -> bool {
        self.0.iter().all(|group| group_holds(group, moment))
    }

    fn wanted(&self) -> String {
        self.0.iter().map(wanted).collect::<Vec<_>>().join(" and ")
    }

    fn actual(&self, moment: &Moment) -> String {
        actual(&self.0, moment)
    }
}

impl Condition for Not {
    fn holds(&self, moment: &Moment) -> bool {
        !group_holds(&self.0, moment)
    }

    fn wanted(&self) -> String {
        format!("not ({})", wanted(&self.0))
    }

    fn actual(&self, moment: &Moment) -> String {
        actual(std::slice::from_ref(&self.0), moment)
    }
}
