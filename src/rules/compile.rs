//! From a rule file to a [`Rule`]: word lists resolved, words numbered, patterns lowered to steps.
//!
//! The only place that can complain about what a rule names elsewhere.

use std::{collections::BTreeMap, ops::Range};

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::{advice, nearest},
        source::{FileId, SourceMap, Span},
        yaml::inside,
    },
    model::language::Language,
    rules::{
        condition::Names,
        entity_list::Kinds,
        negation::Negators,
        pattern::{Element, Sequence},
        program::{Clause, Expression, Group, MAX_STEPS, Occurrence, Program, Step},
        rule::{Named, Negation, Phrase, Rule, Source},
        syntax::{
            RuleFile,
            phrase::{BAD_PATTERN, WrittenExpression, WrittenGroup, WrittenPhrase},
            slot::UNKNOWN_SOURCE,
        },
        vocabulary::{Atom, AtomId, Vocabulary},
        word_list::WordList,
    },
};

/// `<name>` without a file `rules/_words/<name>.yaml`.
pub const UNKNOWN_WORD_LIST: Code = Code::new("unknown-word-list");
/// `<name>` in a language for which the list has no entries.
pub const WORD_LIST_WITHOUT_LANGUAGE: Code = Code::new("word-list-without-language");

/// A pattern is written out if it stands for at most so many rows of words: what a choice of eight verbs and one of eight
/// nouns makes. Others stay programs, which cost memory once and time only when their words occur.
const MAX_ROWS: usize = 64;

/// Turns rule files into rules. One for the whole set, because words are numbered across rules.
#[derive(Debug)]
pub struct Compiler<'a> {
    sources: &'a SourceMap,
    lists: &'a BTreeMap<String, WordList>,
    negators: &'a Negators,
    kinds: &'a Kinds<'a>,
    vocabulary: Vocabulary,
}

/// One rule file compiled.
#[derive(Debug)]
pub struct Compiled {
    /// The rule, without the patterns that could not be compiled.
    pub rule: Rule,
    /// Nothing was left out; only such a rule may be evaluated.
    pub whole: bool,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Compiler<'a> {
    /// Starts with an empty vocabulary.
    pub(in crate::rules) fn new(
        sources: &'a SourceMap,
        lists: &'a BTreeMap<String, WordList>,
        negators: &'a Negators,
        kinds: &'a Kinds<'a>,
    ) -> Self {
        Self { sources, lists, negators, kinds, vocabulary: Vocabulary::default() }
    }

    /// Compiles one rule. A pattern that names something that does not exist is reported and left out.
    pub fn compile(&mut self, mut written: RuleFile) -> Compiled {
        let mut diagnostics = Vec::new();
        let mut languages: Vec<Language> = written.say.iter().map(|phrase| phrase.language).collect();
        let mut names = Elsewhere { compiler: self, file: written.file, diagnostics: &mut diagnostics };
        written.when.settle(&mut names);
        let say = self.phrases(written.file, written.say, true, &mut diagnostics);
        let unless = self.phrases(written.file, written.unless, false, &mut diagnostics);
        for source in written.needs.iter().flat_map(|need| &need.from) {
            if let Source::Entity(kind) = &source.value {
                diagnostics.extend(self.kinds.unknown(UNKNOWN_SOURCE, "entity.", kind, source.span.clone()));
            }
        }
        languages.sort_unstable();
        languages.dedup();
        let rule = Rule {
            id: written.intent.value,
            title: written.title,
            category: written.category,
            action: written.action,
            mode: written.mode,
            priority: written.priority,
            needs: written.needs,
            reply: written.reply,
            ack: written.ack,
            urgency: written.urgency,
            with_answer: written.with_answer,
            similar: written.similar,
            tags: written.tags,
            languages,
            examples: written.examples,
            file: written.file,
            say,
            unless,
            when: written.when,
            alone: written.alone,
            ignore_negation: written.negation == Negation::Ignore,
            only: Vec::new(),
        };
        let whole = written.whole && diagnostics.is_empty();
        Compiled { rule, whole, diagnostics }
    }

    /// Returns the words of all rules compiled.
    pub(in crate::rules) fn finish(self) -> Vocabulary {
        self.vocabulary.complete()
    }

    fn phrases(
        &mut self,
        file: FileId,
        written: Vec<WrittenPhrase>,
        positive: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Phrase> {
        let mut phrases = Vec::new();
        for phrase in written {
            let mut lowering = Lowering { compiler: self, file, language: phrase.language, negative: false, positive };
            match lowering.expression(phrase.expression) {
                Ok(expression) => phrases.push(Phrase {
                    language: phrase.language,
                    text: phrase.text,
                    negative: lowering.negative,
                    expression,
                }),
                Err(found) => diagnostics.extend(found),
            }
        }
        phrases
    }
}

/// What conditions and needs of one rule ask of the whole set.
struct Elsewhere<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    file: FileId,
    diagnostics: &'c mut Vec<Diagnostic>,
}

impl Names for Elsewhere<'_, '_> {
    fn phrases(&mut self, written: Vec<WrittenPhrase>) -> Vec<Phrase> {
        self.compiler.phrases(self.file, written, false, self.diagnostics)
    }

    fn entity(&mut self, kind: &Named<String>) {
        self.diagnostics.extend(self.compiler.kinds.unknown(UNKNOWN_SOURCE, "", &kind.value, kind.span.clone()));
    }
}

/// One phrase on its way down.
struct Lowering<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    file: FileId,
    language: Language,
    negative: bool,
    /// Its words may be what misspelt ones stand for.
    positive: bool,
}

impl Lowering<'_, '_> {
    fn expression(&mut self, written: WrittenExpression) -> Result<Expression, Vec<Diagnostic>> {
        match written {
            WrittenExpression::Words { sequence, text, span } => {
                let sequence = self.resolve(without_edge_gaps(&sequence), &text, &span)?;
                self.negative |= self.compiler.negators.holds(self.language, &sequence);
                if let Some(rows) = self.rows(&sequence) {
                    Ok(Expression::Rows(rows))
                } else {
                    let program = self.program(&sequence, &span).map_err(|found| vec![found])?;
                    Ok(Expression::Program(Box::new(program)))
                }
            }
            WrittenExpression::Regular(regular) => Ok(Expression::Regular(Box::new(regular))),
            WrittenExpression::Group(WrittenGroup { all, any, none, message_wide }) => {
                let (all, any) = (self.expressions(all), self.expressions(any));
                // What must not be said is no part of what is said.
                let (negative, positive) = (self.negative, self.positive);
                self.positive = false;
                let none = self.expressions(none);
                (self.negative, self.positive) = (negative, positive);
                match (all, any, none) {
                    (Ok(all), Ok(any), Ok(none)) => {
                        Ok(Expression::Group(Box::new(Group { all, any, none, message_wide })))
                    }
                    (all, any, none) => {
                        Err([all.err(), any.err(), none.err()].into_iter().flatten().flatten().collect())
                    }
                }
            }
        }
    }

    fn expressions(&mut self, written: Vec<WrittenExpression>) -> Result<Vec<Expression>, Vec<Diagnostic>> {
        let mut expressions = Vec::new();
        let mut diagnostics = Vec::new();
        for part in written {
            match self.expression(part) {
                Ok(expression) => expressions.push(expression),
                Err(found) => diagnostics.extend(found),
            }
        }
        if diagnostics.is_empty() { Ok(expressions) } else { Err(diagnostics) }
    }

    /// Replaces word lists by their entries.
    fn resolve(&self, sequence: &[Element], text: &str, span: &Range<usize>) -> Result<Sequence, Vec<Diagnostic>> {
        let mut resolved = Sequence::new();
        let mut diagnostics = Vec::new();
        for element in sequence {
            match self.resolve_element(element, text, span) {
                Ok(element) => resolved.push(element),
                Err(found) => diagnostics.extend(found),
            }
        }
        if diagnostics.is_empty() { Ok(resolved) } else { Err(diagnostics) }
    }

    fn resolve_element(&self, element: &Element, text: &str, span: &Range<usize>) -> Result<Element, Vec<Diagnostic>> {
        let all = |branches: &[Sequence]| -> Result<Vec<Sequence>, Vec<Diagnostic>> {
            branches.iter().map(|branch| self.resolve(branch, text, span)).collect()
        };
        match element {
            Element::Choice(branches) => Ok(Element::Choice(all(branches)?)),
            Element::Optional(branches) => Ok(Element::Optional(all(branches)?)),
            Element::List { name, range } => {
                let place = inside(&self.compiler.sources.file(self.file).text, span, text, range.clone());
                let entries = self.list(name, Span::new(self.file, place))?;
                Ok(Element::Choice(entries.clone()))
            }
            Element::Entity { kind, range, .. } => {
                let place = inside(&self.compiler.sources.file(self.file).text, span, text, range.clone());
                match self.compiler.kinds.unknown(BAD_PATTERN, "", kind, Span::new(self.file, place)) {
                    Some(found) => Err(vec![found]),
                    None => Ok(element.clone()),
                }
            }
            other => Ok(other.clone()),
        }
    }

    /// Returns the entries of a list. What a broken list lacks is no news: its own file says what is wrong.
    fn list(&self, name: &str, span: Span) -> Result<&Vec<Sequence>, Vec<Diagnostic>> {
        let lists = self.compiler.lists;
        let Some(list) = lists.get(name) else {
            let known: Vec<&str> = lists.keys().map(String::as_str).collect();
            let message = format!("the word list `{name}` does not exist");
            let mut found = Diagnostic::error(UNKNOWN_WORD_LIST, message, span.clone(), "no such list");
            found.help = Some(match nearest(name, known.iter().copied()) {
                Some(_) => advice(name, &known),
                None => format!("create `rules/_words/{name}.yaml` with `{}: [word, word]`", self.language),
            });
            if let Some(meant) = nearest(name, known) {
                found = found.fix(span, meant);
            }
            return Err(vec![found]);
        };
        list.entries.get(&self.language).ok_or_else(|| {
            if !list.whole {
                return Vec::new();
            }
            let message = format!("the word list `{name}` has no words for `{}`", self.language);
            let path = &self.compiler.sources.file(list.file).path;
            let help = format!("add `{}: [word, word]` to {path}", self.language);
            vec![Diagnostic::error(WORD_LIST_WITHOUT_LANGUAGE, message, span, "none in this language").help(help)]
        })
    }

    /// Writes out every way to say a sequence; none if it holds more than words, or too many ways.
    fn rows(&mut self, sequence: &[Element]) -> Option<Vec<Box<[AtomId]>>> {
        let mut rows: Vec<Vec<AtomId>> = vec![Vec::new()];
        for element in sequence {
            let ways = match element {
                Element::Gap(_) | Element::Entity { .. } | Element::List { .. } => return None,
                Element::Choice(branches) => self.ways(branches)?,
                Element::Optional(branches) => {
                    let mut ways = self.ways(branches)?;
                    ways.push(Box::default());
                    ways
                }
                word => {
                    let atom = self.atom(word)?;
                    for row in &mut rows {
                        row.push(atom);
                    }
                    continue;
                }
            };
            if rows.len() * ways.len() > MAX_ROWS {
                return None;
            }
            rows = rows.iter().flat_map(|row| ways.iter().map(|way| [row, &**way].concat())).collect();
        }
        rows.sort_unstable();
        rows.dedup();
        Some(rows.into_iter().map(Vec::into_boxed_slice).collect())
    }

    fn ways(&mut self, branches: &[Sequence]) -> Option<Vec<Box<[AtomId]>>> {
        let mut ways = Vec::new();
        for branch in branches {
            ways.extend(self.rows(branch)?);
        }
        Some(ways)
    }

    fn program(&mut self, sequence: &Sequence, span: &Range<usize>) -> Result<Program, Diagnostic> {
        let mut steps = Steps::default();
        self.steps(sequence, &mut steps);
        steps.list.push(Step::Match);
        if steps.list.len() > MAX_STEPS {
            let message = format!("the pattern has {} parts once its word lists are written out", steps.list.len());
            let span = Span::new(self.file, span.clone());
            let found = Diagnostic::error(BAD_PATTERN, message, span, "too large");
            return Err(found.help(format!("at most {MAX_STEPS}; write it as several patterns")));
        }
        let required = self.required(sequence);
        Ok(Program::new(steps.list, steps.names, required))
    }

    fn steps(&mut self, sequence: &[Element], steps: &mut Steps) {
        for element in sequence {
            match element {
                Element::Gap(longest) => steps.list.push(Step::Gap(*longest)),
                Element::Entity { kind, name, .. } => {
                    steps.names.push((steps.here(), name.clone()));
                    steps.list.extend(self.compiler.kinds.number(kind).map(Step::Entity));
                }
                Element::Choice(branches) => self.fork(branches, false, steps),
                Element::Optional(branches) => self.fork(branches, true, steps),
                element => {
                    let atom = self.atom(element);
                    steps.list.extend(atom.map(Step::Word));
                }
            }
        }
    }

    fn fork(&mut self, branches: &[Sequence], or_nothing: bool, steps: &mut Steps) {
        let fork = steps.list.len();
        steps.list.push(Step::Fork(Box::default()));
        let mut targets = Vec::new();
        let mut ends = Vec::new();
        for branch in branches {
            targets.push(steps.here());
            self.steps(branch, steps);
            ends.push(steps.list.len());
            steps.list.push(Step::Jump(0));
        }
        let after = steps.here();
        targets.extend(or_nothing.then_some(after));
        for end in ends {
            steps.list[end] = Step::Jump(after);
        }
        steps.list[fork] = Step::Fork(targets.into());
    }

    /// Returns the number of a single word; none for what is no single word.
    fn atom(&mut self, element: &Element) -> Option<AtomId> {
        let atom = match element {
            Element::Word(form) => Atom::Word(self.language, form),
            Element::Character(form) => Atom::Character(form),
            Element::Beginning(form) => Atom::Beginning(form),
            Element::Exact(form) => Atom::Exact(form),
            _ => return None,
        };
        if let Atom::Word(_, form) = atom
            && self.positive
        {
            self.compiler.vocabulary.intend(form);
        }
        Some(self.compiler.vocabulary.intern(&atom))
    }

    /// Returns what must occur for the sequence to match.
    fn required(&mut self, sequence: &[Element]) -> Vec<Clause> {
        let mut clauses = Vec::new();
        let mut run = Vec::new();
        for element in sequence {
            if let Element::Character(_) = element {
                run.extend(self.atom(element));
                continue;
            }
            flush(&mut run, &mut clauses);
            match element {
                Element::Choice(branches) => {
                    let best: Option<Vec<Clause>> =
                        branches.iter().map(|branch| self.required(branch).into_iter().min_by_key(Vec::len)).collect();
                    clauses.extend(best.map(|lists| lists.concat()));
                }
                Element::Entity { kind, .. } => {
                    clauses.extend(self.compiler.kinds.number(kind).map(|kind| vec![Occurrence::Entity(kind)]));
                }
                element => clauses.extend(self.atom(element).map(|atom| vec![self.occurrence(element, atom)])),
            }
        }
        flush(&mut run, &mut clauses);
        clauses
    }

    fn occurrence(&self, element: &Element, atom: AtomId) -> Occurrence {
        let common = match element {
            Element::Word(form) | Element::Exact(form) => crate::rules::stop_word::is_stop_word(form, self.language),
            _ => false,
        };
        Occurrence::Word { atom, common }
    }
}

/// Turns characters in a row into one clause: together they are rare, each alone stands in every message.
fn flush(run: &mut Vec<AtomId>, clauses: &mut Vec<Clause>) {
    match run[..] {
        [] => {}
        [atom] => clauses.push(vec![Occurrence::Word { atom, common: true }]),
        _ => clauses.push(vec![Occurrence::Row(run.as_slice().into())]),
    }
    run.clear();
}

#[derive(Default)]
struct Steps {
    list: Vec<Step>,
    names: Vec<(u16, String)>,
}

impl Steps {
    /// Returns the number of the next step. Programs beyond 65,535 steps are refused by their length afterwards.
    fn here(&self) -> u16 {
        u16::try_from(self.list.len()).unwrap_or(u16::MAX)
    }
}

/// A gap before the first or after the last word does nothing; inside of alternatives it does.
fn without_edge_gaps(sequence: &[Element]) -> &[Element] {
    let is_gap = |element: &&Element| matches!(element, Element::Gap(_));
    let start = sequence.iter().take_while(is_gap).count();
    let end = sequence.len() - sequence.iter().rev().take_while(is_gap).count();
    &sequence[start..end]
}
