//! Judges the forms that a template gives to `plural`: a form that is missing would be seen with the first order of two
//! lamps, and by a buyer.

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::advice,
        source::{FileId, Span},
    },
    model::language::Language,
    replies::{
        format::plural::{self, CATEGORIES, Need},
        tags::{Token, TokenKind},
    },
};

/// The forms given to `plural` do not fit the language.
pub(super) const TEMPLATE_PLURAL: Code = Code::new("template-plural");

/// One form as it is written: `few="# дня"`.
struct Form<'a> {
    name: &'a Token,
    text: &'a str,
    place: &'a Token,
}

/// Judges the arguments that follow the name of the filter; `name` is where that stands.
pub(super) fn check(file: FileId, name: &Token, arguments: &[Token], language: Language) -> Vec<Diagnostic> {
    let forms = forms(arguments);
    let needs = plural::needed(language);
    let error = |message: String, token: &Token, label: &'static str, help: String| {
        Diagnostic::error(TEMPLATE_PLURAL, message, Span::new(file, token.span.clone()), label).help(help)
    };
    let mut found = Vec::new();
    for form in &forms {
        let written = form.name.name().unwrap_or_default();
        if !CATEGORIES.contains(&written) {
            found.push(error(
                format!("`plural` has no form `{written}`"),
                form.name,
                "not a form",
                advice(written, &CATEGORIES),
            ));
            continue;
        }
        let several = needs.iter().find(|need| need.category == written && need.numbers.len() > 1);
        if let Some(need) = several.filter(|_| !form.text.contains('#')) {
            let message = format!("the form `{written}` does not print its number, but is used for {}", examples(need));
            found.push(error(message, form.place, "no `#`", "write `#` where the number belongs".to_owned()));
        }
    }
    let is_given = |need: &&Need| forms.iter().any(|form| form.name.is_name(need.category));
    let missing: Vec<&Need> = needs.iter().filter(|need| !is_given(need)).collect();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|need| format!("`{}`", need.category)).collect();
        let message = format!("`plural` lacks {}, which `{language}` needs", names.join(", "));
        let lines: Vec<String> =
            missing.iter().map(|need| format!("`{}=\"# …\"` for {}", need.category, examples(need))).collect();
        found.push(error(message, name, "forms missing", format!("add {}", lines.join(", "))));
    }
    found
}

/// Returns the named texts of an argument list that begins with `(`.
fn forms(arguments: &[Token]) -> Vec<Form<'_>> {
    if !arguments.first().is_some_and(|token| token.is_sign("(")) {
        return Vec::new();
    }
    let end = arguments.iter().position(|token| token.is_sign(")")).unwrap_or(arguments.len());
    let triples = arguments[1..end].windows(3);
    triples
        .filter_map(|triple| match triple {
            [name, sign, place] if sign.is_sign("=") && name.name().is_some() => match &place.kind {
                TokenKind::Text(text) => Some(Form { name, text, place }),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn examples(need: &Need) -> String {
    let numbers: Vec<String> = need.numbers.iter().map(u32::to_string).collect();
    let more = if numbers.len() > 1 { " …" } else { "" };
    format!("{}{more}", numbers.join(", "))
}
