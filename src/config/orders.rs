//! The folder of exported orders, as written.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::{
    config::raw::Reader,
    diagnostic::{
        Diagnostic,
        nearest::{advice, nearest},
        source::Span,
        yaml::{Kind, Node, UNKNOWN_KEY, fields::Fields},
    },
    model::order::{LineStatus, OrderStatus},
    orders::{
        field::Field,
        recognize::fold,
        settings::{DEFAULT_STALE_AFTER, FileRule, Settings},
        source::{Delimiter, Encoding},
        values::DayOrder,
    },
};

/// The word of a status that a person has to look at.
pub(super) const PERSON: &str = "ask-a-person";

/// Reads the section; none if there is none.
pub(super) fn read(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<Settings> {
    let node = fields.node("orders")?;
    let mut section = reader.open(node)?;
    let folder = section.take::<String>("folder").unwrap_or_else(|| "orders".to_owned());
    let default = u64::try_from(DEFAULT_STALE_AFTER.as_secs()).unwrap_or(0);
    let seconds = reader.seconds(&mut section, "stale_after", default);
    let files = match section.node("files") {
        None => Vec::new(),
        Some(Node { kind: Kind::List(items), .. }) => items.iter().filter_map(|item| rule(reader, item)).collect(),
        Some(node) => {
            reader.bad(node, "a list of files, each beginning with `- pattern:`");
            Vec::new()
        }
    };
    reader.close(section);
    let stale_after = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    Some(Settings { folder: reader.folder.join(folder), stale_after, files })
}

fn rule(reader: &mut Reader<'_>, node: &Node) -> Option<FileRule> {
    let mut fields = reader.open(node)?;
    let pattern = fields.require::<String>("pattern", "write the files' names, such as `pattern: \"shopify*.csv\"`");
    let name = fields.take("name");
    let columns = fields.node("columns").map(|node| columns(reader, node)).unwrap_or_default();
    let statuses = fields.node("status").map(|node| statuses(reader, node)).unwrap_or_default();
    let dates = fields.node("dates").and_then(|node| {
        let orders = DayOrder::WORDS.map(|word| (word, DayOrder::from_word(word)));
        reader.choose(node, &orders).flatten()
    });
    let delimiter = fields.node("delimiter").and_then(|node| {
        let known = node.as_text().and_then(Delimiter::from_word);
        if known.is_none() {
            reader.bad(node, &format!("one of: {}", Delimiter::WORDS.join(", ")));
        }
        known
    });
    let encoding = fields.node("encoding").and_then(|node| {
        let known = node.as_text().and_then(Encoding::from_name);
        if known.is_none() {
            reader.bad(node, "an encoding such as utf-8, gbk, utf-16le, windows-1252 or shift_jis");
        }
        known
    });
    reader.close(fields);
    Some(FileRule { pattern: pattern?, name, columns, statuses, dates, delimiter, encoding })
}

fn columns(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<Field, Vec<String>> {
    let Kind::Mapping(entries) = &node.kind else {
        reader.bad(node, "columns by field, such as `{number: Order ID, email: Email}`");
        return BTreeMap::new();
    };
    let mut columns = BTreeMap::new();
    for (key, value) in entries {
        let Some(field) = key.as_text().and_then(Field::from_word) else {
            unknown_field(reader, key);
            continue;
        };
        let items = if let Kind::List(items) = &value.kind { items.as_slice() } else { std::slice::from_ref(value) };
        let names: Vec<String> = items.iter().filter_map(|item| item.as_text().map(str::to_owned)).collect();
        let several = names.len() > 1 && field != Field::Status;
        if names.is_empty() || names.len() != items.len() || several {
            reader.bad(value, "the name of a column as it stands in the header (`status` takes several in a list)");
            continue;
        }
        columns.insert(field, names);
    }
    if !columns.contains_key(&Field::Number) {
        reader.missing(node, "number", "say which column holds the order numbers: `number: Order ID`");
    }
    columns
}

fn unknown_field(reader: &mut Reader<'_>, key: &Node) {
    let written = key.as_text().unwrap_or_default();
    let known = Field::ALL.map(Field::as_str);
    let span = Span::new(reader.file, key.span.clone());
    let message = format!("nothing about orders is called `{written}`");
    let found = Diagnostic::error(UNKNOWN_KEY, message, span.clone(), "this key").help(advice(written, &known));
    reader.push(match nearest(written, known) {
        Some(meant) => found.fix(span, meant),
        None => found,
    });
}

fn statuses(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<String, LineStatus> {
    let Kind::Mapping(entries) = &node.kind else {
        reader.bad(node, "words of the status column and what they mean, such as `{Awaiting pickup: packed}`");
        return BTreeMap::new();
    };
    let known = OrderStatus::ALL.map(|status| (status.as_str(), LineStatus::Known(status)));
    let mut known = known.to_vec();
    known.push((PERSON, LineStatus::Unclear));
    let mut statuses = BTreeMap::new();
    for (word, meaning) in entries {
        let Some(text) = word.as_text().filter(|text| !fold(text).is_empty()) else {
            reader.bad(word, "a word of the status column");
            continue;
        };
        statuses.extend(reader.choose(meaning, &known).map(|status| (fold(text), status)));
    }
    statuses
}
