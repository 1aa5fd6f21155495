//! An example at which another rule stands.

use crate::{
    check::{
        cases::CaseOutcome,
        lint::{Lint, Look},
        trial::Trial,
    },
    diagnostic::{Code, Diagnostic, source::Span},
    model::ids::IntentId,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("example-stolen");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for case in &trial.cases {
        let CaseOutcome::StolenBy(thief) = &case.outcome else { continue };
        let message = format!("the rule `{thief}` takes this example of `{}`", case.rule);
        let help = format!(
            "make a pattern of `{thief}` narrower or give it an `unless:`; or give `{}` a pattern with more words, or a priority",
            case.rule
        );
        let mut stolen = Diagnostic::warning(CODE, message, case.span.clone(), "another rule stands here").help(help);
        if let Some(place) = weapon(trial, thief, &case.text) {
            stolen = stolen.related(place, "by this pattern");
        }
        found.push(stolen);
    }
    found
}

/// Returns the place of the pattern by which the other rule stands.
fn weapon(trial: &Trial<'_>, thief: &IntentId, text: &str) -> Option<Span> {
    let verdict = trial.decide(text);
    let hit = verdict.hits.iter().find(|hit| hit.rule == *thief)?;
    let rule = trial.rules().iter().position(|rule| rule.id == *thief)?;
    let file = trial.written.get(&trial.rules()[rule].file)?;
    let phrase = file.say.iter().position(|say| say.language == hit.language && say.text == hit.pattern)?;
    trial.place(rule, phrase)
}
