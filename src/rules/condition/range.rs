//! Values of conditions that are whole numbers within bounds: `{from: 2, to: 5}`, either end may be left out, or one number.

use crate::{
    diagnostic::{
        Diagnostic,
        source::Span,
        yaml::{Kind, Node, Spanned, fields::Fields},
    },
    rules::condition::{BAD_CONDITION, Place},
};

/// Both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    from: u64,
    to: Option<u64>,
}

impl Range {
    /// Reads the bounds.
    pub(super) fn read(place: Place<'_>, node: &Node) -> Result<Self, Vec<Diagnostic>> {
        let help = "write `{from: 2}`, `{to: 5}`, `{from: 2, to: 5}`, or one number";
        if let Kind::Integer(number) = node.kind {
            let exact = u64::try_from(number).map_err(|_| vec![negative(number, place.span(node))])?;
            return Ok(Self { from: exact, to: Some(exact) });
        }
        let mut fields = Fields::open(place.file, node).map_err(|found| vec![found.help(help)])?;
        let from = bound(place, &mut fields, "from");
        let to = bound(place, &mut fields, "to");
        if !fields.has("from") && !fields.has("to") {
            let found = Diagnostic::error(BAD_CONDITION, "there is no bound", place.span(node), "always holds");
            fields.push(found.help(help));
        }
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            let message = format!("the range ends at {to}, before it begins at {from}");
            let found = Diagnostic::error(BAD_CONDITION, message, place.span(node), "never holds");
            fields.push(found.help("swap the two numbers"));
        }
        let diagnostics = fields.finish();
        if diagnostics.is_empty() { Ok(Self { from: from.unwrap_or(0), to }) } else { Err(diagnostics) }
    }

    /// Returns whether a number lies within.
    pub(super) fn contains(self, number: u64) -> bool {
        self.from <= number && self.to.is_none_or(|to| number <= to)
    }

    /// Says the bounds in words: "2 to 5", "at least 2", "at most 5", "3".
    pub(super) fn describe(self) -> String {
        match (self.from, self.to) {
            (from, Some(to)) if from == to => from.to_string(),
            (0, Some(to)) => format!("at most {to}"),
            (from, Some(to)) => format!("{from} to {to}"),
            (from, None) => format!("at least {from}"),
        }
    }
}

fn bound(place: Place<'_>, fields: &mut Fields<'_>, key: &'static str) -> Option<u64> {
    let written: Spanned<i64> = fields.take(key)?;
    let number = u64::try_from(written.value);
    if number.is_err() {
        fields.push(negative(written.value, Span::new(place.file, written.span)));
    }
    number.ok()
}

fn negative(number: i64, span: Span) -> Diagnostic {
    let message = format!("found {number}, expected a number from 0 on");
    Diagnostic::error(BAD_CONDITION, message, span, "below zero").help("leave `from` out for no lower bound")
}
