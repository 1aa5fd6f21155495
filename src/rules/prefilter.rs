//! Which phrases can match a sentence at all, found without looking at any other phrase.
//!
//! Every phrase knows what must occur for it to match: clauses, each a list of words, runs of characters, entities or
//! literals of which one must be there. It is filed under its rarest clause; when that occurs, the other clauses are
//! looked up among what the sentence has, and only then the phrase is a candidate. The cost of a message so depends on
//! its own words and hardly on the number of rules.

use std::{collections::HashMap, ops::Range};

use aho_corasick::AhoCorasick;

use crate::{
    model::mode::Mode,
    rules::{
        compile::{Clause, Occurrence},
        program::{Expression, Group, Words as _},
        rule::Rule,
        view::View,
        vocabulary::AtomId,
    },
    text::{entity::ENTITIES, folded::Script},
};

/// One phrase of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) struct PhraseId {
    pub(in crate::rules) rule: u32,
    pub(in crate::rules) phrase: u32,
}

/// The number of an occurrence: atoms first, then entities, character runs and literals.
type Key = u32;

/// A word of every message costs as much as this many phrases filed under a rare word.
const COMMON_WORD_COST: u64 = 1_000_000;

/// Phrases by what must occur for them.
#[derive(Debug)]
pub(in crate::rules) struct Prefilter {
    /// Phrases filed under each key.
    postings: Vec<Vec<u32>>,
    entries: Vec<Entry>,
    /// Phrases without anything that must occur.
    always: Vec<PhraseId>,
    first_entity: Key,
    dense: Literals,
    literals: Literals,
}

/// A phrase with its clauses; each key says whether it stands in almost every message.
type Filed = (PhraseId, Vec<Vec<(Key, bool)>>);

#[derive(Debug)]
struct Entry {
    id: PhraseId,
    /// The clauses it is not filed under.
    rest: Vec<Vec<Key>>,
}

/// Strings found by one automaton.
#[derive(Debug)]
struct Literals {
    first: Key,
    automaton: Option<AhoCorasick>,
}

impl Prefilter {
    /// Files the phrases of all rules that are not off; `message_wide` chooses which of the two sorts.
    pub(in crate::rules) fn new(rules: &[Rule], n_atoms: AtomId, message_wide: bool) -> Self {
        let mut numbering = Numbering::new(n_atoms);
        let mut phrases = Vec::new();
        for (rule_index, rule) in (0..).zip(rules) {
            for (phrase_index, phrase) in (0..).zip(&rule.say) {
                if rule.mode == Mode::Off || is_message_wide(&phrase.expression) != message_wide {
                    continue;
                }
                let clauses = required(&phrase.expression);
                let keys = clauses.iter().map(|clause| numbering.keys(clause)).collect();
                phrases.push((PhraseId { rule: rule_index, phrase: phrase_index }, keys));
            }
        }
        let (dense, literals, n_keys) = numbering.finish(&mut phrases);
        let mut filter = Self {
            postings: vec![Vec::new(); n_keys as usize],
            entries: Vec::new(),
            always: Vec::new(),
            first_entity: n_atoms,
            dense,
            literals,
        };
        filter.file(phrases);
        filter
    }

    fn file(&mut self, phrases: Vec<Filed>) {
        let mut counts = vec![0u64; self.postings.len()];
        for (key, _) in phrases.iter().flat_map(|(_, clauses)| clauses).flatten() {
            counts[*key as usize] += 1;
        }
        let cost = |clause: &Vec<(Key, bool)>| -> u64 {
            clause.iter().map(|(key, common)| counts[*key as usize] + u64::from(*common) * COMMON_WORD_COST).sum()
        };
        for (id, mut clauses) in phrases {
            clauses.sort_by_key(cost);
            let mut clauses = clauses.into_iter().map(|clause| {
                let mut keys: Vec<Key> = clause.into_iter().map(|(key, _)| key).collect();
                keys.sort_unstable();
                keys.dedup();
                keys
            });
            let Some(rarest) = clauses.next() else {
                self.always.push(id);
                continue;
            };
            let entry = u32::try_from(self.entries.len()).expect("files of all rules together stay below 4 GB");
            for key in rarest {
                self.postings[key as usize].push(entry);
            }
            self.entries.push(Entry { id, rest: clauses.collect() });
        }
    }

    /// Returns the phrases that can match these words, each once, in file order.
    pub(in crate::rules) fn candidates(&self, view: &View<'_>, words: &Range<usize>) -> Vec<PhraseId> {
        let mut found = self.always.clone();
        if self.entries.is_empty() {
            return found;
        }
        let keys = self.keys_of(view, words);
        for key in &keys {
            for entry in &self.postings[*key as usize] {
                let entry = &self.entries[*entry as usize];
                let possible = |clause: &Vec<Key>| clause.iter().any(|key| keys.binary_search(key).is_ok());
                if entry.rest.iter().all(possible) {
                    found.push(entry.id);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the keys that occur in these words, sorted.
    fn keys_of(&self, view: &View<'_>, words: &Range<usize>) -> Vec<Key> {
        let mut keys: Vec<Key> = words.clone().flat_map(|word| view.atoms(word)).copied().collect();
        let inside = |entity: &Range<usize>| words.start <= entity.start && entity.end <= words.end;
        let entities = view.entities.iter().filter(|entity| inside(&entity.words));
        keys.extend(entities.map(|entity| self.first_entity + Key::from(entity.kind)));
        if self.dense.automaton.is_some() {
            self.dense.find(&dense_text(view, words), &mut keys);
        }
        if self.literals.automaton.is_some() {
            let text = view.reading.folded().text();
            self.literals.find(&text[view.sentence_text(words)], &mut keys);
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

impl Literals {
    fn new(first: Key, strings: &[String]) -> Self {
        let automaton = match strings {
            [] => None,
            strings => Some(AhoCorasick::new(strings).expect("the strings of all rules together stay far below 4 GB")),
        };
        Self { first, automaton }
    }

    fn find(&self, text: &str, keys: &mut Vec<Key>) {
        let Some(automaton) = &self.automaton else { return };
        let found = automaton.find_overlapping_iter(text);
        keys.extend(found.map(|found| self.first + found.pattern().as_u32()));
    }
}

/// Returns the characters of scripts without spaces, as patterns see them: next to each other even across white space
/// and punctuation, apart where a spaced word stands between.
fn dense_text(view: &View<'_>, words: &Range<usize>) -> String {
    let folded = view.reading.folded();
    let mut text = String::new();
    for word in &folded.words()[words.clone()] {
        if word.script == Script::Dense {
            text.push_str(folded.form(word));
        } else if !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    }
    text
}

/// Hands out keys. Runs and literals are numbered after the atoms and entities, once their number is known.
struct Numbering {
    n_atoms: AtomId,
    dense: Interned,
    literals: Interned,
}

#[derive(Default)]
struct Interned {
    ids: HashMap<String, Key>,
    strings: Vec<String>,
}

/// Marks provisional numbers of runs and of literals until [`Numbering::finish`].
const DENSE: Key = 1 << 30;
const LITERAL: Key = 1 << 31;

impl Numbering {
    fn new(n_atoms: AtomId) -> Self {
        Self { n_atoms, dense: Interned::default(), literals: Interned::default() }
    }

    fn keys(&mut self, clause: &Clause) -> Vec<(Key, bool)> {
        clause
            .iter()
            .map(|occurrence| match occurrence {
                Occurrence::Word { atom, common } => (*atom, *common),
                Occurrence::Entity(kind) => (self.n_atoms + Key::from(*kind), false),
                Occurrence::Dense(run) => (DENSE | self.dense.id(run), false),
                Occurrence::Literal(text) => (LITERAL | self.literals.id(text), false),
            })
            .collect()
    }

    fn finish(self, phrases: &mut [Filed]) -> (Literals, Literals, Key) {
        let n_entities = Key::try_from(ENTITIES.len()).expect("a list in this program");
        let first_dense = self.n_atoms + n_entities;
        let dense = Literals::new(first_dense, &self.dense.strings);
        let first_literal = first_dense + self.dense.count();
        let literals = Literals::new(first_literal, &self.literals.strings);
        for (key, _) in phrases.iter_mut().flat_map(|(_, clauses)| clauses).flatten() {
            if *key & LITERAL != 0 {
                *key = first_literal + (*key & !LITERAL);
            } else if *key & DENSE != 0 {
                *key = first_dense + (*key & !DENSE);
            }
        }
        (dense, literals, first_literal + self.literals.count())
    }
}

impl Interned {
    fn id(&mut self, text: &str) -> Key {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.count();
        self.ids.insert(text.to_owned(), id);
        self.strings.push(text.to_owned());
        id
    }

    fn count(&self) -> Key {
        Key::try_from(self.strings.len()).expect("files of all rules together stay below 4 GB")
    }
}

fn is_message_wide(expression: &Expression) -> bool {
    matches!(expression, Expression::Group(Group { message_wide: true, .. }))
}

/// Returns what must occur for an expression to match.
fn required(expression: &Expression) -> Vec<Clause> {
    match expression {
        Expression::Program(program) => program.required.clone(),
        Expression::Regular(regular) => {
            let literal = |text: &String| Occurrence::Literal(text.clone());
            regular.literals().iter().map(|list| list.iter().map(literal).collect()).collect()
        }
        Expression::Group(group) => {
            let mut clauses: Vec<Clause> = group.all.iter().flat_map(required).collect();
            let any: Option<Vec<Clause>> =
                group.any.iter().map(|part| required(part).into_iter().min_by_key(Vec::len)).collect();
            clauses.extend(any.filter(|lists| !lists.is_empty()).map(|lists| lists.concat()));
            clauses
        }
    }
}
