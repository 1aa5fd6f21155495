//! What a rule or a channel in `shadow` would have done: recorded with the verdict, said to nobody.
//!
//! It is worked out with the same slots and the same templates as a real answer, so that a seller who raises the mode sees
//! no surprise.

use crate::{
    engine::{
        Engine,
        compose::Words,
        guard::Case,
        policy::Draft,
        slots::{self, Filled},
        understand::Understanding,
    },
    model::{
        mode::Mode,
        outbound::OutboundKind,
        verdict::{LossReason, Shadow, Would},
    },
    rules::rule::{Action, Rule},
};

/// Returns what each rule in shadow would have done, had it been the only one.
pub(super) fn of_rules(engine: &Engine, case: &Case<'_>, understanding: &Understanding<'_>) -> Vec<Shadow> {
    let mut shadows: Vec<Shadow> = Vec::new();
    for loser in &understanding.losers {
        let in_shadow = matches!(&loser.why, LossReason::Mode(mode) if mode == Mode::Shadow.as_str());
        if !in_shadow || shadows.iter().any(|shadow| shadow.intents.contains(&loser.rule)) {
            continue;
        }
        let rule = engine.rules().rule(&loser.rule);
        shadows.extend(rule.map(|rule| of_rule(engine, case, understanding, rule)));
    }
    shadows
}

/// Returns what would have been sent.
pub(super) fn of_draft(engine: &Engine, case: &Case<'_>, understanding: &Understanding<'_>, draft: &Draft) -> Shadow {
    let would = if draft.kind == OutboundKind::Ask { Would::Ask } else { Would::Answer };
    let words = Words { engine, case, understanding };
    let written = words.write(draft.kind, draft, understanding.language.answer);
    let (text, problem) = match written {
        Ok(rendered) => (Some(rendered.text), None),
        Err(problem) => (None, Some(problem)),
    };
    Shadow { intents: draft.intents.clone(), would, text, problem }
}

fn of_rule(engine: &Engine, case: &Case<'_>, understanding: &Understanding<'_>, rule: &Rule) -> Shadow {
    let plain = |would, problem| Shadow { intents: vec![rule.id.clone()], would, text: None, problem };
    match rule.action {
        Action::Escalate => return plain(Would::Escalate, None),
        Action::Suppress => return plain(Would::Suppress, None),
        Action::Answer => {}
    }
    let mut draft = Draft {
        kind: OutboundKind::Answer,
        intents: vec![rule.id.clone()],
        replies: rule.reply.iter().map(|reply| reply.value.clone()).collect(),
        values: understanding.named.unambiguous(),
        rest: Vec::new(),
        uncovered: false,
        choices: Vec::new(),
    };
    match slots::fill(engine, rule, understanding, case.ctx, case.now) {
        Filled::Ready(values) => draft.values.extend(values),
        Filled::Ask(question) => {
            draft.kind = OutboundKind::Ask;
            draft.replies = question.replies;
        }
        Filled::Missing { reason } => return plain(Would::Escalate, Some(reason)),
    }
    of_draft(engine, case, understanding, &draft)
}
