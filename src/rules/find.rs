//! Where an expression matches: rows, programs and regular expressions in one sentence, groups of them in a scope.

use std::ops::Range;

use crate::{
    model::{language::Language, verdict::EntityFound},
    rules::{
        negation::Negators,
        program::{Expression, Group, Machine, Named, Program},
        regular::Regular,
        view::{EntityWords, View},
        vocabulary::AtomId,
    },
    text::sentence::Sentence,
};

/// A regular expression reads a text at about this many bytes in the time of one step of a program.
const REGEX_BYTES_PER_STEP: usize = 8;

/// Where something matches.
#[derive(Debug, Clone, Default)]
pub(in crate::rules) struct Found {
    /// The words, in order, each once.
    pub(in crate::rules) words: Words,
    /// The negator before them, where that matters.
    pub(in crate::rules) negated: Option<String>,
    pub(in crate::rules) named: Vec<EntityFound>,
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
    pub(in crate::rules) negators: &'a Negators,
    pub(in crate::rules) machine: &'a mut Machine,
}

impl Finder<'_> {
    /// Returns every match in the sentences of the scope; `negators` is the language whose negators matter.
    pub(in crate::rules) fn find(
        &mut self,
        expression: &Expression,
        negators: Option<Language>,
        scope: &[Sentence],
    ) -> Vec<Found> {
        let mut found = Vec::new();
        match expression {
            Expression::Group(group) => return self.combine(group, negators, scope),
            Expression::Rows(rows) => {
                for sentence in scope {
                    self.rows(rows, negators, &sentence.words, &mut found);
                }
            }
            Expression::Program(program) => {
                for sentence in scope {
                    self.run(program, negators, &sentence.words, &mut found);
                }
            }
            Expression::Regular(regular) => {
                for sentence in scope {
                    self.search(regular, negators, &sentence.words, &mut found);
                }
            }
        }
        found
    }

    /// Finds the longest row from every word.
    fn rows(
        &mut self,
        rows: &[Box<[AtomId]>],
        negators: Option<Language>,
        sentence: &Range<usize>,
        found: &mut Vec<Found>,
    ) {
        for start in sentence.clone() {
            if !self.machine.spend(rows.len() as u64) {
                return;
            }
            let fits = |row: &&Box<[AtomId]>| {
                start + row.len() <= sentence.end
                    && (start..).zip(row.iter()).all(|(word, atom)| self.view.atoms.of(word).contains(atom))
            };
            if let Some(longest) = rows.iter().filter(fits).map(|row| row.len()).max() {
                found.push(self.row(start..start + longest, negators, sentence));
            }
        }
    }

    /// Returns a match of neighbours.
    pub(in crate::rules) fn row(
        &self,
        words: Range<usize>,
        negators: Option<Language>,
        sentence: &Range<usize>,
    ) -> Found {
        let words = Words::Row(word_number(words.start)..word_number(words.end));
        Found { negated: self.negated(negators, sentence, &words), words, named: Vec::new() }
    }

    fn run(&mut self, program: &Program, negators: Option<Language>, sentence: &Range<usize>, found: &mut Vec<Found>) {
        let view = self.view;
        let (reader, machine) = (Reader { view, negators: self.negators }, &mut *self.machine);
        program.matches(&view, sentence.clone(), machine, |_, words, named| {
            let words = Words::new(words);
            let negated = reader.negated(negators, sentence, &words);
            let named = named.iter().filter_map(|named| value_of(&view, named)).collect();
            found.push(Found { words, negated, named });
        });
    }

    fn search(
        &mut self,
        regular: &Regular,
        negators: Option<Language>,
        sentence: &Range<usize>,
        found: &mut Vec<Found>,
    ) {
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
            found.push(Found { named, ..self.row(words, negators, sentence) });
        }
    }

    fn combine(&mut self, group: &Group, negators: Option<Language>, scope: &[Sentence]) -> Vec<Found> {
        if group.none.iter().any(|part| !self.find(part, None, scope).is_empty()) {
            return Vec::new();
        }
        let any: Vec<Found> = group.any.iter().flat_map(|part| self.find(part, negators, scope)).collect();
        if group.all.is_empty() {
            return any;
        }
        let mut parts = Vec::new();
        if !group.any.is_empty() {
            let Some(found) = best(any) else { return Vec::new() };
            parts.push(found);
        }
        for part in &group.all {
            let Some(found) = best(self.find(part, negators, scope)) else { return Vec::new() };
            parts.push(found);
        }
        vec![union(parts)]
    }

    fn negated(&self, negators: Option<Language>, sentence: &Range<usize>, words: &Words) -> Option<String> {
        Reader { view: self.view, negators: self.negators }.negated(negators, sentence, words)
    }
}

/// The part of a finder that a running program leaves alone.
struct Reader<'a> {
    view: View<'a>,
    negators: &'a Negators,
}

impl Reader<'_> {
    fn negated(&self, negators: Option<Language>, sentence: &Range<usize>, words: &Words) -> Option<String> {
        let language = negators?;
        let words: Vec<usize> = words.iter().collect();
        self.negators.before(self.view.reading, language, sentence, &words)
    }
}

fn value_of(view: &View<'_>, named: &Named<'_>) -> Option<EntityFound> {
    let covers = |entity: &&EntityWords| entity.kind == named.kind && entity.words.start == named.first_word;
    let entity = view.entities.iter().filter(covers).max_by_key(|entity| entity.words.end)?;
    Some(EntityFound { kind: named.name.to_owned(), ..view.reading.entities()[entity.index].clone() })
}

/// Returns the match that serves best: not negated, more words, earlier.
fn best(found: Vec<Found>) -> Option<Found> {
    found
        .into_iter()
        .min_by_key(|found| (found.negated.is_some(), std::cmp::Reverse(found.words.len()), found.words.iter().next()))
}

fn union(parts: Vec<Found>) -> Found {
    let mut whole = Found::default();
    let mut words = Vec::new();
    for part in parts {
        words.extend(part.words.iter().map(word_number));
        whole.named.extend(part.named);
        whole.negated = whole.negated.or(part.negated);
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
