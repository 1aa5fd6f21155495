//! The examples of rules as a table for spreadsheets, and new ones back into the rule files.
//!
//! One row per example: `rule`, `language`, `kind` (`match` or `skip`), `text`. A row that no rule has yet is added; all
//! others change nothing, so that a table of yesterday takes nothing away: examples are removed in the rule file. Every
//! other byte of a file stays, and what was added is read back before it counts.

use std::collections::BTreeMap;

use crate::{
    check::scaffold::quoted,
    diagnostic::{
        nearest::advice,
        source::SourceMap,
        yaml::{self, Kind, Node},
    },
    model::language::Language,
    replies::sheet::{self, SheetError},
    rules::rule::Rule,
};

/// The columns, in the order in which they are written.
pub const COLUMNS: [&str; 4] = ["rule", "language", "kind", "text"];
/// Longer examples are no sentences of buyers.
const MAX_CHARS: usize = 2_000;

/// One new example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// Its row, as spreadsheets count.
    pub number: u64,
    /// The file of its rule.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// `match` or `skip`.
    pub kind: &'static str,
    /// The sentence.
    pub text: String,
}

/// Returns the table of all examples, in the order of the files.
pub fn write(rules: &[Rule]) -> String {
    let rows = rules.iter().flat_map(|rule| {
        let row = |kind: &str, language: Language, text: &str| {
            [rule.id.to_string(), language.to_string(), kind.to_owned(), text.to_owned()]
        };
        rule.examples.iter().map(move |example| row(kind(example.matches), example.language, &example.text))
    });
    sheet::table(COLUMNS, rows)
}

/// Reads a table and returns what it adds to these rules; all that is wrong with it comes back instead.
pub fn read(bytes: &[u8], rules: &[Rule], sources: &SourceMap) -> Result<Vec<Addition>, Vec<SheetError>> {
    let (lines, mut errors) = sheet::lines(bytes, COLUMNS).map_err(|error| vec![error])?;
    let mut added: Vec<Addition> = Vec::new();
    for (number, cells) in lines {
        match addition(number, &cells, rules, sources) {
            Ok(Some(new)) => {
                let same = |known: &Addition| (&known.path, &known.text) == (&new.path, &new.text);
                if !added.iter().any(same) {
                    added.push(new);
                }
            }
            Ok(None) => {}
            Err(what) => errors.push(SheetError::Row { number, what }),
        }
    }
    if errors.is_empty() { Ok(added) } else { Err(sheet::in_order(errors)) }
}

fn kind(matches: bool) -> &'static str {
    if matches { "match" } else { "skip" }
}

/// Understands one row; none if the rule has the example.
fn addition(number: u64, cells: &[String; 4], rules: &[Rule], sources: &SourceMap) -> Result<Option<Addition>, String> {
    let [name, language, word, text] = cells.each_ref().map(|cell| cell.trim());
    let text = sheet::unguarded(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(rule) = rules.iter().find(|rule| rule.id.as_str() == name) else {
        let known: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        return Err(format!("there is no rule `{name}`; {}", advice(name, &known)));
    };
    let language: Language = language
        .parse()
        .map_err(|_| format!("`{language}` is no language code: expected two letters such as en, zh, de"))?;
    let Some(kind) = ["match", "skip"].into_iter().find(|known| word.eq_ignore_ascii_case(known)) else {
        return Err(format!("`{word}` is no kind of example: write match, or skip for what must not hit"));
    };
    if text.is_empty() {
        return Err("the text is empty; examples are removed in the rule file".to_owned());
    }
    if text.chars().count() > MAX_CHARS {
        return Err(format!("the text has more than {MAX_CHARS} characters; an example is a sentence or two"));
    }
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(known) = rule.examples.iter().find(|known| one_line(&known.text) == text) {
        let same = known.matches == (kind == "match");
        return if same {
            Ok(None)
        } else {
            Err(format!(
                "`{name}` has this sentence as {} already; change that in the rule file",
                self::kind(known.matches)
            ))
        };
    }
    Ok(Some(Addition { number, path: sources.file(rule.file).path.clone(), language, kind, text }))
}

/// Returns the files with what is added, by path; an error names a file in a form that nothing can be added to.
pub fn added(sources: &SourceMap, additions: &[Addition]) -> Result<BTreeMap<String, String>, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for addition in additions {
        let before = texts.get(&addition.path).cloned().or_else(|| {
            sources.iter().find(|(_, source)| source.path == addition.path).map(|(_, source)| source.text.clone())
        });
        let before = before.unwrap_or_default();
        let after = with(&before, addition).filter(|after| is_added(&before, after, addition));
        let after = after.ok_or_else(|| {
            format!("row {}: cannot add to `examples:` as {} writes it; add it there", addition.number, addition.path)
        })?;
        texts.insert(addition.path.clone(), after);
    }
    Ok(texts)
}

fn root(text: &str) -> Option<Node> {
    let mut map = SourceMap::default();
    let id = map.add("", text);
    yaml::parse(id, text).ok()
}

/// Returns whether the one text differs from the other by exactly this example.
fn is_added(before: &str, after: &str, addition: &Addition) -> bool {
    let (Some(before), Some(after)) = (root(before), root(after)) else { return false };
    let (before, mut after) = (listed(&before), listed(&after));
    let new =
        (vec!["examples".to_owned(), addition.language.to_string(), addition.kind.to_owned()], addition.text.clone());
    after.iter().position(|leaf| *leaf == new).is_some_and(|at| {
        after.remove(at);
        after == before
    })
}

/// Returns every value of a tree with the keys that lead to it.
fn listed(node: &Node) -> Vec<(Vec<String>, String)> {
    match &node.kind {
        Kind::List(items) => items.iter().flat_map(listed).collect(),
        Kind::Mapping(pairs) => {
            let mut leaves = Vec::new();
            for (key, value) in pairs {
                let name = key.as_text().map_or_else(|| format!("{:?}", key.kind), str::to_owned);
                leaves.extend(listed(value).into_iter().map(|(mut path, leaf)| {
                    path.insert(0, name.clone());
                    (path, leaf)
                }));
            }
            leaves
        }
        Kind::Null => Vec::new(),
        kind => vec![(Vec::new(), node.as_text().map_or_else(|| format!("{kind:?}"), str::to_owned))],
    }
}

/// Returns the text with the example; none where the form of the file is not understood.
fn with(text: &str, addition: &Addition) -> Option<String> {
    let root = root(text)?;
    let language = addition.language.as_str();
    let Some(examples) = root.get("examples") else {
        let blank = if text.ends_with('\n') { "" } else { "\n" };
        let item = quoted(&addition.text);
        return Some(format!("{text}{blank}examples:\n  {language}:\n    {}:\n      - {item}\n", addition.kind));
    };
    let Some(own) = examples.get(language) else {
        let flow = format!("{language}: {{{}: [{}]}}", addition.kind, in_flow(&addition.text));
        let block = |indent: &str| {
            let item = quoted(&addition.text);
            format!("{indent}{language}:\n{indent}  {}:\n{indent}    - {item}", addition.kind)
        };
        return beside(text, examples, &flow, block);
    };
    let Some(list) = own.get(addition.kind) else {
        let flow = format!("{}: [{}]", addition.kind, in_flow(&addition.text));
        let block = |indent: &str| format!("{indent}{}:\n{indent}  - {}", addition.kind, quoted(&addition.text));
        return beside(text, own, &flow, block);
    };
    let Kind::List(items) = &list.kind else { return None };
    if text[list.span.clone()].starts_with('[') {
        return closed(text, list, ']', items.is_empty(), &in_flow(&addition.text));
    }
    let before = indent_of(text, items.last()?)?;
    let blank = before.strip_suffix(char::is_whitespace).map(str::trim_end)?.strip_suffix('-')?;
    blank
        .chars()
        .all(|letter| letter == ' ')
        .then(|| after(text, list, &format!("{blank}- {}", quoted(&addition.text))))
}

/// Adds a key beside those of a mapping.
fn beside(text: &str, mapping: &Node, flow: &str, block: impl Fn(&str) -> String) -> Option<String> {
    let Kind::Mapping(pairs) = &mapping.kind else { return None };
    if text[mapping.span.clone()].starts_with('{') {
        return closed(text, mapping, '}', pairs.is_empty(), flow);
    }
    let indent = indent_of(text, &pairs.first()?.0)?;
    indent.chars().all(|letter| letter == ' ').then(|| after(text, mapping, &block(indent)))
}

/// Puts an entry before the closing bracket of a list or mapping in one line.
fn closed(text: &str, node: &Node, bracket: char, empty: bool, entry: &str) -> Option<String> {
    let inner = text[node.span.clone()].strip_suffix(bracket)?.trim_end();
    let at = node.span.start + inner.len();
    let comma = match (empty, inner.ends_with(',')) {
        (true, _) => "",
        (false, true) => " ",
        (false, false) => ", ",
    };
    Some(format!("{}{comma}{entry}{}", &text[..at], &text[at..]))
}

/// Puts lines behind the last line of a node, remarks at its end included.
fn after(text: &str, node: &Node, lines: &str) -> String {
    let last = node.span.start + text[node.span.clone()].trim_end().len();
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let crlf = if text[..end].ends_with('\r') { end - 1 } else { end };
    let newline = if crlf < end { "\r\n" } else { "\n" };
    format!("{}{newline}{}{}", &text[..crlf], lines.replace('\n', newline), &text[crlf..])
}

/// Returns what stands before a node in its line.
fn indent_of<'t>(text: &'t str, node: &Node) -> Option<&'t str> {
    let line = text[..node.span.start].rfind('\n').map_or(0, |newline| newline + 1);
    text.get(line..node.span.start)
}

/// Writes a text as YAML reads it back between brackets.
fn in_flow(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{Addition, read, with, write};
    use crate::{
        check::examples::{added, is_added},
        diagnostic::source::SourceMap,
        model::language::Language,
        rules::set::RuleSet,
    };

    const HEAD: &str = "intent: gift_wrap\ntitle: Gift\ncategory: pre_sale\naction: escalate\nsay: {en: [gift wrap]}\n";

    fn shop(rule: &str) -> (SourceMap, RuleSet) {
        let mut sources = SourceMap::default();
        let id = sources.add("rules/pre_sale/gift_wrap.yaml", rule);
        let (set, found) = RuleSet::read(&sources, &[id]);
        assert!(found.is_empty(), "{found:?}");
        (sources, set)
    }

    fn new(language: Language, kind: &'static str, text: &str) -> Addition {
        Addition { number: 2, path: "rules/pre_sale/gift_wrap.yaml".to_owned(), language, kind, text: text.to_owned() }
    }

    #[test]
    fn a_table_that_nobody_edits_adds_nothing() {
        let examples = "examples:\n  en:\n    match: ['=gift wrap', \"- gift\\n wrap\", it's gift wrap]\n    skip: ['a, \"b\"; c']\n";
        let (sources, set) = shop(&format!("{HEAD}{examples}"));
        let table = write(set.rules());
        assert_eq!(table.lines().count(), 5 + table.matches("\n wrap").count(), "{table}");
        assert_eq!(read(table.as_bytes(), set.rules(), &sources), Ok(Vec::new()));
        assert_eq!(added(&sources, &[]).map(|files| files.len()), Ok(0));
    }

    #[test]
    fn an_example_joins_its_list_however_it_is_written_and_nothing_else_changes() {
        let text = "gift wrap: it's a [test], #1";
        for (before, after) in [
            (
                "examples:\n  en:\n    match:\n      - a   # remark\n    # another\n    skip:\n      - b\n",
                "      - a   # remark\n      - 'gift",
            ),
            ("examples:\n  en:\n    match:\n    - a\n    -   b\n# end\n", "    -   b\n    - 'gift"),
            (
                "examples:\n  en:\n    match: [a, 'b']   # remark\n",
                "match: [a, 'b', 'gift wrap: it''s a [test], #1']   # remark\n",
            ),
            ("examples: {en: {skip: [a]}}\n", "{skip: [a], match: ['gift"),
            ("examples: {zh: {match: [包]}}\n", "{match: [包]}, en: {match: ['gift"),
            ("examples:\n  en:\n    skip: [a]\nurgency: high\n", "    skip: [a]\n    match:\n      - 'gift"),
            (
                "examples:\n  zh:\n    match:\n      - 包\n\nurgency: high",
                "      - 包\n  en:\n    match:\n      - 'gift",
            ),
            ("urgency: high", "urgency: high\nexamples:\n  en:\n    match:\n      - 'gift"),
            ("examples:\r\n  en:\r\n    match:\r\n      - a\r\n", "      - a\r\n      - 'gift"),
        ] {
            let before = format!("{HEAD}{before}");
            let addition = new(Language::EN, "match", text);
            let text = with(&before, &addition).unwrap_or_else(|| panic!("not understood: {before}"));
            assert!(is_added(&before, &text, &addition), "{text}");
            assert!(text.contains(after), "{text}");
            let kept: Vec<&str> = before.lines().filter(|line| line.contains('#') && !line.contains('[')).collect();
            assert!(kept.iter().all(|line| text.contains(line)), "{text}");
        }
    }

    #[test]
    fn what_no_rule_can_take_is_named_by_its_row() {
        let (sources, set) = shop(&format!("{HEAD}examples: {{en: {{match: [gift wrap it]}}}}\n"));
        let table = "rule,language,kind,text\ngift_wap,en,match,a\ngift_wrap,english,match,a\ngift_wrap,en,maybe,a\n\
                     gift_wrap,en,match,\ngift_wrap,en,skip,gift wrap it\ngift_wrap,en,match,a,b\n";
        let errors = read(table.as_bytes(), set.rules(), &sources).expect_err("every row is wrong");
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors.len(), 6, "{errors:#?}");
        assert!(errors.iter().any(|error| error.contains("row 2") && error.contains("did you mean `gift_wrap`")));
        let good = "rule;language;kind;text\ngift_wrap;en;Match;pack  it\ngift_wrap;en;match;pack it\n";
        assert_eq!(read(good.as_bytes(), set.rules(), &sources), Ok(vec![new(Language::EN, "match", "pack it")]));
    }
}
