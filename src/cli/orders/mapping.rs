//! Which column tells what, as a table for people and as YAML for the configuration. Pure.

use std::fmt::Write as _;

use crate::{
    library::exports::Opened,
    model::order::LineStatus,
    orders::{
        field::Field,
        recognize::{ANY, fold, known_exports},
        settings::FileRule,
        source::Delimiter,
        table::Summary,
    },
};

/// Returns how an export is read.
pub(super) fn describe(opened: &Opened, summary: Option<&Summary>) -> String {
    let plan = &opened.plan;
    let delimiter =
        Delimiter::ALL.iter().position(|known| *known == plan.delimiter).map_or("", |at| Delimiter::WORDS[at]);
    let name = &opened.found.file.name;
    let export = match plan.columns.export {
        ANY => format!("none of the exports that are known ({}); its columns are guessed", known_exports().join(", ")),
        export => format!("the export of {export}"),
    };
    let mut lines = vec![
        format!("{name}: {}, separated by {delimiter}, {} columns", opened.encoding(), plan.header.len()),
        format!("{name}: {export}"),
    ];
    for field in Field::ALL {
        let columns = columns(opened, field);
        let columns = if columns.is_empty() { "-".to_owned() } else { columns.join(", ") };
        lines.push(format!("  {:<10}  {columns:<34}  {}", field.as_str(), field.about()).trim_end().to_owned());
    }
    let used: Vec<String> = Field::ALL.iter().flat_map(|field| columns(opened, *field)).collect();
    let rest: Vec<&str> = plan.header.iter().filter(|name| !used.contains(name)).map(String::as_str).collect();
    if plan.columns.export == ANY && !rest.is_empty() {
        lines.push(format!("  {:<10}  {}", "not used", rest.join(", ")));
    }
    if let Some(summary) = summary {
        lines.push(format!(
            "{} lines, {} without an e-mail address, {} to mend",
            summary.lines, summary.without_email, summary.wrong
        ));
        for (word, count) in &summary.unknown_statuses {
            lines.push(format!("  nobody said what the status `{word}` means ({count} lines)"));
        }
    }
    lines.join("\n")
}

/// Returns the item of `files:` that says how such exports are read.
pub(super) fn item(opened: &Opened, summary: Option<&Summary>) -> String {
    let plan = &opened.plan;
    let mut text = format!("    - pattern: {}\n", quoted(&pattern(&opened.found.file.name)));
    if plan.columns.export != ANY {
        line(&mut text, format_args!("      name: {}", plan.columns.export));
    }
    line(&mut text, format_args!("      columns:"));
    for field in Field::ALL {
        let columns: Vec<String> = columns(opened, field).iter().map(|column| quoted(column)).collect();
        match columns.as_slice() {
            [] => {}
            [column] => line(&mut text, format_args!("        {}: {column}", field.as_str())),
            several => line(&mut text, format_args!("        {}: [{}]", field.as_str(), several.join(", "))),
        }
    }
    if let Some(dates) = plan.dates {
        line(&mut text, format_args!("      dates: {}", dates.as_str()));
    }
    let mut words = unexplained(summary).peekable();
    if words.peek().is_some() {
        line(
            &mut text,
            format_args!("      # Say what these words mean: unpaid, paid, packed, shipped, delivered, returned,"),
        );
        line(
            &mut text,
            format_args!("      # canceled, or ask-a-person; until then the status of such orders is not known."),
        );
        line(&mut text, format_args!("      status:"));
        for word in words {
            line(&mut text, format_args!("        {}: ask-a-person", quoted(word)));
        }
    }
    text
}

/// Returns what [`item`] says, as the configuration is to be read.
pub(super) fn rule(opened: &Opened, summary: Option<&Summary>) -> FileRule {
    let plan = &opened.plan;
    let named = Field::ALL.iter().map(|field| (*field, columns(opened, *field))).filter(|(_, names)| !names.is_empty());
    FileRule {
        pattern: pattern(&opened.found.file.name),
        name: Some(plan.columns.export).filter(|export| *export != ANY).map(str::to_owned),
        columns: named.collect(),
        statuses: unexplained(summary).map(|word| (fold(word), LineStatus::Unclear)).collect(),
        dates: plan.dates,
        ..FileRule::default()
    }
}

/// Returns the status words that the seller has to explain; signs alone cannot be.
fn unexplained(summary: Option<&Summary>) -> impl Iterator<Item = &str> {
    let words = summary.into_iter().flat_map(|summary| summary.unknown_statuses.keys());
    words.map(String::as_str).filter(|word| !fold(word).is_empty())
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    let _infallible = writeln!(text, "{words}");
}

/// Returns the configuration with the item in it, indented as the section is; none if its section is written in a form
/// that cannot be added to. Whoever writes it reads it back first.
pub(super) fn insert(config: &str, item: &str) -> Option<String> {
    let whole = if config.is_empty() || config.ends_with('\n') { config.to_owned() } else { format!("{config}\n") };
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let Some(start) = lines.iter().position(|line| line.starts_with("orders:")) else {
        return Some(format!("{whole}\norders:\n  folder: orders\n  files:\n{item}"));
    };
    let rest = lines[start].trim_start_matches("orders:").trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return None;
    }
    let inside: Vec<&str> = lines[start + 1..]
        .iter()
        .take_while(|line| line.trim().is_empty() || line.starts_with([' ', '#']))
        .copied()
        .collect();
    let keys = inside.iter().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let key = keys.clone().map(|line| indent(line)).next().unwrap_or(STEP);
    let files = inside.iter().position(|line| indent(line) == key && line.trim_start().starts_with("files:"));
    let Some(files) = files else {
        let item = shifted(item, key + STEP);
        let at = start + 1;
        return Some(format!("{}{:key$}files:\n{item}{}", lines[..at].concat(), "", lines[at..].concat()));
    };
    if inside[files].trim().trim_start_matches("files:").split('#').next().is_some_and(|rest| !rest.trim().is_empty()) {
        return None;
    }
    let first = inside[files + 1..].iter().find(|line| line.trim_start().starts_with("- "));
    let item = shifted(item, first.map_or(key + STEP, |line| indent(line)));
    let place = start + files + 2;
    Some(format!("{}{item}{}", lines[..place].concat(), lines[place..].concat()))
}

/// Blanks in front of what stands one level deeper.
const STEP: usize = 2;

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Returns an item with its first line after so many blanks.
fn shifted(item: &str, blanks: usize) -> String {
    let own = indent(item);
    let lines = item.split_inclusive('\n').flat_map(|line| [" ".repeat(blanks), line[own..].to_owned()]);
    lines.collect()
}

fn columns(opened: &Opened, field: Field) -> Vec<String> {
    let at = opened.plan.columns.at.get(&field).into_iter().flatten();
    at.filter_map(|at| opened.plan.header.get(*at).cloned()).collect()
}

/// Exports carry their day or number in their names.
fn pattern(name: &str) -> String {
    let mut pattern = String::new();
    for letter in name.chars() {
        let any = letter.is_ascii_digit() || (pattern.ends_with('*') && matches!(letter, '-' | '_' | ':'));
        match any {
            true if pattern.ends_with('*') => {}
            true => pattern.push('*'),
            false => pattern.push(letter),
        }
    }
    pattern
}

/// Writes a text so that YAML reads it back as it is.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{insert, pattern};

    #[test]
    fn days_and_numbers_in_names_are_anything() {
        assert_eq!(pattern("orders_export_1.csv"), "orders_export_*.csv");
        assert_eq!(pattern("2026-11-20_orders.csv"), "*orders.csv");
        assert_eq!(pattern("EtsySoldOrders2026-11.csv"), "EtsySoldOrders*.csv");
    }

    #[test]
    fn an_item_goes_into_every_configuration() {
        let item = "    - pattern: x\n";
        let cases = [
            ("a: 1", "a: 1\n\norders:\n  folder: orders\n  files:\n    - pattern: x\n"),
            ("orders:  # mine\nb: 2\n", "orders:  # mine\n  files:\n    - pattern: x\nb: 2\n"),
            ("orders:\n  folder: o\nb: 2\n", "orders:\n  files:\n    - pattern: x\n  folder: o\nb: 2\n"),
            (
                "orders:\n  files:\n    - pattern: y\nb: 2\n",
                "orders:\n  files:\n    - pattern: x\n    - pattern: y\nb: 2\n",
            ),
        ];
        for (config, expected) in cases {
            assert_eq!(insert(config, item).as_deref(), Some(expected));
        }
        let deep = "orders:\n    # mine\n    folder: o\n    files:\n        - pattern: y\n";
        let added = "orders:\n    # mine\n    folder: o\n    files:\n        - pattern: x\n        - pattern: y\n";
        assert_eq!(insert(deep, item).as_deref(), Some(added), "as deep as the seller writes");
        let flat = "orders:\n  files:  # all\n  - pattern: y\n";
        assert_eq!(insert(flat, item).as_deref(), Some("orders:\n  files:  # all\n  - pattern: x\n  - pattern: y\n"));
        assert_eq!(
            insert("orders:\n    folder: o\n", item).as_deref(),
            Some("orders:\n    files:\n      - pattern: x\n    folder: o\n")
        );
        assert_eq!(insert("orders: {folder: o}\n", item), None);
        assert_eq!(insert("orders:\n  files: []\n", item), None);
    }
}
