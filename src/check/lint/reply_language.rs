//! A rule recognizes a language of the shop in which its reply has no text.

use crate::{
    check::lint::{Lint, Look, Material},
    diagnostic::{Code, Diagnostic},
    model::ids::ReplyId,
    rules::rule::{Named, Rule},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Files(run) };

const CODE: Code = Code::new("missing-language");

fn run(material: &Material<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in material.all_rules() {
        let asks = rule.needs.iter().filter_map(|need| need.ask.as_ref());
        for name in rule.reply.iter().chain(&rule.ack).chain(asks) {
            found.extend(missing(material, rule, name));
        }
    }
    found
}

fn missing(material: &Material<'_>, rule: &Rule, name: &Named<ReplyId>) -> Option<Diagnostic> {
    let offered = material.replies.written(&name.value);
    if offered.is_empty() {
        // That the reply does not exist at all is another finding.
        return None;
    }
    let spoken = rule.languages.iter().filter(|language| material.languages.contains(language));
    let missing: Vec<String> = spoken.filter(|language| !offered.contains(language)).map(ToString::to_string).collect();
    let first = missing.first()?;
    let message = format!("the reply `{}` has no text in {}", name.value, missing.join(", "));
    let help = format!("write replies/{}/{first}.txt; until then such messages become tickets", name.value);
    Some(Diagnostic::warning(CODE, message, name.span.clone(), "named here").help(help))
}
