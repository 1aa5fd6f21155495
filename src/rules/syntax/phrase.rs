//! `say`, `unless` and word lists: patterns by language.

use std::ops::Range;

use crate::{
    diagnostic::{
        Code, Diagnostic,
        source::{FileId, Span},
        yaml::{Kind, Node, Spanned, WRONG_TYPE, fields::Fields, inside},
    },
    model::language::Language,
    rules::{
        pattern::{self, Element, Sequence},
        regular::Regular,
        stop_word,
    },
};

/// A pattern that cannot be read; its message says why.
pub const BAD_PATTERN: Code = Code::new("bad-pattern");
/// A regular expression that cannot be read or is too large.
pub const BAD_REGEX: Code = Code::new("bad-regex");
/// A regular expression without any literal, which must be run on every message.
pub const UNANCHORED_REGEX: Code = Code::new("regex-without-literal");
/// A pattern that holds only words which stand in every message.
pub const ONLY_STOP_WORDS: Code = Code::new("only-stop-words");
/// A gap before the first or after the last word, which does nothing.
pub const IDLE_GAP: Code = Code::new("idle-gap");
/// A question mark that looks as if it made something optional.
pub const IDLE_QUESTION_MARK: Code = Code::new("idle-question-mark");
/// A pattern that is one word wherever its optional value is missing.
pub const OPTIONAL_VALUE: Code = Code::new("optional-value");
/// A key that is no language code.
pub const BAD_LANGUAGE: Code = Code::new("bad-language");

/// `all:` in `any:` in `all:`; beyond it nobody can tell what matches.
const MAX_NESTING: usize = 4;
/// Longer mappings are cut where a pattern is shown.
const SHOWN_BYTES: usize = 200;

/// One entry of `say` or `unless`.
#[derive(Debug)]
pub struct WrittenPhrase {
    /// The language it is listed under.
    pub language: Language,
    /// As written, white space collapsed.
    pub text: String,
    /// Where it is written.
    pub span: Range<usize>,
    /// What it says.
    pub expression: WrittenExpression,
}

/// What one entry says.
#[derive(Debug)]
pub enum WrittenExpression {
    /// Words in order.
    Words {
        /// The parts.
        sequence: Sequence,
        /// The pattern's text, to find parts of it in the file.
        text: String,
        /// Where it is written.
        span: Range<usize>,
    },
    /// A regular expression.
    Regular(Regular),
    /// Several of these.
    Group(WrittenGroup),
}

/// `all:`, `any:`, `none:`, `within:`.
#[derive(Debug, Default)]
pub struct WrittenGroup {
    /// Each must hit.
    pub all: Vec<WrittenExpression>,
    /// One must hit, unless there is none.
    pub any: Vec<WrittenExpression>,
    /// None may hit.
    pub none: Vec<WrittenExpression>,
    /// `within: message`.
    pub message_wide: bool,
}

/// Reads a mapping of languages to patterns; an absent key has none.
pub fn read(fields: &mut Fields<'_>, file: FileId, text: &str, key: &'static str) -> Vec<WrittenPhrase> {
    let Some(node) = fields.node(key) else { return Vec::new() };
    let (phrases, diagnostics) = read_languages(file, text, node);
    fields.extend(diagnostics);
    phrases
}

/// Reads a mapping of languages to patterns.
pub fn read_languages(file: FileId, text: &str, node: &Node) -> (Vec<WrittenPhrase>, Vec<Diagnostic>) {
    let mut reader = Reader { file, text, diagnostics: Vec::new() };
    let phrases = reader.languages(node);
    (phrases, reader.diagnostics)
}

/// Reads the key of a mapping by language.
pub(in crate::rules) fn language(file: FileId, key: &Node) -> Result<Language, Diagnostic> {
    let written = key.as_text().map_or_else(|| key.describe(), str::to_owned);
    written.parse().map_err(|_| {
        let message = format!("`{written}` is not a language code");
        let span = Span::new(file, key.span.clone());
        Diagnostic::error(BAD_LANGUAGE, message, span, "no language").help("write two letters: `en`, `zh`, `de`")
    })
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn languages(&mut self, node: &Node) -> Vec<WrittenPhrase> {
        let Kind::Mapping(entries) = &node.kind else {
            self.wrong_type(node, "patterns by language", "write `en: [free shipping]` below the key");
            return Vec::new();
        };
        let mut phrases = Vec::new();
        for (key, value) in entries {
            match language(self.file, key) {
                Ok(language) => self.list(language, value, &mut phrases),
                Err(found) => self.diagnostics.push(found),
            }
        }
        phrases
    }

    fn list(&mut self, language: Language, node: &Node, phrases: &mut Vec<WrittenPhrase>) {
        let items: &[Node] = match &node.kind {
            Kind::List(items) => items,
            Kind::Text(_) => std::slice::from_ref(node),
            _ => {
                self.wrong_type(node, "a list of patterns", "write `[free shipping, no shipping costs]`");
                return;
            }
        };
        for item in items {
            if let Some(expression) = self.expression(language, item, 0) {
                let text = self.shown(item);
                phrases.push(WrittenPhrase { language, text, span: item.span.clone(), expression });
            }
        }
    }

    fn expression(&mut self, language: Language, node: &Node, depth: usize) -> Option<WrittenExpression> {
        match &node.kind {
            Kind::Text(text) => self.words(language, node, text),
            Kind::Integer(number) => self.words(language, node, &number.to_string()),
            Kind::Mapping(entries) if entries.iter().any(|(key, _)| key.as_text() == Some("regex")) => {
                self.regular(node)
            }
            Kind::Mapping(entries) if is_combination(entries) && depth < MAX_NESTING => {
                self.group(language, node, depth)
            }
            Kind::Mapping(entries) if is_combination(entries) => {
                self.wrong_type(node, "a pattern", &format!("nest at most {MAX_NESTING} levels"));
                None
            }
            _ => {
                let help = "a pattern that begins with `[`, `{` or `*`, or that holds `: `, goes into 'single quotes'";
                self.wrong_type(node, "a pattern", help);
                None
            }
        }
    }

    fn words(&mut self, language: Language, node: &Node, text: &str) -> Option<WrittenExpression> {
        match pattern::parse(text) {
            Ok(sequence) => {
                self.warn(language, node, &sequence);
                self.warn_of_marks(node, text);
                Some(WrittenExpression::Words { sequence, text: text.to_owned(), span: node.span.clone() })
            }
            Err(error) => {
                let place = inside(self.text, &node.span, text, error.range);
                let span = Span::new(self.file, place);
                let found = Diagnostic::error(BAD_PATTERN, error.problem.to_string(), span, "in this pattern");
                self.diagnostics.push(found.help(error.problem.help()));
                None
            }
        }
    }

    fn warn(&mut self, language: Language, node: &Node, sequence: &Sequence) {
        let span = Span::new(self.file, node.span.clone());
        let edges = [sequence.first(), sequence.last()];
        if edges.iter().any(|edge| matches!(edge, Some(Element::Gap(_)))) {
            let message = "a gap at the edge of a pattern does nothing";
            let found = Diagnostic::warning(IDLE_GAP, message, span.clone(), "in this pattern");
            self.diagnostics.push(found.help("leave it out; a pattern may stand anywhere in a sentence"));
        }
        if stop_word::only_stop_words(sequence, language) {
            let message = "every word of this pattern stands in almost every message";
            let found = Diagnostic::warning(ONLY_STOP_WORDS, message, span, "too common");
            self.diagnostics.push(found.help("add a word that only this question has"));
        } else if edges.into_iter().flatten().any(is_optional_value) && demanded(sequence, language) <= ONE_WORD {
            let message = "this pattern demands one word or value at most, and the other value may be missing";
            let found = Diagnostic::warning(OPTIONAL_VALUE, message, span, "hits wherever that one stands");
            self.diagnostics
                .push(found.help("write the value without `[…]`, or add a word that only this question has"));
        }
    }

    fn warn_of_marks(&mut self, node: &Node, text: &str) {
        for at in idle_marks(text) {
            let span = Span::new(self.file, inside(self.text, &node.span, text, at..at + 1));
            let message = "a question mark makes nothing optional in a pattern";
            let found = Diagnostic::warning(IDLE_QUESTION_MARK, message, span, "read as if it were not there");
            self.diagnostics.push(found.help("put what may be missing into brackets: `[very] cheap`"));
        }
    }

    fn regular(&mut self, node: &Node) -> Option<WrittenExpression> {
        let mut fields = self.open(node)?;
        let written = fields.take::<Spanned<String>>("regex");
        self.diagnostics.extend(fields.finish());
        let written = written?;
        match Regular::new(&written.value) {
            Ok(regular) => {
                if regular.literals().is_empty() {
                    let message = "this expression requires no word, so it runs on every message";
                    let span = Span::new(self.file, written.span);
                    let found = Diagnostic::warning(UNANCHORED_REGEX, message, span, "no literal text");
                    self.diagnostics.push(found.help("add a word of three or more letters that must occur"));
                }
                Some(WrittenExpression::Regular(regular))
            }
            Err(error) => {
                let part = error.range.map(|range| inside(self.text, &written.span, &written.value, range));
                let span = Span::new(self.file, part.unwrap_or(written.span));
                let found = Diagnostic::error(BAD_REGEX, error.message, span, "in this expression");
                let help = "most of what buyers write needs no regex: `cancel * order`, `(one|two)`, `all: [one, two]`";
                self.diagnostics.push(found.help(help));
                None
            }
        }
    }

    fn group(&mut self, language: Language, mapping: &Node, depth: usize) -> Option<WrittenExpression> {
        let mut fields = self.open(mapping)?;
        let nodes = ["all", "any", "none"].map(|key| fields.node(key));
        let within: Option<Spanned<String>> = fields.take("within");
        self.diagnostics.extend(fields.finish());
        let before = self.diagnostics.len();
        let [all, any, none] = nodes.map(|node| self.parts(language, node, depth));
        let mut group = WrittenGroup { all, any, none, message_wide: false };
        if let Some(within) = within {
            group.message_wide = self.is_message_wide(&within, depth);
        }
        if group.all.is_empty() && group.any.is_empty() && self.diagnostics.len() == before {
            let help = "`none:` only takes away; put what must hit into `all:` or `any:`";
            self.wrong_type(mapping, "`all:` or `any:` with at least one pattern", help);
        }
        let whole = !crate::diagnostic::has_errors(&self.diagnostics[before..]);
        whole.then_some(WrittenExpression::Group(group))
    }

    fn parts(&mut self, language: Language, node: Option<&Node>, depth: usize) -> Vec<WrittenExpression> {
        match node.map(|node| (node, &node.kind)) {
            Some((_, Kind::List(items))) => {
                items.iter().filter_map(|item| self.expression(language, item, depth + 1)).collect()
            }
            Some((node, _)) => {
                self.wrong_type(node, "a list of patterns", "write `[one, other]`");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn is_message_wide(&mut self, within: &Spanned<String>, depth: usize) -> bool {
        let span = Span::new(self.file, within.span.clone());
        match within.value.as_str() {
            "sentence" => false,
            "message" if depth == 0 => true,
            "message" => {
                let message = "`within: message` stands inside another combination";
                let found = Diagnostic::error(BAD_PATTERN, message, span, "only at the outermost level");
                self.diagnostics.push(found.help("move it to the outermost `all:` or `any:`"));
                false
            }
            other => {
                let message = format!("found `{other}`, expected `sentence` or `message`");
                self.diagnostics.push(Diagnostic::error(BAD_PATTERN, message, span, "not known here"));
                false
            }
        }
    }

    fn open<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        Fields::open(self.file, node).map_err(|found| self.diagnostics.push(found)).ok()
    }

    fn wrong_type(&mut self, node: &Node, expected: &str, help: &str) {
        let message = format!("found {}, expected {expected}", node.describe());
        let span = Span::new(self.file, node.span.clone());
        self.diagnostics.push(Diagnostic::error(WRONG_TYPE, message, span, "wrong kind of value").help(help));
    }

    /// Returns the pattern as people should see it.
    fn shown(&self, node: &Node) -> String {
        if let Some(text) = node.as_text() {
            return text.to_owned();
        }
        let written = self.text.get(node.span.clone()).unwrap_or_default();
        let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
        line[..line.floor_char_boundary(SHOWN_BYTES)].to_owned()
    }
}

/// Returns where question marks stand that would make something optional in a regular expression: behind a bracket, or
/// behind a letter that is not the last one. At the very end it is the mark of a question.
fn idle_marks(text: &str) -> Vec<usize> {
    let text = text.trim_end();
    let quoted = |at: usize| text[..at].matches('"').count() % 2 == 1;
    let marks = text.match_indices('?').map(|(at, _)| at).filter(|at| !quoted(*at));
    let idle = marks.filter(|at| match text[..*at].chars().next_back() {
        Some(')' | ']' | '>' | '}' | '"') => true,
        Some(before) => before.is_alphanumeric() && at + 1 < text.len(),
        None => false,
    });
    idle.collect()
}

/// The weight of one word in [`demanded`]; a character of a script without spaces is half a word.
const ONE_WORD: usize = 2;

/// Returns the least that must stand in a message, stop words aside.
fn demanded(sequence: &[Element], language: Language) -> usize {
    let of = |element: &Element| match element {
        Element::Gap(_) | Element::Optional(_) => 0,
        Element::Choice(branches) => branches.iter().map(|branch| demanded(branch, language)).min().unwrap_or(0),
        Element::Word(form) | Element::Exact(form) if stop_word::is_stop_word(form, language) => 0,
        Element::Character(form) => usize::from(!stop_word::is_stop_word(form, language)),
        _ => ONE_WORD,
    };
    sequence.iter().map(of).sum()
}

fn is_optional_value(element: &Element) -> bool {
    let Element::Optional(branches) = element else { return false };
    branches.iter().flatten().any(|inner| matches!(inner, Element::Entity { .. }) || is_optional_value(inner))
}

fn is_combination(entries: &[(Node, Node)]) -> bool {
    entries.iter().any(|(key, _)| matches!(key.as_text(), Some("all" | "any" | "none" | "within")))
}
