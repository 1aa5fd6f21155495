//! A pattern whose words always belong to a better hit of another rule: it can be taken out without a difference.
//!
//! Shown by trying: the texts that a pattern stands for are written out, up to a bound, and given to the whole rule set.
//! Patterns that are regular expressions, or that also say what must not occur, are not judged.

use crate::{
    check::{
        lint::{Lint, Look, duplicate_pattern::meaning},
        sample::{Samples, samples},
        trial::{Trial, rank},
    },
    diagnostic::{Code, Diagnostic},
    model::mode::Mode,
    rules::{cores::spread, evaluate::Attempt, rule::Rule, syntax::phrase::WrittenPhrase},
};

pub(super) const LINT: Lint = Lint { code: CODE, look: Look::Trial(run) };

const CODE: Code = Code::new("unreachable-pattern");

fn run(trial: &Trial<'_>) -> Vec<Diagnostic> {
    let rules = trial.rules().iter().enumerate().filter(|(_, rule)| rule.mode > Mode::Shadow);
    let rules: Vec<(usize, &Rule)> = rules.collect();
    let found = spread(&rules, |own| -> Vec<Diagnostic> {
        own.iter().flat_map(|(place, rule)| of_rule(trial, *place, rule)).collect()
    });
    found.into_iter().flatten().collect()
}

fn of_rule(trial: &Trial<'_>, rule: usize, compiled: &Rule) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(file) = trial.written.get(&compiled.file) else { return found };
    for (phrase, written) in file.say.iter().enumerate() {
        let Some((thief, taken)) = always_taken(trial, (rule, phrase), written) else { continue };
        let other = &trial.rules()[thief].id;
        let message = format!("whatever this pattern hits belongs to a better hit of `{other}`");
        let help = format!("remove it, or give it a word that `{other}` does not ask for");
        let Some(place) = trial.place(rule, phrase) else { continue };
        let mut dead = Diagnostic::warning(CODE, message, place, "never counts").help(help);
        if let Some(place) = trial.place(thief, taken) {
            dead = dead.related(place, "this one always wins");
        }
        found.push(dead);
    }
    found
}

/// Returns the pattern that takes every text of this one; the last of them if there are several.
fn always_taken(trial: &Trial<'_>, own: (usize, usize), written: &WrittenPhrase) -> Option<(usize, usize)> {
    let Samples { texts, complete } = samples(&written.expression, written.language, &trial.lists)?;
    if !complete {
        return None;
    }
    let same = |other: &Attempt| {
        let other = trial.pattern(other.rule, other.phrase);
        other.is_some_and(|other| meaning(&other.expression) == meaning(&written.expression))
    };
    let mut last = None;
    for text in texts {
        let attempts = trial.material.rules.attempts(&trial.material.rules.reading(&text));
        let mine: Vec<&Attempt> =
            attempts.iter().filter(|attempt| (attempt.rule, attempt.phrase) == own && !attempt.negated).collect();
        // A text that is read in another way than meant proves nothing.
        let first = mine.first()?;
        let thief = attempts.iter().find(|other| mine.iter().all(|mine| takes(trial, other, mine)))?;
        // That is another finding.
        if same(thief) {
            return None;
        }
        let standing = trial.decide(&text).hits;
        let stands =
            standing.iter().any(|hit| hit.rule == trial.rules()[thief.rule].id && hit.sentence == Some(first.sentence));
        if !stands {
            return None;
        }
        last = Some((thief.rule, thief.phrase));
    }
    last
}

fn takes(trial: &Trial<'_>, other: &Attempt, mine: &Attempt) -> bool {
    let rules = trial.rules();
    let always = trial.written.get(&rules[other.rule].file).is_some_and(|file| file.when.is_empty());
    other.rule != mine.rule
        && always
        && !other.negated
        && rules[other.rule].mode > Mode::Shadow
        && rank(&rules[other.rule], other) > rank(&rules[mine.rule], mine)
        && other.words.iter().any(|word| mine.words.contains(word))
}
