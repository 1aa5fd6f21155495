//! Where an expression matches: rows, programs and regular expressions in one sentence, groups of them in a scope.

use std::ops::Range;

use crate::{
    model::{language::Language, verdict::EntityFound},
    rules::{
        negation::Negators,
        program::{Expression, Group, Machine, Named, Program, Words as _},
        regular::Regular,
        view::View,
        vocabulary::AtomId,
    },
    text::sentence::Place,
};

/// A regular expression reads a text at about this many bytes in the time of one step of a program.
const REGEX_BYTES_PER_STEP: usize = 8;
/// A negator with more words between it and a hit does not reach it. A sentence that long is never answered without a
/// person (`engine::confidence`), so nothing is lost, and a text without an end of its sentence costs no more than others.
const MAX_NEGATOR_DISTANCE: usize = 64;
/// Comparing one word with a language's negators takes about so many steps of a program.
const NEGATION_STEPS_PER_WORD: usize = 8;

/// Where something matches.
#[derive(Debug, Clone, Default)]
pub(in crate::rules) struct Found {
    /// The words, in order, each once.
    pub(in crate::rules) words: Words,
    /// The negator before them, where that matters.
    pub(in crate::rules) negated: Option<String>,
    pub(in crate::rules) named: Vec<EntityFound>,
    /// It needs misspelt words to be what they stand for.
    pub(in crate::rules) repaired: bool,
}

/// What a phrase may be found by.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Manner {
    /// The language whose negators before a match matter.
    pub(in crate::rules) negators: Option<Language>,
    /// Misspelt words may be taken for what they stand for.
    pub(in crate::rules) repairs: bool,
}

impl Manner {
    /// As written, whatever stands before: how things are found that switch a rule off.
    pub(in crate::rules) const PLAIN: Self = Self { negators: None, repairs: false };
}

/// Words of a match: most are neighbours.
#[derive(Debug, Clone)]
pub(in crate::rules) enum Words {
    /// All of these.
    Row(Range<u32>),
    /// These, in order.
    Picked(Box<[u32]>),
}

impl Default for Words {
    fn default() -> Self {
        Self::Row(0..0)
    }
}

impl Words {
    fn new(words: &[u32]) -> Self {
        match words {
            [] => Self::default(),
            [first, .., last] if *last as usize - *first as usize == words.len() - 1 => Self::Row(*first..last + 1),
            [only] => Self::Row(*only..only + 1),
            words => Self::Picked(words.into()),
        }
    }

    /// Returns the words in order.
    pub(in crate::rules) fn iter(&self) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
        let (row, picked) = match self {
            Self::Row(row) => (row.clone(), &[][..]),
            Self::Picked(picked) => (0..0, &**picked),
        };
        row.chain(picked.iter().copied()).map(|word| word as usize)
    }

    /// Returns how many there are.
    pub(in crate::rules) fn len(&self) -> usize {
        match self {
            Self::Row(row) => row.len(),
            Self::Picked(picked) => picked.len(),
        }
    }
}

/// Looks for expressions in one text.
#[derive(Debug)]
pub(in crate::rules) struct Finder<'a> {
    pub(in crate::rules) view: View<'a>,
    /// The same text with misspelt words repaired, if it has any.
    pub(in crate::rules) repaired: Option<View<'a>>,
    pub(in crate::rules) negators: &'a Negators,
    pub(in crate::rules) machine: &'a mut Machine,
}

impl Finder<'_> {
    /// Returns every match in the sentences of the scope.
    pub(in crate::rules) fn find(&mut self, expression: &Expression, manner: Manner, scope: &[Place]) -> Vec<Found> {
        if let Expression::Group(group) = expression {
            return self.combine(group, manner, scope);
        }
        let mut found = Vec::new();
        for sentence in scope {
            self.find_in(self.view, expression, manner, &sentence.words, &mut found);
            let repaired = self.repaired.filter(|view| manner.repairs && view.is_misspelt(&sentence.words));
            if let Some(view) = repaired {
                let before = found.len();
                self.find_in(view, expression, manner, &sentence.words, &mut found);
                keep_repaired(&view, &mut found, before);
            }
        }
        found
    }

    /// Returns whether a match holds a word as written: one that is all repaired is a guess about every word of it.
    pub(in crate::rules) fn is_credible(&self, found: &Found) -> bool {
        !found.repaired || found.words.iter().any(|word| !self.view.is_misspelt(&(word..word + 1)))
    }

    fn find_in(
        &mut self,
        view: View<'_>,
        expression: &Expression,
        manner: Manner,
        sentence: &Range<usize>,
        found: &mut Vec<Found>,
    ) {
        match expression {
            Expression::Rows(rows) => self.rows(&view, rows, manner, sentence, found),
            Expression::Program(program) => self.run(&view, program, manner, sentence, found),
            // An expression sees letters, and those are the buyer's.
            Expression::Regular(_) if view.repaired => {}
            Expression::Regular(regular) => self.search(regular, manner, sentence, found),
            Expression::Group(_) => {}
        }
    }

    /// Finds the longest row from every word.
    fn rows(
        &mut self,
        view: &View<'_>,
        rows: &[Box<[AtomId]>],
        manner: Manner,
        sentence: &Range<usize>,
        found: &mut Vec<Found>,
    ) {
        for start in sentence.clone() {
            if !self.machine.spend(rows.len() as u64) {
                return;
            }
            let fits = |row: &&[AtomId]| {
                start + row.len() <= sentence.end
                    && (start + 1..start + row.len()).all(|word| !view.is_apart(word))
                    && (start..).zip(row.iter()).all(|(word, atom)| view.atoms.of(word).contains(atom))
            };
            // Rows are sorted, so those that begin with an atom stand together; one without words fits everywhere.
            let empty = rows.first().filter(|row| row.is_empty()).map(|_| 0);
            let begun = view.atoms.of(start).iter().flat_map(|atom| {
                let first = rows.partition_point(|row| row.first().is_none_or(|first| first < atom));
                rows[first..].iter().take_while(move |row| row.first() == Some(atom))
            });
            if let Some(longest) = begun.map(|row| &**row).filter(fits).map(<[AtomId]>::len).chain(empty).max() {
                found.push(self.row(start..start + longest, manner, sentence));
            }
        }
    }

    /// Returns a match of neighbours.
    pub(in crate::rules) fn row(&mut self, words: Range<usize>, manner: Manner, sentence: &Range<usize>) -> Found {
        let words = Words::Row(word_number(words.start)..word_number(words.end));
        Found { negated: self.negated(manner, sentence, &words), words, ..Found::default() }
    }

    fn run(
        &mut self,
        view: &View<'_>,
        program: &Program,
        manner: Manner,
        sentence: &Range<usize>,
        found: &mut Vec<Found>,
    ) {
        let before = found.len();
        program.matches(view, sentence.clone(), self.machine, |words, named| {
            let named = named.iter().filter_map(|named| value_of(view, named)).collect();
            found.push(Found { words: Words::new(words), named, ..Found::default() });
        });
        for found in &mut found[before..] {
            found.negated = self.negated(manner, sentence, &found.words);
        }
    }

    fn search(&mut self, regular: &Regular, manner: Manner, sentence: &Range<usize>, found: &mut Vec<Found>) {
        let Some(regex) = regular.regex() else { return };
        let folded = self.view.reading.folded();
        let place = self.view.sentence_text(sentence);
        let text = folded.text()[place.clone()].trim_end();
        if !self.machine.spend(1 + (text.len() / REGEX_BYTES_PER_STEP) as u64) {
            return;
        }
        for captures in regex.captures_iter(text) {
            let Some(whole) = captures.get(0) else { continue };
            let words = self.view.words_at(&(place.start + whole.start()..place.start + whole.end()));
            let named = regex.capture_names().flatten().filter_map(|name| {
                let value = captures.name(name)?;
                let span = folded.original_range(place.start + value.start()..place.start + value.end());
                Some(EntityFound { kind: name.to_owned(), value: value.as_str().to_owned(), span })
            });
            let named = named.collect();
            found.push(Found { named, ..self.row(words, manner, sentence) });
        }
    }

    fn combine(&mut self, group: &Group, manner: Manner, scope: &[Place]) -> Vec<Found> {
        if group.none.iter().any(|part| !self.find(part, Manner::PLAIN, scope).is_empty()) {
            return Vec::new();
        }
        let any: Vec<Found> = group.any.iter().flat_map(|part| self.find(part, manner, scope)).collect();
        if group.all.is_empty() {
            return any;
        }
        let mut parts = Vec::new();
        if !group.any.is_empty() {
            let Some(found) = best(any) else { return Vec::new() };
            parts.push(found);
        }
        for part in &group.all {
            let Some(found) = best(self.find(part, manner, scope)) else { return Vec::new() };
            parts.push(found);
        }
        vec![union(parts)]
    }

    fn negated(&mut self, manner: Manner, sentence: &Range<usize>, words: &Words) -> Option<String> {
        let language = manner.negators?;
        let (first, last) = (words.iter().next()?, words.iter().next_back()?);
        let start = first.saturating_sub(MAX_NEGATOR_DISTANCE).max(sentence.start);
        let near = start..(last + 1 + MAX_NEGATOR_DISTANCE).min(sentence.end);
        let starts = self.view.atoms.negating(&near, self.negators.language(language));
        let work = words.len() * near.len() * NEGATION_STEPS_PER_WORD;
        if starts.clone().next().is_none() || !self.machine.spend(work as u64) {
            return None;
        }
        let words: Vec<usize> = words.iter().collect();
        self.negators.before(self.view.reading, language, &near, &words, starts)
    }
}

/// Keeps those from `before` on that hold a misspelt word; the others are found as written too.
fn keep_repaired(view: &View<'_>, found: &mut Vec<Found>, before: usize) {
    let new = found.split_off(before).into_iter();
    let repaired = new.filter(|new| new.words.iter().any(|word| view.is_misspelt(&(word..word + 1))));
    found.extend(repaired.map(|new| Found { repaired: true, ..new }));
}

fn value_of(view: &View<'_>, named: &Named<'_>) -> Option<EntityFound> {
    let entities = view.entities.all();
    let first = entities.partition_point(|entity| entity.words.start < named.first_word);
    let here = entities[first..].iter().take_while(|entity| entity.words.start == named.first_word);
    let entity = here.filter(|entity| entity.kind == named.kind).max_by_key(|entity| entity.words.end)?;
    Some(EntityFound { kind: named.name.to_owned(), ..view.reading.entities()[entity.index].clone() })
}

/// Returns the match that serves best: not negated, as written, more words, earlier.
fn best(found: Vec<Found>) -> Option<Found> {
    found.into_iter().min_by_key(|found| {
        (found.negated.is_some(), found.repaired, std::cmp::Reverse(found.words.len()), found.words.iter().next())
    })
}

fn union(parts: Vec<Found>) -> Found {
    let mut whole = Found::default();
    let mut words = Vec::new();
    for part in parts {
        words.extend(part.words.iter().map(word_number));
        whole.named.extend(part.named);
        whole.negated = whole.negated.or(part.negated);
        whole.repaired |= part.repaired;
    }
    words.sort_unstable();
    words.dedup();
    whole.words = Words::new(&words);
    whole
}

/// Texts are cut far below four billion words.
pub(in crate::rules) fn word_number(word: usize) -> u32 {
    u32::try_from(word).unwrap_or(u32::MAX)
}
