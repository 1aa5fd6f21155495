//! An example that stands only because its rule's file comes first: another rule hits the same words with equal rank.
//!
//! If the other file comes first, the example is stolen, which is another finding.

use std::collections::BTreeSet;

use crate::{
    check::{
        lint::{Lint, Look},
        trial::{Trial, Tried, rank},
    },
    diagnostic::{Code, Diagnostic},
    model::{
        mode::Mode,
        verdict::{LossReason, Verdict},
    },
    rules::evaluate::Attempt,
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("tie");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // One pair of rules is one thing to decide, however many examples show it.
    let mut seen: BTreeSet<(usize, usize)> = BTreeSet::new();
    for tried in &trial.tried {
        let Some((own, other)) = tie(trial, tried, &seen) else { continue };
        seen.insert(pair(own.rule, other.rule));
        found.extend(report(trial, tried, own, other));
    }
    found
}

fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

/// Returns the best match of the example's own rule and one of another rule that is as good, where one of the two wins
/// by its file's name alone.
fn tie<'t>(
    trial: &Trial<'_>,
    tried: &'t Tried<'_>,
    seen: &BTreeSet<(usize, usize)>,
) -> Option<(&'t Attempt, &'t Attempt)> {
    let rules = trial.rules();
    let counts = |attempt: &&Attempt| !attempt.negated && rules[attempt.rule].mode > Mode::Shadow;
    let best_of = |rule: usize, sentence: usize| {
        let own = tried.attempts.iter().filter(counts).filter(|own| own.rule == rule && own.sentence == sentence);
        own.max_by_key(|own| rank(&rules[own.rule], own))
    };
    for other in tried.attempts.iter().filter(counts).filter(|other| other.rule != tried.rule) {
        let Some(own) = best_of(tried.rule, other.sentence) else { continue };
        let equal = rank(&rules[own.rule], own) == rank(&rules[other.rule], other)
            && best_of(other.rule, other.sentence).map(|best| rank(&rules[best.rule], best))
                == Some(rank(&rules[other.rule], other));
        let overlap = own.words.iter().any(|word| other.words.contains(word));
        if !equal || !overlap || seen.contains(&pair(own.rule, other.rule)) {
            continue;
        }
        // What `unless`, `when` or a third rule settles is no tie.
        let verdict = trial.decide(&tried.example.text);
        if robbed(trial, &verdict, other.rule, own.rule) {
            return Some((own, other));
        }
    }
    None
}

fn robbed(trial: &Trial<'_>, verdict: &Verdict, loser: usize, winner: usize) -> bool {
    let (loser, winner) = (&trial.rules()[loser].id, &trial.rules()[winner].id);
    verdict.losers.iter().any(|lost| lost.rule == *loser && lost.why == LossReason::StolenBy(winner.clone()))
}

fn report(trial: &Trial<'_>, tried: &Tried<'_>, own: &Attempt, other: &Attempt) -> Option<Diagnostic> {
    let rules = trial.rules();
    let (id, rival) = (&rules[own.rule].id, &rules[other.rule].id);
    let message = format!("`{id}` and `{rival}` hit the same words of this example, and neither comes first");
    let help = format!(
        "give the more important one `priority: {}`, or one of the patterns a word more",
        rules[own.rule].priority + 1
    );
    let found = Diagnostic::warning(CODE, message, tried.example.span.clone(), "only the order of the files decides");
    let found = found.related(trial.place(own.rule, own.phrase)?, "hit by this pattern");
    Some(found.related(trial.place(other.rule, other.phrase)?, "and by this one").help(help))
}
