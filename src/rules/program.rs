//! A compiled pattern and how it runs over the words of a sentence.
//!
//! Alternatives, options and gaps are steps of a small machine over word positions. From every start it finds the match
//! with the most words, then the shortest reach; each (step, position) is computed once, so the work is bounded by the
//! product of both and never by the number of phrases a pattern stands for.

use std::ops::Range;

use crate::rules::{regular::Regular, vocabulary::AtomId};

/// What must be found.
#[derive(Debug)]
pub(in crate::rules) enum Expression {
    /// Words next to each other, every way written out and sorted. Rules' own patterns of this kind are found by the
    /// [`trie`](crate::rules::trie), which takes the rows away.
    Rows(Vec<Box<[AtomId]>>),
    /// Words in order.
    Program(Box<Program>),
    /// A regular expression on the folded sentence.
    Regular(Box<Regular>),
    /// Several of these.
    Group(Box<Group>),
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
    Fork(Box<[u16]>),
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
    steps: Box<[Step]>,
    /// Names of entities whose values are kept, by step.
    names: Box<[(u16, String)]>,
    /// The atoms a match can begin with, sorted; none if it can begin with an entity.
    first: Option<Box<[AtomId]>>,
    /// What must occur for it to match: one of each list.
    pub(in crate::rules) required: Box<[Clause]>,
}

/// One of these must occur.
pub(in crate::rules) type Clause = Vec<Occurrence>;

/// Something that must occur in a text for a pattern to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules) enum Occurrence {
    /// A word with this atom; `common` if it stands in almost every message.
    Word {
        /// Its number.
        atom: AtomId,
        /// Not worth being looked up by.
        common: bool,
    },
    /// Words with these atoms, one after the other.
    Row(Box<[AtomId]>),
    /// An entity of this kind.
    Entity(u16),
    /// This folded text, anywhere.
    Literal(String),
}

/// What a program needs to know of the words it runs over.
pub(in crate::rules) trait Words {
    /// Returns the atoms of a word.
    fn atoms(&self, word: usize) -> &[AtomId];
    /// Returns whether no phrase runs on from the word before to this one.
    fn is_apart(&self, word: usize) -> bool;
    /// Returns the words after the longest entity of that kind that begins at a word.
    fn entity_end(&self, word: usize, kind: u16) -> Option<usize>;
}

/// An entity matched under a name.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Named<'p> {
    pub(in crate::rules) name: &'p str,
    pub(in crate::rules) first_word: usize,
    pub(in crate::rules) kind: u16,
}

/// The best that can be reached from a step and a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reach {
    words: u32,
    end: u32,
}

impl Reach {
    fn better(self, other: Option<Self>) -> bool {
        other.is_none_or(|other| self.words > other.words || (self.words == other.words && self.end < other.end))
    }
}

/// What was computed for a step and a position.
#[derive(Debug, Clone, Copy)]
enum Known {
    Nothing,
    DeadEnd,
    Reached(Reach),
}

/// Memory that runs share, so that none of them allocates, and the work they may still do.
#[derive(Debug, Default)]
pub(in crate::rules) struct Machine {
    /// What each (position, step) reaches, once known; grows with the position.
    memo: Vec<Known>,
    /// Steps that may still be made for this message.
    pub(in crate::rules) steps_left: u64,
}

impl Machine {
    /// Takes steps off what is left; false when nothing is left.
    pub(in crate::rules) fn spend(&mut self, steps: u64) -> bool {
        self.steps_left = self.steps_left.saturating_sub(steps);
        self.steps_left > 0
    }
}

impl Program {
    /// Completes a program whose last step is [`Step::Match`].
    pub(in crate::rules) fn new(steps: Vec<Step>, names: Vec<(u16, String)>, required: Vec<Clause>) -> Self {
        let mut first = Vec::new();
        let bounded = first_atoms(&steps, 0, &mut first);
        first.sort_unstable();
        first.dedup();
        Self {
            steps: steps.into(),
            names: names.into(),
            first: bounded.then(|| first.into()),
            required: required.into(),
        }
    }

    /// Calls `found` with the best match from every word of a range at which one begins: the words matched, in order,
    /// without those in gaps, and the entities matched under a name.
    pub(in crate::rules) fn matches<W: Words>(
        &self,
        words: &W,
        range: Range<usize>,
        machine: &mut Machine,
        mut found: impl FnMut(&[u32], &[Named<'_>]),
    ) {
        let (mut matched, mut named) = (Vec::new(), Vec::new());
        for start in range.clone() {
            if !self.may_begin(words, start) || !machine.spend(1) {
                continue;
            }
            machine.memo.clear();
            let mut run = Run { program: self, words, start, end: range.end, machine: &mut *machine };
            if run.best(0, start, false).is_some() {
                matched.clear();
                named.clear();
                run.trace(&mut matched, &mut named);
                found(&matched, &named);
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

/// One run from one start.
struct Run<'a, 'p, W> {
    program: &'p Program,
    words: &'a W,
    start: usize,
    end: usize,
    machine: &'a mut Machine,
}

impl<'p, W: Words> Run<'_, 'p, W> {
    /// Returns the best that can be reached; `joined` says that the word before was matched and no gap lies between.
    fn best(&mut self, step: usize, at: usize, joined: bool) -> Option<Reach> {
        if joined && at < self.end && self.words.is_apart(at) {
            // Only a gap leads on, so the ways are few, and not those that are remembered for this place.
            return if self.machine.spend(1) { self.compute(step, at, true) } else { None };
        }
        let key = (at - self.start) * self.program.steps.len() + step;
        match self.machine.memo.get(key) {
            Some(Known::Reached(reach)) => return Some(*reach),
            Some(Known::DeadEnd) => return None,
            Some(Known::Nothing) | None => {}
        }
        if !self.machine.spend(1) {
            return None;
        }
        let reach = self.compute(step, at, false);
        let memo = &mut self.machine.memo;
        if memo.len() <= key {
            memo.resize(key + 1, Known::Nothing);
        }
        memo[key] = reach.map_or(Known::DeadEnd, Known::Reached);
        reach
    }

    fn compute(&mut self, step: usize, at: usize, apart: bool) -> Option<Reach> {
        if self.program.steps[step] == Step::Match {
            return Some(Reach { words: 0, end: u32::try_from(at).unwrap_or(u32::MAX) });
        }
        let mut best = None;
        for index in 0.. {
            let Some((next, after, counted)) = self.way(step, at, index) else { break };
            if apart && counted > 0 {
                continue;
            }
            let Some(rest) = self.best(next, after, self.joins(step, apart)) else { continue };
            let reach = Reach { words: rest.words + counted, end: rest.end };
            if reach.better(best) {
                best = Some(reach);
            }
        }
        best
    }

    /// Returns whether what follows a step follows the last matched word without a gap.
    fn joins(&self, step: usize, joined: bool) -> bool {
        match self.program.steps[step] {
            Step::Word(_) | Step::Entity(_) => true,
            Step::Gap(_) => false,
            Step::Fork(_) | Step::Jump(_) | Step::Match => joined,
        }
    }

    /// Returns the way number `index` out of a step: the next step, the next position, and how many words it matched.
    fn way(&self, step: usize, at: usize, index: usize) -> Option<(usize, usize, u32)> {
        match &self.program.steps[step] {
            Step::Word(atom) => {
                (index == 0 && at < self.end && self.words.atoms(at).contains(atom)).then_some((step + 1, at + 1, 1))
            }
            Step::Entity(kind) if index == 0 && at < self.end => {
                let after = self.words.entity_end(at, *kind).filter(|after| *after <= self.end)?;
                Some((step + 1, after, u32::try_from(after - at).unwrap_or(u32::MAX)))
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
    fn trace(&mut self, matched: &mut Vec<u32>, named: &mut Vec<Named<'p>>) {
        let (mut step, mut at, mut joined) = (0, self.start, false);
        while self.program.steps[step] != Step::Match {
            let goal = self.best(step, at, joined);
            let apart = joined && at < self.end && self.words.is_apart(at);
            let joins = self.joins(step, joined);
            let chosen = (0..).map_while(|index| self.way(step, at, index)).collect::<Vec<_>>();
            let chosen = chosen.into_iter().find(|(next, after, counted)| {
                let rest = self.best(*next, *after, joins).filter(|_| !apart || *counted == 0);
                rest.map(|rest| Reach { words: rest.words + counted, end: rest.end }) == goal
            });
            let Some((next, after, counted)) = chosen else { break };
            if counted > 0 {
                named.extend(self.name(step, at));
                matched.extend((at..after).map(|word| u32::try_from(word).unwrap_or(u32::MAX)));
            }
            (step, at, joined) = (next, after, joins);
        }
    }

    fn name(&self, step: usize, at: usize) -> Option<Named<'p>> {
        let Step::Entity(kind) = self.program.steps[step] else { return None };
        let named = self.program.names.iter().find(|(named, _)| usize::from(*named) == step);
        named.map(|(_, name)| Named { name, first_word: at, kind })
    }
}
