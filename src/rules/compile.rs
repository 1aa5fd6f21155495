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
        negation::Negators,
        pattern::{Element, Sequence},
        program::{Expression, Group, MAX_STEPS, Program, Step},
        rule::{Negation, Phrase, Rule},
        syntax::{
            RuleFile,
            phrase::{BAD_PATTERN, WrittenExpression, WrittenGroup, WrittenPhrase},
        },
        vocabulary::{Atom, AtomId, Vocabulary},
        word_list::WordList,
    },
    text::entity::ENTITIES,
};

/// `<name>` without a file `rules/_words/<name>.yaml`.
pub const UNKNOWN_WORD_LIST: Code = Code::new("unknown-word-list");
/// `<name>` in a language for which the list has no entries.
pub const WORD_LIST_WITHOUT_LANGUAGE: Code = Code::new("word-list-without-language");

/// Turns rule files into rules. One for the whole set, because words are numbered across rules.
#[derive(Debug)]
pub struct Compiler<'a> {
    sources: &'a SourceMap,
    lists: &'a BTreeMap<String, WordList>,
    negators: &'a Negators,
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
    pub fn new(sources: &'a SourceMap, lists: &'a BTreeMap<String, WordList>, negators: &'a Negators) -> Self {
        Self { sources, lists, negators, vocabulary: Vocabulary::default() }
    }

    /// Compiles one rule. A pattern that names something that does not exist is reported and left out.
    pub fn compile(&mut self, written: RuleFile) -> Compiled {
        let mut diagnostics = Vec::new();
        let patterns = written.say.len() + written.unless.len();
        let mut languages: Vec<Language> = written.say.iter().map(|phrase| phrase.language).collect();
        let say = self.phrases(written.file, written.say, &mut diagnostics);
        let unless = self.phrases(written.file, written.unless, &mut diagnostics);
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
            tags: written.tags,
            languages,
            examples: written.examples,
            file: written.file,
            say,
            unless,
            when: written.when,
            ignore_negation: written.negation == Negation::Ignore,
        };
        let whole = written.whole && rule.say.len() + rule.unless.len() == patterns;
        Compiled { rule, whole, diagnostics }
    }

    /// Returns the words of all rules compiled.
    pub(in crate::rules) fn finish(self) -> Vocabulary {
        self.vocabulary
    }

    fn phrases(&mut self, file: FileId, written: Vec<WrittenPhrase>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Phrase> {
        let mut phrases = Vec::new();
        for phrase in written {
            let mut lowering = Lowering { compiler: self, file, language: phrase.language, negative: false };
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

/// One phrase on its way down.
struct Lowering<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    file: FileId,
    language: Language,
    negative: bool,
}

impl Lowering<'_, '_> {
    fn expression(&mut self, written: WrittenExpression) -> Result<Expression, Vec<Diagnostic>> {
        match written {
            WrittenExpression::Words { sequence, text, span } => {
                let sequence = self.resolve(without_edge_gaps(&sequence), &text, &span)?;
                self.negative |= self.compiler.negators.holds(self.language, &sequence);
                self.program(&sequence, &span).map(Expression::Program).map_err(|found| vec![found])
            }
            WrittenExpression::Regular(regular) => Ok(Expression::Regular(regular)),
            WrittenExpression::Group(WrittenGroup { all, any, none, message_wide }) => {
                let (all, any) = (self.expressions(all), self.expressions(any));
                // What must not be said is no part of what is said.
                let negative = self.negative;
                let none = self.expressions(none);
                self.negative = negative;
                match (all, any, none) {
                    (Ok(all), Ok(any), Ok(none)) => Ok(Expression::Group(Group { all, any, none, message_wide })),
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
                Element::Entity { kind, name } => {
                    steps.names.push((steps.here(), name.clone()));
                    steps.list.push(Step::Entity(entity_kind(kind)));
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
        steps.list.push(Step::Fork(Vec::new()));
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
        steps.list[fork] = Step::Fork(targets);
    }

    /// Returns the number of a single word; none for what is no single word.
    fn atom(&mut self, element: &Element) -> Option<AtomId> {
        let atom = match element {
            Element::Word(form) => Atom::Word(self.language, form.clone()),
            Element::Character(form) => Atom::Character(form.clone()),
            Element::Beginning(form) => Atom::Beginning(form.clone()),
            Element::Exact(form) => Atom::Exact(form.clone()),
            _ => return None,
        };
        Some(self.compiler.vocabulary.intern(&atom))
    }

    /// Returns what must occur for the sequence to match.
    fn required(&mut self, sequence: &[Element]) -> Vec<Clause> {
        let mut clauses = Vec::new();
        let mut run = String::new();
        for element in sequence {
            if let Element::Character(form) = element {
                run.push_str(form);
                continue;
            }
            self.flush(&mut run, &mut clauses);
            match element {
                Element::Choice(branches) => {
                    let best: Option<Vec<Clause>> =
                        branches.iter().map(|branch| self.required(branch).into_iter().min_by_key(Vec::len)).collect();
                    clauses.extend(best.map(|lists| lists.concat()));
                }
                Element::Entity { kind, .. } => clauses.push(vec![Occurrence::Entity(entity_kind(kind))]),
                element => clauses.extend(self.atom(element).map(|atom| vec![self.occurrence(element, atom)])),
            }
        }
        self.flush(&mut run, &mut clauses);
        clauses
    }

    fn occurrence(&self, element: &Element, atom: AtomId) -> Occurrence {
        let common = match element {
            Element::Word(form) | Element::Exact(form) => crate::rules::stop_word::is_stop_word(form, self.language),
            _ => false,
        };
        Occurrence::Word { atom, common }
    }

    fn flush(&mut self, run: &mut String, clauses: &mut Vec<Clause>) {
        match run.chars().count() {
            0 => {}
            1 => {
                let atom = self.compiler.vocabulary.intern(&Atom::Character(std::mem::take(run)));
                clauses.push(vec![Occurrence::Word { atom, common: true }]);
            }
            _ => clauses.push(vec![Occurrence::Dense(std::mem::take(run))]),
        }
    }
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
    /// These characters of a script without spaces, one after the other.
    Dense(String),
    /// An entity of this kind.
    Entity(u16),
    /// This folded text, anywhere.
    Literal(String),
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

fn entity_kind(kind: &str) -> u16 {
    let index = ENTITIES.iter().position(|recognizer| recognizer.kind == kind).unwrap_or(usize::from(u16::MAX));
    u16::try_from(index).unwrap_or(u16::MAX)
}
