//! The schemas for editors: they accept what the program accepts, refuse what it refuses for its shape, and know the same
//! keys.

use std::{collections::BTreeSet, fs, path::Path};

use jsonschema::Validator;
use nightdesk::{
    check::{
        schema::{SCHEMAS, header},
        story::read as story,
    },
    config,
    diagnostic::{
        Diagnostic, has_errors,
        source::SourceMap,
        yaml::{Kind, Node, parse},
    },
    engine::Engine,
    library::{profile, starter_files},
    replies::catalog::Catalog,
    rules::set::RuleSet,
};
use serde_json::{Value, json};

use crate::{
    cli::{nightdesk, repository},
    decisions::world::settings,
};

/// A rule without conditions.
const RULE: &str = "intent: file\ntitle: t\ncategory: pre_sale\naction: answer\nreply: r\nsay: {en: [wrap]}\n";
/// A key that no file has, and that is near to none.
const UNKNOWN: &str = "qqqqqqqqqqqqqqqq";

#[test]
fn every_starter_file_fits_its_schema() {
    let mut wrong = Vec::new();
    let mut kinds = BTreeSet::new();
    for (path, text) in starter_files().into_iter().filter(|(path, _)| path.strip_suffix(".yaml").is_some()) {
        let kind = kind_of(&path);
        wrong.extend(objection(&kind, &text).map(|why| format!("{path}: {why}")));
        kinds.insert(kind);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(kinds.len() >= 4, "only {kinds:?}");
}

#[test]
fn every_story_of_the_tests_fits_the_schema() {
    let stories = ["tests/data/stories/starter", "tests/data/stories/modes"].map(|folder| folders(&repository(folder)));
    let mut seen = 0;
    for path in stories.into_iter().flatten().filter(|path| path.extension().is_some_and(|ending| ending == "yaml")) {
        let text = fs::read_to_string(&path).expect("a story can be read");
        assert_eq!(objection("story", &text), None, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 20, "only {seen} stories");
}

#[test]
fn every_value_that_a_condition_takes_fits_the_schema() {
    let mut seen = 0;
    for folder in folders(&repository("tests/data/conditions")) {
        let kind = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        let table = fs::read_to_string(folder.join("cases.tsv")).unwrap_or_default();
        for row in table.lines().filter(|row| !row.starts_with("bad\t") && !row.starts_with('#')) {
            let value = row.split('\t').nth(1).expect("a value");
            assert_eq!(objection("rule", &format!("{RULE}when:\n  {kind}: {value}\n")), None, "{kind}: {value}");
            seen += 1;
        }
    }
    assert!(seen >= 60, "only {seen} values");
}

#[test]
fn the_example_configuration_and_that_of_the_demo_fit_the_schema() {
    let text = fs::read_to_string(repository("config.example.yaml")).expect("it is there");
    assert_eq!(objection("config", &text), None);
    let sample = fs::read_to_string(repository("src/cli/samples/config.yaml")).expect("it is there");
    assert_eq!(objection("config", &sample), None);
}

#[test]
fn every_shipped_profile_fits_the_schema() {
    for (name, text) in profile::shipped_files() {
        assert_eq!(objection("profile", &text), None, "{name}");
    }
}

#[test]
fn what_the_program_refuses_for_its_shape_the_schema_refuses_too() {
    let mut cases = 0;
    for folder in folders(&repository("tests/data/schemas")) {
        let kind = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        for case in folders(&folder) {
            let text = fs::read_to_string(&case).expect("a case can be read");
            let found = read(&kind, &text);
            assert!(has_errors(&found), "{}: the program accepts it", case.display());
            assert!(objection(&kind, &text).is_some(), "{}: the schema accepts it", case.display());
            cases += 1;
        }
    }
    assert!(cases >= 20, "only {cases} cases");
}

#[test]
fn schemas_and_readers_know_the_same_keys() {
    let table = fs::read_to_string(repository("tests/data/schema-keys.tsv")).expect("the table is there");
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [kind, pointer, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("three cells: {line}") };
        let schema = schema(kind);
        let mapping = schema.pointer(pointer).unwrap_or_else(|| panic!("{kind}: nothing at {pointer}"));
        let described: BTreeSet<String> = mapping.as_object().expect("keys").keys().cloned().collect();
        let known = known_keys(&read(kind, &text.replace("UNKNOWN", UNKNOWN).replace("\\n", "\n")));
        if described != known {
            wrong.push(format!("{kind}{pointer}: the schema has {described:?}, the reader {known:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_mapping_of_a_schema_is_compared_with_its_reader() {
    let table = fs::read_to_string(repository("tests/data/schema-keys.tsv")).expect("the table is there");
    for (kind, schema) in all() {
        let mut pointers = Vec::new();
        closed_mappings(&schema, "", &mut pointers);
        for pointer in pointers {
            let row = format!("{kind}\t{pointer}/properties\t");
            assert!(table.lines().any(|line| line.starts_with(&row)), "no row begins with {row:?}");
        }
    }
}

#[test]
fn the_command_prints_and_writes_schemas() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = nightdesk(folder.path()).args(["schema", "--write"]).output().expect("it runs");
    assert!(written.status.success(), "{written:?}");
    for (kind, expected) in all() {
        let printed = nightdesk(folder.path()).args(["schema", &kind]).output().expect("it runs");
        let printed: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
        assert_eq!(printed, expected);
        let path = folder.path().join(format!(".nightdesk/schema/{kind}.json"));
        let file: Value = serde_json::from_slice(&fs::read(path).expect("written")).expect("JSON");
        assert_eq!(file, expected);
    }
}

/// Returns an engine without rules: what a story may name is none of its shape.
fn plain_engine() -> Engine {
    let sources = SourceMap::default();
    Engine::new(settings(), RuleSet::read(&sources, &[]).0, Catalog::read(&sources, &[]).0)
}

fn folders(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("the cases are there").map(|entry| entry.expect("readable").path());
    entries.collect::<BTreeSet<_>>().into_iter().collect()
}

fn all() -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = SCHEMAS.iter().map(|known| (known.name.to_owned(), (known.make)())).collect();
    all.push(("profile".to_owned(), profile::schema::schema()));
    all.push(("config".to_owned(), config::schema::schema()));
    all
}

fn schema(kind: &str) -> Value {
    let found = all().into_iter().find(|(name, _)| name == kind);
    found.unwrap_or_else(|| panic!("no schema {kind}")).1
}

/// Returns the kind that the header line of a file names.
fn kind_of(path: &str) -> String {
    let header = header(path).unwrap_or_else(|| panic!("{path} has no schema"));
    Path::new(header.trim()).file_stem().expect("a file").to_string_lossy().into_owned()
}

/// Returns why the schema refuses a text; none if it does not.
fn objection(kind: &str, text: &str) -> Option<String> {
    let validator = Validator::new(&schema(kind)).expect("the schema is one");
    let mut sources = SourceMap::default();
    let file = sources.add("file.yaml", text);
    let value = value(&parse(file, text).expect("YAML"));
    validator.validate(&value).err().map(|error| format!("{}: {error}", error.instance_path()))
}

fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => json!(value),
        Kind::Integer(value) => json!(value),
        Kind::Float(value) => json!(value),
        Kind::Text(text) => json!(text),
        Kind::List(items) => items.iter().map(value).collect(),
        Kind::Mapping(entries) => {
            let pairs = entries.iter().map(|(key, item)| (key.as_text().unwrap_or_default().to_owned(), value(item)));
            Value::Object(pairs.collect())
        }
    }
}

/// Returns what the program finds in a file of that kind.
fn read(kind: &str, text: &str) -> Vec<Diagnostic> {
    let mut sources = SourceMap::default();
    let path = match kind {
        "rule" => "rules/pre_sale/file.yaml",
        "words" => "rules/_words/file.yaml",
        "entities" => "rules/_entities/file.yaml",
        "facts" => "replies/_facts/file.yaml",
        "situations" => "replies/_situations.yaml",
        "story" => "tests/file.yaml",
        "profile" => "profiles/file.yaml",
        _ => "config.yaml",
    };
    let file = sources.add(path, text);
    match path.split('/').next() {
        Some("rules") => RuleSet::read(&sources, &[file]).1,
        Some("replies") => Catalog::read(&sources, &[file]).1,
        Some("tests") => story::read(&sources, &[file], &story::Names::of(&plain_engine())).1,
        Some("profiles") => profile::read::read(&sources, file, "file", &[]).1,
        _ => config::read(&sources, file, Path::new("."), &|_| None).1,
    }
}

/// Returns the keys that the program names beside the unknown one.
fn known_keys(found: &[Diagnostic]) -> BTreeSet<String> {
    let unknown = found.iter().find(|finding| finding.message.contains(UNKNOWN));
    let unknown = unknown.unwrap_or_else(|| panic!("the key {UNKNOWN} is not reported: {found:?}"));
    let help = unknown.help.as_deref().expect("the known keys are named");
    assert!(!help.ends_with('…'), "the list is cut: {help}");
    let known = help.strip_prefix("known here: ").expect("the known keys are named");
    known.split(", ").map(|key| key.trim_matches('`').to_owned()).collect()
}

/// Collects where a schema has mappings that accept no other keys.
fn closed_mappings(schema: &Value, pointer: &str, found: &mut Vec<String>) {
    match schema {
        Value::Object(parts) => {
            if parts.get("additionalProperties") == Some(&Value::Bool(false)) {
                found.push(pointer.to_owned());
            }
            for (name, part) in parts {
                let name = name.replace('~', "~0").replace('/', "~1");
                closed_mappings(part, &format!("{pointer}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                closed_mappings(item, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}
