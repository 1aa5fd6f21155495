//! Judges a template before a buyer sees it: names that do not exist, values that may be missing, tags not offered,
//! words that must not go out. Rendering is `render`'s.

use std::collections::BTreeSet;

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::advice,
        source::{FileId, Span},
    },
    model::language::Language,
    replies::{
        plural_forms,
        promise::{self, Fault},
        tags::{self, Tag, Token, TokenKind},
        variables::{ENTITY, FILTERS, FUNCTIONS, Helper, Place, Presence, TESTS, VARIABLES, Variable, variable},
    },
};

/// The template is not well-formed.
pub const TEMPLATE_SYNTAX: Code = Code::new("template-syntax");
/// A tag that templates here do without.
pub const TEMPLATE_TAG: Code = Code::new("template-tag");
/// A variable, filter, test or function that does not exist.
pub const TEMPLATE_NAME: Code = Code::new("template-name");
/// A value that may be missing stands without a fallback.
pub const TEMPLATE_MAY_BE_MISSING: Code = Code::new("template-may-be-missing");
/// `fact(…)` is not written as it must be.
pub const TEMPLATE_FACT: Code = Code::new("template-fact");
/// A promise about taxes or cancellation that the shop cannot keep.
pub const FORBIDDEN_PROMISE: Code = Code::new("forbidden-promise");
/// A word that says nothing definite.
pub const VAGUE_WORD: Code = Code::new("vague-word");
/// HTML or Markdown in a plain text.
pub const MARKUP_IN_TEXT: Code = Code::new("markup-in-text");

/// Words that are part of the expression language, not variables.
const KEYWORDS: &[&str] =
    &["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// What a template uses.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    /// Every variable.
    pub variables: BTreeSet<String>,
    /// Variables that the rule must provide, each where it first stands without a fallback.
    pub needed: Vec<(String, Span)>,
    /// Every `fact(…)`: its name, whether a key is given, and the key if it is written out.
    pub facts: Vec<FactUse>,
}

/// One `fact(…)` in a template.
#[derive(Debug, Clone)]
pub(super) struct FactUse {
    /// The full name.
    pub name: String,
    /// A second argument stands there.
    pub keyed: bool,
    /// The filter right behind it.
    pub filter: Option<String>,
    /// Where the name is written.
    pub span: Span,
}

/// Judges one template. `own_kinds` are the shop's own kinds of values.
pub(super) fn check(
    file: FileId,
    source: &str,
    place: Place,
    language: Language,
    own_kinds: &[String],
) -> (Uses, Vec<Diagnostic>) {
    let (uses, diagnostics) = (Uses::default(), Vec::new());
    let mut checker = Checker { file, place, language, own_kinds, branches: Vec::new(), uses, diagnostics };
    for tag in tags::tags(source, 0) {
        checker.tag(&tag);
    }
    (checker.uses, checker.diagnostics)
}

/// Judges the seller's own words; `html` texts may hold markup.
pub(super) fn check_words(file: FileId, source: &str, language: Language, html: bool) -> Vec<Diagnostic> {
    let words = tags::without_tags(source);
    let same_places = words.to_lowercase().len() == words.len();
    let mut diagnostics = Vec::new();
    for forbidden in promise::forbidden(&words, language) {
        let range = if same_places { forbidden.range } else { 0..0 };
        let (span, phrase) = (Span::new(file, range), forbidden.phrase);
        diagnostics.push(match forbidden.fault {
            Fault::Promise | Fault::Act => Diagnostic::error(
                FORBIDDEN_PROMISE,
                format!("`{phrase}` promises what the shop cannot keep"),
                span,
                "would not be sent",
            )
            .help("say what the rule is and who decides: the customs office, the carrier, a colleague"),
            Fault::When => {
                Diagnostic::warning(VAGUE_WORD, format!("`{phrase}` names no time"), span, "would not be sent").help(
                    "the buyer counts from now and writes again: name a day or a number of days; `{{ human_eta }}` says when \
                     a person will write",
                )
            }
            Fault::Hedge => {
                Diagnostic::warning(VAGUE_WORD, format!("`{phrase}` leaves the answer open"), span, "would not be sent")
                    .help("say what is known, who decides, or what the buyer can do next")
            }
        });
    }
    if !html {
        diagnostics.extend(markup(file, &words));
    }
    diagnostics
}

fn markup(file: FileId, words: &str) -> Option<Diagnostic> {
    let signs = ["**", "__", "](http", "</", "<br", "<p>", "<b>", "<a "];
    let (at, sign) = signs.iter().filter_map(|sign| words.find(sign).map(|at| (at, sign))).min()?;
    let span = Span::new(file, at..at + sign.len());
    let found = Diagnostic::warning(MARKUP_IN_TEXT, format!("`{sign}` is sent as it stands"), span, "markup");
    Some(found.help("a .txt file is plain text; put HTML into a .html file beside it"))
}

/// The branch of an `if` that is being read.
struct Branch {
    /// Variables that have a value here.
    given: BTreeSet<String>,
    /// Variables that will have a value once all conditions so far were false.
    given_otherwise: BTreeSet<String>,
}

struct Checker<'a> {
    file: FileId,
    place: Place,
    language: Language,
    own_kinds: &'a [String],
    branches: Vec<Branch>,
    uses: Uses,
    diagnostics: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn tag(&mut self, tag: &Tag) {
        if tag.prints {
            self.print(trimmed(&tag.tokens));
            return;
        }
        let tokens = trimmed(&tag.tokens);
        let Some((keyword, condition)) = tokens.split_first() else { return };
        match keyword.name() {
            Some("if") => {
                self.expression(condition, &BTreeSet::new(), true);
                let (given, given_otherwise) = given_by(condition);
                self.branches.push(Branch { given, given_otherwise });
            }
            Some("elif") => {
                self.otherwise();
                self.expression(condition, &BTreeSet::new(), true);
                let (given, otherwise) = given_by(condition);
                if let Some(branch) = self.branches.last_mut() {
                    branch.given.extend(given);
                    branch.given_otherwise.extend(otherwise);
                }
            }
            Some("else") => self.otherwise(),
            Some("endif") => {
                self.branches.pop();
            }
            _ => self.unknown_tag(keyword),
        }
    }

    fn otherwise(&mut self) {
        if let Some(branch) = self.branches.last_mut() {
            branch.given = branch.given_otherwise.clone();
        }
    }

    fn unknown_tag(&mut self, keyword: &Token) {
        let name = keyword.name().unwrap_or("?");
        let span = Span::new(self.file, keyword.span.clone());
        let found = Diagnostic::error(TEMPLATE_TAG, format!("templates have no `{name}` here"), span, "not offered");
        self.diagnostics.push(found.help("use `{% if … %}`, `{% elif … %}`, `{% else %}`, `{% endif %}`"));
    }

    /// Judges a printed expression, which may be `a if condition else b`.
    fn print(&mut self, tokens: &[Token]) {
        let Some(at) = tokens.iter().position(|token| token.is_name("if")) else {
            self.expression(tokens, &BTreeSet::new(), false);
            return;
        };
        let end = tokens.iter().rposition(|token| token.is_name("else")).unwrap_or(tokens.len());
        let condition = &tokens[(at + 1).min(end)..end];
        let (given, otherwise) = given_by(condition);
        self.expression(condition, &BTreeSet::new(), true);
        self.expression(&tokens[..at], &given, false);
        self.expression(tokens.get(end + 1..).unwrap_or_default(), &otherwise, false);
    }

    fn expression(&mut self, tokens: &[Token], given: &BTreeSet<String>, condition: bool) {
        let mut depth = 0_usize;
        for (index, token) in tokens.iter().enumerate() {
            if token.is_sign("(") {
                depth += 1;
            } else if token.is_sign(")") {
                depth = depth.saturating_sub(1);
            }
            let Some(name) = token.name() else { continue };
            let before = index.checked_sub(1).map(|index| &tokens[index]);
            let next = tokens.get(index + 1);
            let is = before.is_some_and(|token| token.is_name("is"))
                || (before.is_some_and(|token| token.is_name("not"))
                    && index.checked_sub(2).is_some_and(|index| tokens[index].is_name("is")));
            // The name of an argument is no variable.
            if KEYWORDS.contains(&name) || next.is_some_and(|token| token.is_sign("=")) {
                continue;
            }
            if before.is_some_and(|token| token.is_sign("|")) {
                self.helper("filter", FILTERS, token, name);
                if name == "plural" {
                    let forms = plural_forms::check(self.file, token, &tokens[index + 1..], self.language);
                    self.diagnostics.extend(forms);
                }
            } else if is {
                self.helper("test", TESTS, token, name);
            } else if next.is_some_and(|token| token.is_sign("(")) {
                self.helper("function", FUNCTIONS, token, name);
                self.fact(token, &tokens[index + 1..]);
            } else {
                let fallback = has_fallback(&tokens[index + 1..]) || given.contains(name);
                let tested = condition && depth == 0 && !next.is_some_and(|token| token.is_sign("|"));
                self.variable(token, name, fallback || tested);
            }
        }
    }

    fn helper(&mut self, what: &str, known: &[Helper], token: &Token, name: &str) {
        if known.iter().any(|helper| helper.name == name) {
            return;
        }
        let names: Vec<&str> = known.iter().map(|helper| helper.name).collect();
        self.unknown(what, token, name, &names);
    }

    fn unknown(&mut self, what: &str, token: &Token, name: &str, known: &[&str]) {
        let span = Span::new(self.file, token.span.clone());
        let found = Diagnostic::error(TEMPLATE_NAME, format!("unknown {what} `{name}`"), span, "not known here");
        self.diagnostics.push(found.help(advice(name, known)));
    }

    fn variable(&mut self, token: &Token, name: &str, safe: bool) {
        let allowed = |known: &&Variable| known.place == Place::Everywhere || self.place == Place::Frame;
        let known = variable(name).filter(|known| allowed(known)).map(|known| known.presence);
        let own = || name.strip_prefix(ENTITY).filter(|kind| self.own_kinds.iter().any(|own| own == kind));
        let Some(presence) = known.or_else(|| own().map(|_| Presence::Needed)) else {
            let own: Vec<String> = self.own_kinds.iter().map(|kind| format!("{ENTITY}{kind}")).collect();
            let mut names: Vec<&str> = VARIABLES.iter().filter(allowed).map(|known| known.name).collect();
            names.extend(own.iter().map(String::as_str));
            self.unknown("variable", token, name, &names);
            return;
        };
        self.uses.variables.insert(name.to_owned());
        let given = safe || self.branches.iter().any(|branch| branch.given.contains(name));
        if given || presence == Presence::Always {
            return;
        }
        let span = Span::new(self.file, token.span.clone());
        if presence == Presence::Needed && self.place == Place::Everywhere {
            if !self.uses.needed.iter().any(|(needed, _)| needed == name) {
                self.uses.needed.push((name.to_owned(), span));
            }
            return;
        }
        let message = format!("`{name}` may be missing");
        let help = format!(
            "write `{{{{ {name} or \"…\" }}}}` with the words to use instead, or put it into `{{% if {name} %}}…{{% endif %}}`"
        );
        self.diagnostics.push(Diagnostic::error(TEMPLATE_MAY_BE_MISSING, message, span, "no fallback").help(help));
    }

    fn fact(&mut self, function: &Token, arguments: &[Token]) {
        if !function.is_name("fact") {
            return;
        }
        let Some(Token { kind: TokenKind::Text(name), span }) = arguments.get(1) else {
            let span = Span::new(self.file, function.span.clone());
            let message = "`fact` needs the name of a fact in quotes";
            let found = Diagnostic::error(TEMPLATE_FACT, message, span, "no name");
            self.diagnostics.push(found.help("write `fact(\"shipping.free_from\")`"));
            return;
        };
        let keyed = arguments.get(2).is_some_and(|token| token.is_sign(","));
        let end = arguments.iter().position(|token| token.is_sign(")")).unwrap_or(arguments.len());
        let filter = match arguments.get(end + 1..) {
            Some([bar, filter, ..]) if bar.is_sign("|") => filter.name().map(str::to_owned),
            _ => None,
        };
        self.uses.facts.push(FactUse { name: name.clone(), keyed, filter, span: Span::new(self.file, span.clone()) });
    }
}

/// Returns the tokens without the signs that only trim blanks (`{%-`, `-%}`).
fn trimmed(tokens: &[Token]) -> &[Token] {
    let trims = |token: &Token| token.is_sign("-") || token.is_sign("+");
    let tokens = if tokens.first().is_some_and(trims) { &tokens[1..] } else { tokens };
    if tokens.last().is_some_and(trims) { &tokens[..tokens.len() - 1] } else { tokens }
}

fn has_fallback(after: &[Token]) -> bool {
    let Some(first) = after.first() else { return false };
    first.is_name("or") || (first.is_sign("|") && after.get(1).is_some_and(|token| token.is_name("default")))
}

/// Returns the variables that have a value when the condition is true, and those that have one when it is false.
fn given_by(condition: &[Token]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut given, mut otherwise) = (BTreeSet::new(), BTreeSet::new());
    if condition.iter().any(|token| token.is_name("or")) {
        return (given, otherwise);
    }
    let parts: Vec<&[Token]> = condition.split(|token| token.is_name("and")).collect();
    for part in &parts {
        match part {
            [variable] => given.extend(variable.name().map(str::to_owned)),
            [variable, is, test] if is.is_name("is") && test.is_name("defined") => {
                given.extend(variable.name().map(str::to_owned));
            }
            [variable, sign, ..] if sign.is_sign("==") || sign.is_name("in") => {
                given.extend(variable.name().map(str::to_owned));
            }
            [not, variable] if not.is_name("not") && parts.len() == 1 => {
                otherwise.extend(variable.name().map(str::to_owned));
            }
            [variable, is, test] if is.is_name("is") && test.is_name("undefined") && parts.len() == 1 => {
                otherwise.extend(variable.name().map(str::to_owned));
            }
            _ => {}
        }
    }
    (given, otherwise)
}
