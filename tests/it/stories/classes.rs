//! The stories of the starter pack's classes: no rule of the pack without a story in several languages, and no language
//! that only a few stories speak. That they come about is the business of the tests beside.

use std::collections::{BTreeMap, BTreeSet};

use nightdesk::{
    check::story::{claim::Expected, play},
    model::{ids::IntentId, language::Language},
};

use super::{pack, root};

/// In so many languages a rule must be told of: a single one may hit by accident.
const FEWEST_LANGUAGES: usize = 3;
/// So many stories must speak a language, that all classes occur in it.
const FEWEST_STORIES: usize = 12;

#[test]
fn every_rule_of_the_pack_has_stories_in_three_languages() {
    let pack = pack(&root().join("classes"));
    let rules = pack.engine.rules().rules().iter().map(|rule| (rule.id.clone(), BTreeSet::new()));
    let mut told: BTreeMap<IntentId, BTreeSet<Language>> = rules.collect();
    for story in &pack.stories {
        let telling = play::play(&pack.engine, story);
        for (step, turn) in story.steps.iter().zip(&telling.turns) {
            let Some(verdict) = &turn.verdict else { continue };
            for name in step.claims.iter().flat_map(|claim| names(&claim.what)) {
                if let Some(languages) = told.get_mut(&IntentId::new(name)) {
                    languages.insert(verdict.language.answer);
                }
            }
        }
    }
    told.retain(|_, languages| languages.len() < FEWEST_LANGUAGES);
    assert!(told.is_empty(), "rules with stories in fewer than {FEWEST_LANGUAGES} languages: {told:#?}");
}

#[test]
fn every_language_of_the_pack_has_its_stories() {
    let pack = pack(&root().join("classes"));
    let mut spoken: BTreeMap<Language, usize> =
        pack.engine.settings().languages.iter().map(|language| (*language, 0)).collect();
    for story in &pack.stories {
        let telling = play::play(&pack.engine, story);
        let first = telling.turns.iter().find_map(|turn| turn.verdict.as_ref()).expect("a buyer writes in every story");
        *spoken.entry(first.language.answer).or_default() += 1;
    }
    spoken.retain(|_, count| *count < FEWEST_STORIES);
    assert!(spoken.is_empty(), "languages with fewer than {FEWEST_STORIES} stories: {spoken:#?}");
}

/// Returns the names by which a claim may mean a rule. A reply of the pack is called like the rule that answers with it.
fn names(what: &Expected) -> Vec<String> {
    match what {
        Expected::Intent(intents) => intents.iter().map(ToString::to_string).collect(),
        Expected::Answer(replies) | Expected::Draft(replies) => replies.iter().map(ToString::to_string).collect(),
        Expected::Escalate(Some(intent)) => vec![intent.to_string()],
        Expected::Silent(Some(rule)) => vec![rule.clone()],
        _ => Vec::new(),
    }
}
