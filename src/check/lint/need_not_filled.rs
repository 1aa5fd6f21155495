//! A reply needs a value that the rule does not provide: every such answer would become a ticket.

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{Code, Diagnostic},
    model::ids::ReplyId,
    replies::catalog::Requirement,
    rules::rule::{Named, Need, Rule, Source},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Files(run) };

const CODE: Code = Code::new("need-not-filled");

fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in material.rules.rules() {
        let Some(reply) = &rule.reply else { continue };
        // Two variables may hang on one need; it is missing once.
        let mut reported: Vec<&str> = Vec::new();
        for requirement in material.replies.requirements(&reply.value) {
            let Some(slot) = slot(requirement.variable) else { continue };
            if !reported.contains(&slot) && !rule.needs.iter().any(|need| fills(need, slot)) {
                reported.push(slot);
                found.push(unfilled(rule, reply, slot, &requirement));
            }
        }
    }
    found
}

fn unfilled(rule: &Rule, reply: &Named<ReplyId>, slot: &str, requirement: &Requirement) -> Diagnostic {
    let variable = requirement.variable;
    let message =
        format!("the reply `{}` prints `{variable}`, which the rule `{}` does not provide", reply.value, rule.id);
    let help = match slot {
        SITUATION => "add `needs: {situation: {from: [situation.text]}}`, or say in the text what to write without it",
        "country" => "add `needs: {country: {from: [entity.country, buyer.country], ask: which_country}}` to the rule",
        _ => "list it under `needs` of the rule, or say in the text what to write without it",
    };
    Diagnostic::error(CODE, message, reply.span.clone(), "answers with it")
        .related(requirement.span.clone(), "printed here")
        .help(help)
}

const SITUATION: &str = "situation";

/// Returns the slot on which a variable hangs; none for variables that need none.
fn slot(variable: &'static str) -> Option<&'static str> {
    match variable.split_once('.')? {
        // The code and the name of a country are two forms of one value.
        ("entity", "country_code") => Some("country"),
        ("entity", kind) => Some(kind),
        (SITUATION, _) => Some(SITUATION),
        _ => None,
    }
}

/// A value is printed under the name of its slot; a situation under its own.
fn fills(need: &Need, slot: &str) -> bool {
    match slot {
        SITUATION => need.from.iter().any(|source| source.value == Source::Situation),
        _ => need.slot == slot,
    }
}
