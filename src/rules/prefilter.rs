//! Which phrases can match a sentence at all, found without looking at any other phrase.
//!
//! Rows of words stand in a [`trie`](crate::rules::trie), where finding is matching. Every other phrase knows what must
//! occur for it to match: clauses, each a list of words, rows of characters, entities or literals of which one must be
//! there. It is filed under its rarest clause; when that occurs, the other clauses are looked up among what the
//! sentence has, and only then the phrase is a candidate. The cost of a message so depends on its own words and hardly
//! on the number of rules.

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashMap;

use crate::{
    model::mode::Mode,
    rules::{
        find::Manner,
        program::{Clause, Expression, Group, Occurrence},
        rule::{Rule, is_among},
        trie::{Builder, Trie},
        vocabulary::AtomId,
    },
};

/// One phrase of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) struct PhraseId {
    pub(in crate::rules) rule: u32,
    pub(in crate::rules) phrase: u32,
}

/// The number of an occurrence: atoms first, then entities, rows and literals.
pub(in crate::rules) type Key = u32;

/// A number in the trie that stands for a key and not for a phrase.
const IS_KEY: u32 = 1 << 31;
/// A word of every message costs as much as this many phrases filed under a rare word.
const COMMON_WORD_COST: u64 = 1_000_000;

/// A phrase whose rows stand in the trie, with what weighing its matches needs: rules lie far apart in memory, and most
/// matches end here.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct RowPhrase {
    pub(in crate::rules) id: PhraseId,
    pub(in crate::rules) priority: i32,
    pub(in crate::rules) manner: Manner,
}

/// What a row found in the trie stands for.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) enum Filed<'a> {
    /// A phrase matches.
    Phrase(&'a RowPhrase),
    /// Something occurs that other phrases require.
    Key(Key),
}

/// Phrases by what must occur for them.
#[derive(Debug)]
pub(in crate::rules) struct Prefilter {
    /// All rows.
    pub(in crate::rules) trie: Trie,
    /// The phrases whose rows stand in the trie.
    rows: Vec<RowPhrase>,
    /// Phrases that hit within one sentence.
    pub(in crate::rules) in_sentence: Postings,
    /// Phrases `within: message`.
    pub(in crate::rules) in_message: Postings,
    /// The key of each kind of entity that is asked for.
    entities: FxHashMap<u16, Key>,
    first_literal: Key,
    literals: Option<AhoCorasick>,
    n_keys: Key,
}

/// Phrases filed under keys.
#[derive(Debug, Default)]
pub(in crate::rules) struct Postings {
    /// One bit for each key that something is filed under.
    used: Vec<u64>,
    /// Where the entries of each key begin, and one more.
    starts: Vec<u32>,
    filed: Vec<u32>,
    entries: Vec<Entry>,
    /// Phrases without anything that must occur.
    pub(in crate::rules) always: Vec<PhraseId>,
}

#[derive(Debug)]
struct Entry {
    id: PhraseId,
    /// The clauses it is not filed under.
    rest: Box<[Box<[Key]>]>,
}

/// The keys that occur in a sentence. Kept from sentence to sentence, so that none allocates.
#[derive(Debug, Default)]
pub(in crate::rules) struct Keys {
    stamps: Vec<u32>,
    now: u32,
    found: Vec<Key>,
}

/// A phrase with its clauses; each key says whether it stands in almost every message.
type Unfiled = (PhraseId, Vec<Vec<(Key, bool)>>);

impl Prefilter {
    /// Files the phrases of all rules that are not off, and takes their rows.
    pub(in crate::rules) fn new(rules: &mut [Rule], n_atoms: AtomId) -> Self {
        let mut numbering = Numbering::new(n_atoms);
        let mut trie = Builder::default();
        let mut rows = Vec::new();
        let (mut sentence, mut message) = (Vec::<Unfiled>::new(), Vec::<Unfiled>::new());
        for (rule_index, rule) in (0..).zip(rules) {
            for (phrase_index, phrase) in (0..).zip(&mut rule.say) {
                let id = PhraseId { rule: rule_index, phrase: phrase_index };
                if rule.mode == Mode::Off || !is_among(&rule.only, phrase.language) {
                    continue;
                }
                if let Expression::Rows(own) = &mut phrase.expression {
                    let number = small(rows.len());
                    for row in std::mem::take(own) {
                        trie.file(&row, number);
                    }
                    let manner = phrase.manner(rule.ignore_negation);
                    rows.push(RowPhrase { id, priority: rule.priority, manner });
                    continue;
                }
                let clauses = required(&phrase.expression);
                let keys = clauses.iter().map(|clause| numbering.keys(clause, &mut trie)).collect();
                let wide = is_message_wide(&phrase.expression);
                if wide { &mut message } else { &mut sentence }.push((id, keys));
            }
        }
        let (literals, entities, n_rows) = (numbering.literals, numbering.entities, numbering.next);
        let first_literal = n_rows;
        let n_keys = first_literal + small(literals.strings.len());
        for (key, _) in sentence.iter_mut().chain(&mut message).flat_map(|(_, clauses)| clauses).flatten() {
            if *key & LITERAL != 0 {
                *key = first_literal + (*key & !LITERAL);
            }
        }
        Self {
            trie: trie.finish(n_atoms),
            rows,
            in_sentence: Postings::new(sentence, n_keys),
            in_message: Postings::new(message, n_keys),
            entities,
            first_literal,
            literals: automaton(&literals.strings),
            n_keys,
        }
    }

    /// Returns what a number of the trie stands for.
    pub(in crate::rules) fn filed(&self, number: u32) -> Filed<'_> {
        if number & IS_KEY == 0 { Filed::Phrase(&self.rows[number as usize]) } else { Filed::Key(number & !IS_KEY) }
    }

    /// Returns whether any pattern requires an entity.
    pub(in crate::rules) fn asks_for_entities(&self) -> bool {
        !self.entities.is_empty()
    }

    /// Returns the key of a kind of entity, if anything asks for it.
    pub(in crate::rules) fn entity(&self, kind: u16) -> Option<Key> {
        self.entities.get(&kind).copied()
    }

    /// Replaces `found` by the literals in a text: key, first byte, end.
    pub(in crate::rules) fn literals(&self, text: &str, found: &mut Vec<(Key, usize, usize)>) {
        found.clear();
        let Some(automaton) = &self.literals else { return };
        let literals = automaton.find_overlapping_iter(text);
        found.extend(literals.map(|found| (self.first_literal + found.pattern().as_u32(), found.start(), found.end())));
    }

    /// Forgets the keys of the last sentence.
    pub(in crate::rules) fn clear(&self, keys: &mut Keys) {
        keys.found.clear();
        if keys.stamps.len() != self.n_keys as usize || keys.now == u32::MAX {
            keys.stamps.clear();
            keys.stamps.resize(self.n_keys as usize, 0);
            keys.now = 0;
        }
        keys.now += 1;
    }
}

impl Keys {
    /// Notes that a key occurs.
    pub(in crate::rules) fn add(&mut self, key: Key) {
        let stamp = &mut self.stamps[key as usize];
        if *stamp != self.now {
            *stamp = self.now;
            self.found.push(key);
        }
    }

    fn has(&self, key: Key) -> bool {
        self.stamps[key as usize] == self.now
    }
}

impl Postings {
    fn new(phrases: Vec<Unfiled>, n_keys: Key) -> Self {
        let mut counts = vec![0u64; n_keys as usize];
        for (key, _) in phrases.iter().flat_map(|(_, clauses)| clauses).flatten() {
            counts[*key as usize] += 1;
        }
        let cost = |clause: &Vec<(Key, bool)>| -> u64 {
            clause.iter().map(|(key, common)| counts[*key as usize] + u64::from(*common) * COMMON_WORD_COST).sum()
        };
        let mut postings = Self::default();
        let mut filed: Vec<(Key, u32)> = Vec::new();
        for (id, mut clauses) in phrases {
            clauses.sort_by_key(cost);
            let mut clauses = clauses.into_iter().map(|clause| {
                let mut keys: Vec<Key> = clause.into_iter().map(|(key, _)| key).collect();
                keys.sort_unstable();
                keys.dedup();
                keys.into_boxed_slice()
            });
            let Some(rarest) = clauses.next() else {
                postings.always.push(id);
                continue;
            };
            let entry = small(postings.entries.len());
            filed.extend(rarest.iter().map(|key| (*key, entry)));
            postings.entries.push(Entry { id, rest: clauses.collect() });
        }
        filed.sort_unstable();
        postings.used = vec![0; (n_keys as usize).div_ceil(64)];
        let mut rest = filed.as_slice();
        for key in 0..n_keys {
            postings.starts.push(small(filed.len() - rest.len()));
            let own = rest.partition_point(|(at, _)| *at == key);
            postings.used[key as usize / 64] |= u64::from(own > 0) << (key % 64);
            rest = &rest[own..];
        }
        postings.starts.push(small(filed.len()));
        postings.filed = filed.into_iter().map(|(_, entry)| entry).collect();
        postings
    }

    /// Returns whether nothing is filed here.
    pub(in crate::rules) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns whether anything is filed under a key.
    pub(in crate::rules) fn uses(&self, key: Key) -> bool {
        self.used[key as usize / 64] >> (key % 64) & 1 == 1
    }

    /// Adds the phrases that can match where these keys occur, each once, in file order.
    pub(in crate::rules) fn candidates(&self, keys: &Keys, found: &mut Vec<PhraseId>) {
        found.extend(&self.always);
        for key in keys.found.iter().filter(|key| self.uses(**key)) {
            let filed = self.starts[*key as usize] as usize..self.starts[*key as usize + 1] as usize;
            for entry in &self.filed[filed] {
                let entry = &self.entries[*entry as usize];
                if entry.rest.iter().all(|clause| clause.iter().any(|key| keys.has(*key))) {
                    found.push(entry.id);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
    }
}

fn automaton(strings: &[String]) -> Option<AhoCorasick> {
    match strings {
        [] => None,
        strings => Some(AhoCorasick::new(strings).expect("the strings of all rules together stay far below 4 GB")),
    }
}

/// Hands out keys. Literals are numbered last, once the number of rows is known.
struct Numbering {
    next: Key,
    rows: FxHashMap<Box<[AtomId]>, Key>,
    entities: FxHashMap<u16, Key>,
    literals: Literals,
}

#[derive(Default)]
struct Literals {
    ids: FxHashMap<String, Key>,
    strings: Vec<String>,
}

/// Marks provisional numbers of literals.
const LITERAL: Key = 1 << 31;

impl Numbering {
    fn new(n_atoms: AtomId) -> Self {
        Self {
            next: n_atoms,
            rows: FxHashMap::default(),
            entities: FxHashMap::default(),
            literals: Literals::default(),
        }
    }

    fn keys(&mut self, clause: &Clause, trie: &mut Builder) -> Vec<(Key, bool)> {
        clause.iter().map(|occurrence| self.key(occurrence, trie)).collect()
    }

    fn key(&mut self, occurrence: &Occurrence, trie: &mut Builder) -> (Key, bool) {
        let next = self.next;
        let key = match occurrence {
            Occurrence::Word { atom, common } => return (*atom, *common),
            Occurrence::Literal(text) => return (LITERAL | self.literals.id(text), false),
            Occurrence::Entity(kind) => *self.entities.entry(*kind).or_insert(next),
            Occurrence::Row(row) => {
                let key = *self.rows.entry(row.clone()).or_insert(next);
                if key == next {
                    trie.file(row, IS_KEY | key);
                }
                key
            }
        };
        self.next += Key::from(key == next);
        (key, false)
    }
}

impl Literals {
    fn id(&mut self, text: &str) -> Key {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = small(self.strings.len());
        self.ids.insert(text.to_owned(), id);
        self.strings.push(text.to_owned());
        id
    }
}

fn is_message_wide(expression: &Expression) -> bool {
    matches!(expression, Expression::Group(group) if group.message_wide)
}

/// Returns what must occur for an expression to match.
fn required(expression: &Expression) -> Vec<Clause> {
    match expression {
        Expression::Rows(rows) => required_rows(rows),
        Expression::Program(program) => program.required.to_vec(),
        Expression::Regular(regular) => {
            let literal = |text: &String| Occurrence::Literal(text.clone());
            regular.literals().iter().map(|list| list.iter().map(literal).collect()).collect()
        }
        Expression::Group(group) => required_group(group),
    }
}

/// One row must be there; a single row is as rare as a key can be.
fn required_rows(rows: &[Box<[AtomId]>]) -> Vec<Clause> {
    vec![rows.iter().map(|row| Occurrence::Row(row.clone())).collect()]
}

fn required_group(group: &Group) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = group.all.iter().flat_map(required).collect();
    let any: Option<Vec<Clause>> =
        group.any.iter().map(|part| required(part).into_iter().min_by_key(Vec::len)).collect();
    clauses.extend(any.filter(|lists| !lists.is_empty()).map(|lists| lists.concat()));
    clauses
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("files of all rules together stay below 4 GB")
}
