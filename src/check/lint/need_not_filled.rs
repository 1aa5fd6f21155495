//! A reply needs a value that the rule does not provide: every such answer would become a ticket.

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{Code, Diagnostic},
    model::ids::ReplyId,
    replies::catalog::Requirement,
    rules::rule::{Named, Need, OrderField, Rule, Source},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Files(run) };

const CODE: Code = Code::new("need-not-filled");

fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in material.rules.rules() {
        let Some(reply) = &rule.reply else { continue };
        let requirements = material.replies.requirements(&reply.value);
        // Two variables may hang on one need; it is missing once.
        let mut reported: Vec<&str> = Vec::new();
        for requirement in &requirements {
            let Some(slot) = slot(&requirement.variable) else { continue };
            if !reported.contains(&slot) && !rule.needs.iter().any(|need| fills(need, slot)) {
                reported.push(slot);
                found.push(unfilled(rule, reply, slot, requirement));
            }
        }
    }
    found
}

fn unfilled(rule: &Rule, reply: &Named<ReplyId>, slot: &str, requirement: &Requirement) -> Diagnostic {
    let variable = &requirement.variable;
    let message =
        format!("the reply `{}` prints `{variable}`, which the rule `{}` does not provide", reply.value, rule.id);
    let help = match slot {
        SITUATION => "add `needs: {situation: {from: [situation.text]}}`, or say in the text what to write without it",
        "country" => "add `needs: {country: {from: [entity.country, buyer.country], ask: which_country}}` to the rule",
        slot if slot.starts_with(ORDER) => {
            "add a need whose only source is this field of the order, as `needs: {tracking: {from: [order.tracking], ask: \
             which_order}}`, or say in the text what to write without it"
        }
        _ => "list it under `needs` of the rule, or say in the text what to write without it",
    };
    Diagnostic::error(CODE, message, reply.span.clone(), "answers with it")
        .related(requirement.span.clone(), "printed here")
        .help(help)
}

const SITUATION: &str = "situation";
const ORDER: &str = "order.";

/// Returns the slot on which a variable hangs; none for variables that need none.
fn slot(variable: &str) -> Option<&str> {
    if variable.starts_with(ORDER) {
        return Some(variable);
    }
    match variable.split_once('.')? {
        // The code and the name of a country are two forms of one value.
        ("entity", "country_code") => Some("country"),
        ("entity", kind) => Some(kind),
        (SITUATION, _) => Some(SITUATION),
        _ => None,
    }
}

/// A value is printed under the name of its slot; a situation and the fields of an order under their own. What may come
/// from elsewhere too, or the buyer may answer, is no certain field of the order.
fn fills(need: &Need, slot: &str) -> bool {
    if let Some(field) = slot.strip_prefix(ORDER) {
        let field = OrderField::from_word(field).map(Source::Order);
        return !need.from.is_empty() && need.from.iter().all(|source| Some(&source.value) == field.as_ref());
    }
    match slot {
        SITUATION => need.from.iter().any(|source| source.value == Source::Situation),
        _ => need.slot == slot,
    }
}
