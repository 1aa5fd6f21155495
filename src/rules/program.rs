//! A compiled pattern and how it runs over the words of a sentence.
//!
//! Alternatives, options and gaps are steps of a small machine over word positions. From every start it finds the match
//! with the most words, then the shortest reach; each (step, position) is computed once, so the work is bounded by the
//! product of both and never by the number of phrases a pattern stands for.

use crate::rules::{compile::Clause, regular::Regular, vocabulary::AtomId};

/// What must be found.
#[derive(Debug)]
pub(in crate::rules) enum Expression {
    /// Words in order.
    Program(Program),
    /// A regular expression on the folded sentence.
    Regular(Regular),
    /// Several of these.
    Group(Group),
}

/// Patterns combined.
#[derive(Debug)]
pub(in crate::rules) struct Group {
    /// Each must hit.
    pub(in crate::rules) all: Vec<Expression>,
    /// One must hit, unless the list is empty.
    pub(in crate::rules) any: Vec<Expression>,
    /// None may hit.
    pub(in crate::rules) none: Vec<Expression>,
    /// The parts may stand in different sentences.
    pub(in crate::rules) message_wide: bool,
}

/// One step of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules) enum Step {
    /// The next word has this atom.
    Word(AtomId),
    /// The next words are an entity of this kind.
    Entity(u16),
    /// Skip up to so many words.
    Gap(u8),
    /// Go on at any of these steps.
    Fork(Vec<u16>),
    /// Go on there.
    Jump(u16),
    /// Done.
    Match,
}

/// Larger programs are refused: a pattern of word lists in word lists.
pub(in crate::rules) const MAX_STEPS: usize = 4000;

/// A lowered pattern.
#[derive(Debug)]
pub(in crate::rules) struct Program {
    steps: Vec<Step>,
    /// Names of entities whose values are kept, by step.
    pub(in crate::rules) names: Vec<(u16, String)>,
    /// The atoms a match can begin with, sorted; none if it can begin with an entity.
    first: Option<Vec<AtomId>>,
    /// What must occur for it to match.
    pub(in crate::rules) required: Vec<Clause>,
}

/// What a program needs to know of the words it runs over.
pub(in crate::rules) trait Words {
    /// Returns whether a word has an atom.
    fn has(&self, word: usize, atom: AtomId) -> bool;
    /// Returns the atoms of a word.
    fn atoms(&self, word: usize) -> &[AtomId];
    /// Returns the words after the longest entity of that kind that begins at a word.
    fn entity_end(&self, word: usize, kind: u16) -> Option<usize>;
}

/// One way a program matches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::rules) struct Match {
    /// The words matched, in order; gaps are not among them.
    pub(in crate::rules) words: Vec<usize>,
    /// Entities matched under a name: name, first word, kind.
    pub(in crate::rules) named: Vec<(String, usize, u16)>,
}

/// The best that can be reached from a step and a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reach {
    words: usize,
    end: usize,
}

impl Reach {
    fn better(self, other: Option<Self>) -> bool {
        other.is_none_or(|other| self.words > other.words || (self.words == other.words && self.end < other.end))
    }
}

impl Program {
    /// Completes a program whose last step is [`Step::Match`].
    pub(in crate::rules) fn new(steps: Vec<Step>, names: Vec<(u16, String)>, required: Vec<Clause>) -> Self {
        let mut first = Vec::new();
        let bounded = first_atoms(&steps, 0, &mut first);
        first.sort_unstable();
        first.dedup();
        Self { steps, names, first: bounded.then_some(first), required }
    }

    /// Adds the best match from every word of a range at which one begins.
    pub(in crate::rules) fn matches(&self, words: &impl Words, range: std::ops::Range<usize>, found: &mut Vec<Match>) {
        for start in range.clone() {
            if !self.may_begin(words, start) {
                continue;
            }
            let mut run = Run { program: self, words, start, end: range.end, memo: Vec::new() };
            if run.best(0, start).is_some() {
                found.push(run.trace());
            }
        }
    }

    fn may_begin(&self, words: &impl Words, word: usize) -> bool {
        let Some(first) = &self.first else { return true };
        words.atoms(word).iter().any(|atom| first.binary_search(atom).is_ok())
    }
}

/// Collects the atoms a match can begin with; false if it can begin with something else.
fn first_atoms(steps: &[Step], at: usize, first: &mut Vec<AtomId>) -> bool {
    match &steps[at] {
        Step::Word(atom) => {
            first.push(*atom);
            true
        }
        Step::Fork(targets) => targets.iter().all(|target| first_atoms(steps, usize::from(*target), first)),
        Step::Jump(target) => first_atoms(steps, usize::from(*target), first),
        Step::Entity(_) | Step::Gap(_) | Step::Match => false,
    }
}

/// What was computed for a step and a position.
#[derive(Debug, Clone, Copy)]
enum Known {
    Nothing,
    DeadEnd,
    Reached(Reach),
}

/// One run from one start.
struct Run<'a, W> {
    program: &'a Program,
    words: &'a W,
    start: usize,
    end: usize,
    /// What each (position, step) reaches, once known; grows with the position.
    memo: Vec<Known>,
}

impl<W: Words> Run<'_, W> {
    fn best(&mut self, step: usize, at: usize) -> Option<Reach> {
        let key = (at - self.start) * self.program.steps.len() + step;
        match self.memo.get(key) {
            Some(Known::Reached(reach)) => return Some(*reach),
            Some(Known::DeadEnd) => return None,
            Some(Known::Nothing) | None => {}
        }
        let reach = self.compute(step, at);
        if self.memo.len() <= key {
            self.memo.resize(key + 1, Known::Nothing);
        }
        self.memo[key] = reach.map_or(Known::DeadEnd, Known::Reached);
        reach
    }

    fn compute(&mut self, step: usize, at: usize) -> Option<Reach> {
        if self.program.steps[step] == Step::Match {
            return Some(Reach { words: 0, end: at });
        }
        let mut best = None;
        for index in 0.. {
            let Some((next, after, counted)) = self.way(step, at, index) else { break };
            let Some(rest) = self.best(next, after) else { continue };
            let reach = Reach { words: rest.words + counted, end: rest.end };
            if reach.better(best) {
                best = Some(reach);
            }
        }
        best
    }

    /// Returns the way number `index` out of a step: the next step, the next position, and how many words it matched.
    fn way(&self, step: usize, at: usize, index: usize) -> Option<(usize, usize, usize)> {
        match &self.program.steps[step] {
            Step::Word(atom) => {
                (index == 0 && at < self.end && self.words.has(at, *atom)).then_some((step + 1, at + 1, 1))
            }
            Step::Entity(kind) if index == 0 && at < self.end => {
                let after = self.words.entity_end(at, *kind).filter(|after| *after <= self.end)?;
                Some((step + 1, after, after - at))
            }
            Step::Gap(longest) => {
                (index <= usize::from(*longest) && at + index <= self.end).then_some((step + 1, at + index, 0))
            }
            Step::Fork(targets) => targets.get(index).map(|target| (usize::from(*target), at, 0)),
            Step::Jump(target) => (index == 0).then_some((usize::from(*target), at, 0)),
            Step::Entity(_) | Step::Match => None,
        }
    }

    /// Follows the best ways from the start again and notes the words.
    fn trace(&mut self) -> Match {
        let mut found = Match::default();
        let (mut step, mut at) = (0, self.start);
        while self.program.steps[step] != Step::Match {
            let goal = self.best(step, at);
            let way = (0..).map_while(|index| self.way(step, at, index)).collect::<Vec<_>>();
            let chosen = way.into_iter().find(|(next, after, counted)| {
                let rest = self.best(*next, *after);
                rest.map(|rest| Reach { words: rest.words + counted, end: rest.end }) == goal
            });
            let Some((next, after, counted)) = chosen else { break };
            if counted > 0 {
                self.note_name(step, at, &mut found);
                found.words.extend(at..after);
            }
            (step, at) = (next, after);
        }
        found
    }

    fn note_name(&self, step: usize, at: usize, found: &mut Match) {
        let Step::Entity(kind) = self.program.steps[step] else { return };
        let named = self.program.names.iter().find(|(named, _)| usize::from(*named) == step);
        if let Some((_, name)) = named {
            found.named.push((name.clone(), at, kind));
        }
    }
}
