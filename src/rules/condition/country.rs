//! `country: [DE, AT]`: where the buyer is.

use crate::{
    diagnostic::{Diagnostic, source::Span, yaml::Node},
    model::zone,
    rules::condition::{BAD_CONDITION, Condition, Kind, Place, ReadCondition, Scene, words},
    text::{
        entity::{country, passage::Passage},
        folded::Folded,
    },
};

pub(super) const KIND: Kind = Kind {
    name: "country",
    summary: "The buyer is in one of these countries, as known of the buyer or else named in the message; `EU` stands for \
              all of the European Union, `unknown` holds when no country is known.",
    example: "[DE, AT, CH]",
    read,
};

/// The word for the European Union.
const UNION: &str = "EU";
/// Its members since 2020.
const MEMBERS: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Codes in capitals, `EU` and `unknown`.
#[derive(Debug)]
struct Country(Vec<String>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    Ok(Box::new(Country(words::read_with(place, node, "a country's code of two letters", code)?)))
}

/// Reads a code in any case; a name is refused with its code.
fn code(written: &str, span: &Span) -> Result<String, Diagnostic> {
    if written == words::UNKNOWN {
        return Ok(written.to_owned());
    }
    let code = written.to_ascii_uppercase();
    if code == UNION || zone::is_country(&code) {
        return Ok(code);
    }
    let message = format!("`{written}` is no country's code");
    let found = Diagnostic::error(BAD_CONDITION, message, span.clone(), "no such code");
    let named = country::find(&Passage::new(&Folded::new(written), written)).into_iter().next();
    Err(match named {
        Some(named) => found.help(format!("write `{}`", named.value)).fix(span.clone(), named.value),
        None => found.help("write ISO 3166 codes of two letters (`DE`, `GB`, `US`), `EU` or `unknown`"),
    })
}

impl Condition for Country {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        let actual = scene.moment.country;
        let in_union = || actual.is_some_and(|code| MEMBERS.contains(&code)) && self.0.iter().any(|code| code == UNION);
        words::one_of(&self.0, actual).map(|holds| holds || in_union())
    }

    fn wanted(&self) -> String {
        format!("country {}", words::either(&self.0))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        scene.moment.country.map_or_else(|| "no known country".to_owned(), |code| format!("country {code}"))
    }
}
