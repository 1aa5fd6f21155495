//! The guards: every one has messages that must trip it and near misses that must not, and the documented table is the
//! one the program evaluates.
//!
//! A folder `<ID>-<name>` holds mails (`trips-*.eml`, `passes-*.eml`) and tables (`cases.yaml`); its `expected.txt` lists
//! for each of them every guard that speaks, and `UPDATE=1` rewrites it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use nightdesk::{
    engine::{
        guard::{Case, GUARDS, Guard, Proposal, Stage, objections},
        settings::Settings,
    },
    model::{context::Context, inbound::Inbound, verdict::GuardHit},
};
use serde::Deserialize;

use crate::decisions::world::{self, Message, World};

/// Fixtures of each kind that a guard must have.
const ENOUGH: usize = 3;

/// The order of the design's decision table. T1, P1, P2 and F5 stand beside their neighbors in the program only.
const TABLE: [&str; 37] = [
    "A2", "A3", "A4", "A5", "A6", "A7", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B12",
    "B13", "B14", "B15", "C1", "C6", "D1", "D2", "D3", "D4", "E1", "E3", "E4", "E5", "E6", "E8", "F1", "F2", "F3",
    "F4",
];

/// A row of a table of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    trips: bool,
    #[serde(default)]
    message: Message,
    #[serde(default)]
    context: World,
}

/// One message with everything a guard may look at.
struct Fixture {
    name: String,
    trips: bool,
    inbound: Inbound,
    context: Context,
    proposal: Option<Proposal>,
}

#[test]
fn every_guard_trips_on_its_fixtures_and_lets_the_near_misses_pass() {
    let mut wrong = String::new();
    for folder in folders() {
        let guard = guard_of(&folder);
        let mut listing = String::new();
        for fixture in fixtures(&folder) {
            let spoken = spoken(&fixture);
            let trips = spoken.iter().any(|hit| hit.guard == guard.id);
            if trips != fixture.trips {
                let _ = writeln!(wrong, "{}: {} {spoken:?}", folder.display(), fixture.name);
            }
            list(&mut listing, &fixture, &spoken);
        }
        compare(&folder.join("expected.txt"), &listing, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_guard_has_fixtures_of_both_kinds() {
    let mut counted: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for folder in folders() {
        let (trips, passes) = counted.entry(guard_of(&folder).id).or_default();
        for fixture in fixtures(&folder) {
            *(if fixture.trips { &mut *trips } else { &mut *passes }) += 1;
        }
    }
    for guard in GUARDS {
        let (trips, passes) = counted.get(guard.id).copied().unwrap_or_default();
        assert!(trips >= ENOUGH && passes >= ENOUGH, "guard {} has {trips} + {passes} fixtures", guard.id);
    }
}

#[test]
fn guards_stand_in_the_order_of_the_design() {
    for stage in [Stage::Message, Stage::Answer] {
        let of_stage = GUARDS.iter().filter(|guard| guard.stage == stage);
        let places: Vec<usize> = of_stage.filter_map(|guard| TABLE.iter().position(|id| *id == guard.id)).collect();
        assert!(places.is_sorted(), "{stage:?}: {places:?}");
    }
    let missing: Vec<_> = TABLE.iter().filter(|id| !GUARDS.iter().any(|guard| guard.id == **id)).collect();
    assert!(missing.is_empty(), "in the design and not in the program: {missing:?}");
}

#[test]
fn no_two_guards_share_an_id() {
    let mut ids: Vec<&str> = GUARDS.iter().map(|guard| guard.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), GUARDS.len());
}

#[test]
fn evidence_is_cut_and_never_tears_a_character() {
    let message = Message { headers: vec![format!("X-Autoreply: {}", "ü".repeat(400))], ..Message::default() };
    let now = world::moment(world::NIGHT);
    let fixture = Fixture {
        name: String::new(),
        trips: true,
        inbound: message.inbound(now),
        context: Context::default(),
        proposal: None,
    };
    let evidence = &spoken(&fixture)[0].evidence;
    assert!(evidence.len() <= 204 && evidence.ends_with('…'), "{evidence}");
}

#[test]
fn the_documented_table_is_the_one_that_is_evaluated() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let text = fs::read_to_string(&path).expect("docs/security.md");
    let (open, close) = ("<!-- guards -->\n", "<!-- /guards -->");
    let start = text.find(open).expect("the block begins") + open.len();
    let end = text.find(close).expect("the block ends");
    let table = documented();
    if std::env::var_os("UPDATE").is_some() {
        let rewritten = format!("{}{table}{}", &text[..start], &text[end..]);
        fs::write(&path, rewritten).expect("docs/security.md written");
        return;
    }
    assert_eq!(&text[start..end], table, "run the tests with UPDATE=1 to rewrite docs/security.md");
}

fn documented() -> String {
    let mut table = "\n| id | condition | demands | source |\n|---|---|---|---|\n".to_owned();
    for Guard { id, condition, demands, source, .. } in GUARDS {
        let _ = writeln!(table, "| {id} | {condition} | {demands} | {source} |");
    }
    table.push('\n');
    table
}

/// Returns every guard that speaks; those of the answer stage only if the case says what is about to be said.
fn spoken(fixture: &Fixture) -> Vec<GuardHit> {
    let settings: Settings = world::settings();
    let now = now();
    let case = Case { inbound: &fixture.inbound, ctx: &fixture.context, settings: &settings, now, proposal: None };
    let mut hits = objections(&case, Stage::Message);
    if let Some(proposal) = &fixture.proposal {
        hits.extend(objections(&Case { proposal: Some(proposal), ..case }, Stage::Answer));
    }
    hits
}

fn list(listing: &mut String, fixture: &Fixture, spoken: &[GuardHit]) {
    let _ = writeln!(listing, "{}", fixture.name);
    if spoken.is_empty() {
        listing.push_str("  nobody speaks\n");
    }
    for hit in spoken {
        let _ = writeln!(listing, "  {} {:?}: {}", hit.guard, hit.action, hit.evidence);
    }
}

/// Compares with the expected listing; `UPDATE=1` rewrites it.
fn compare(path: &Path, actual: &str, wrong: &mut String) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, actual).expect("expected file written");
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected != actual {
        let _ = writeln!(wrong, "{} differs; run with UPDATE=1 and review. Now:\n{actual}", path.display());
    }
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/guards");
    sorted(&root).into_iter().filter(|path| path.is_dir()).collect()
}

fn guard_of(folder: &Path) -> &'static Guard {
    let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
    let id = name.split('-').next().expect("split yields one piece");
    GUARDS.iter().find(|guard| guard.id == id).unwrap_or_else(|| panic!("{name} belongs to no guard"))
}

fn fixtures(folder: &Path) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for path in sorted(folder) {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        if name == "cases.yaml" {
            let text = fs::read_to_string(&path).expect("a readable table");
            let rows: Vec<Row> =
                serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            fixtures.extend(rows.into_iter().map(row));
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            fixtures.push(mail(&path, name));
        } else {
            assert_eq!(name, "expected.txt", "{} is no fixture", path.display());
        }
    }
    fixtures
}

fn row(row: Row) -> Fixture {
    let now = now();
    Fixture {
        name: row.name,
        trips: row.trips,
        inbound: row.message.inbound(now),
        context: row.context.context(now),
        proposal: row.context.proposal(),
    }
}

fn mail(path: &Path, name: String) -> Fixture {
    let trips = name.starts_with("trips-");
    assert!(trips || name.starts_with("passes-"), "{} says neither trips nor passes", path.display());
    let raw = world::filled(&fs::read_to_string(path).expect("a readable mail"));
    let inbound = world::read(&world::received(raw, world::ago(now(), "10m")));
    Fixture { name, trips, inbound, context: Context::default(), proposal: None }
}

fn now() -> Timestamp {
    world::moment(world::NIGHT)
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    paths
}
