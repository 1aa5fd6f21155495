//! A reply that no rule names.

use std::collections::BTreeSet;

use crate::{
    check::{
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, nearest::nearest},
    engine::UNKNOWN_ACK,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("unused-reply");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let rules = trial.material.all_rules();
    let named: BTreeSet<&str> = rules
        .flat_map(|rule| {
            let asks = rule.needs.iter().filter_map(|need| need.ask.as_ref());
            rule.reply.iter().chain(&rule.ack).chain(asks)
        })
        .map(|name| name.value.as_str())
        .chain([UNKNOWN_ACK])
        .collect();
    let replies = trial.material.replies.all();
    let all: BTreeSet<&str> = replies.iter().map(|(reply, _)| reply.as_str()).collect();
    let known = |name: &&&str| all.contains(**name);
    // A mistyped name has a finding of its own, which tells what is meant.
    let meant: BTreeSet<&str> = named
        .iter()
        .filter(|name| !known(name))
        .filter_map(|name| nearest(name, replies.iter().map(|(reply, _)| reply.as_str())))
        .collect();
    let used = |reply: &str| named.contains(reply) || meant.contains(reply) || trial.broken_file_mentions(reply);
    let by_hand = |reply| trial.material.replies.is_by_hand(reply);
    let orphans = replies.iter().filter(|(reply, _)| !used(reply.as_str()) && !by_hand(reply));
    let found = orphans.map(|(reply, span)| {
        let message = format!("no rule answers, acknowledges or asks with `{}`", reply.as_str());
        Diagnostic::warning(CODE, message, span.clone(), "never sent").help(format!(
            "write `reply: {}` in the rule it belongs to; if people send it themselves, let the text begin with \
                 `{{# by hand: when #}}`; otherwise remove the folder",
            reply.as_str()
        ))
    });
    found.collect()
}
