//! `needs`: the values a reply cannot do without.

use crate::{
    diagnostic::{
        Code, Diagnostic,
        nearest::advice,
        source::{FileId, Span},
        yaml::{Kind, Spanned, WRONG_TYPE, fields::Fields},
    },
    model::ids::ReplyId,
    rules::{
        rule::{BuyerField, Named, Need, OrderField, Source},
        syntax::{is_name, name},
    },
    text::entity::ENTITIES,
};

/// A source of values that does not exist.
pub const UNKNOWN_SOURCE: Code = Code::new("unknown-source");

/// Reads the mapping of needed values.
pub(super) fn read(fields: &mut Fields<'_>, file: FileId) -> Vec<Need> {
    let Some(node) = fields.node("needs") else { return Vec::new() };
    let Kind::Mapping(entries) = &node.kind else {
        let message = format!("found {}, expected the values the reply needs", node.describe());
        let span = Span::new(file, node.span.clone());
        let found = Diagnostic::error(WRONG_TYPE, message, span, "wrong kind of value");
        fields.push(found.help("write `country: {from: [entity.country], ask: which_country}`"));
        return Vec::new();
    };
    let mut needs = Vec::new();
    for (key, value) in entries {
        let slot = key.as_text().unwrap_or_default().to_owned();
        if !is_name(&slot) {
            let written = Spanned { value: slot, span: key.span.clone() };
            name(fields, file, written);
            continue;
        }
        match Fields::open(file, value) {
            Ok(mut need) => {
                let from = sources(&mut need, file);
                let ask = need.take::<Spanned<String>>("ask").and_then(|written| name(&mut need, file, written));
                let ask = ask.map(|ask| Named { value: ReplyId::new(ask.value), span: ask.span });
                fields.extend(need.finish());
                needs.push(Need { slot, from, ask });
            }
            Err(found) => fields.push(found.help("write `{from: [entity.country], ask: which_country}`")),
        }
    }
    needs
}

fn sources(need: &mut Fields<'_>, file: FileId) -> Vec<Named<Source>> {
    let help = "say where the value comes from: `from: [entity.country, buyer.country]`";
    let Some(written) = need.require::<Vec<Spanned<String>>>("from", help) else { return Vec::new() };
    let mut sources = Vec::new();
    for item in written {
        let span = Span::new(file, item.span);
        if let Some(value) = source(&item.value) {
            sources.push(Named { value, span });
            continue;
        }
        let known = known();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let message = format!("the source `{}` is not known", item.value);
        let found = Diagnostic::error(UNKNOWN_SOURCE, message, span, "not known here");
        need.push(found.help(advice(&item.value, &known)));
    }
    sources
}

fn source(text: &str) -> Option<Source> {
    match text.split_once('.')? {
        // Whether there is such a kind is asked when the shop's own lists are known.
        ("entity", kind) if is_name(kind) => Some(Source::Entity(kind.to_owned())),
        ("buyer", field) => BuyerField::from_word(field).map(Source::Buyer),
        ("order", field) => OrderField::from_word(field).map(Source::Order),
        ("situation", "text") => Some(Source::Situation),
        _ => None,
    }
}

fn known() -> Vec<String> {
    let entities = ENTITIES.iter().map(|known| format!("entity.{}", known.kind));
    let buyer = BuyerField::WORDS.iter().map(|field| format!("buyer.{field}"));
    let order = OrderField::WORDS.iter().map(|field| format!("order.{field}"));
    entities.chain(buyer).chain(order).chain(["situation.text".to_owned()]).collect()
}
