//! Stories: every file of `tests/data/stories/*/` is a conversation that must come about as told, in the small world of
//! `nightdesk test` and on a real store alike.

mod broken;
mod classes;
mod examples;
mod store;

use std::{
    fs,
    path::{Path, PathBuf},
};

use nightdesk::{
    check::story::{Story, play, read},
    config,
    diagnostic::{render::human, source::SourceMap},
    engine::{Engine, settings::Settings},
    library::{self, Library, Sources},
};

use crate::decisions::world::settings;

/// One rule pack with its stories.
struct Pack {
    name: String,
    engine: Engine,
    sources: SourceMap,
    stories: Vec<Story>,
}

/// Fewer than these would mean that files are no longer found.
const FEWEST_STORIES: usize = 650;

#[test]
fn every_story_comes_about_as_told() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for pack in packs() {
        count += pack.stories.len();
        for story in &pack.stories {
            let telling = play::play(&pack.engine, story);
            wrong.extend(told(&pack, &telling));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= FEWEST_STORIES, "only {count} stories");
}

#[test]
fn the_story_that_init_writes_comes_about() {
    let starter = packs().into_iter().find(|pack| pack.name == "starter").expect("the starter pack has stories");
    let mut sources = SourceMap::default();
    let file = sources.add("tests/first_story.yaml", include_str!("../../../src/cli/samples/story.yaml"));
    let (stories, found) = read::read(&sources, &[file], &read::Names::of(&starter.engine));
    assert!(found.is_empty(), "{found:#?}");
    assert!(play::play(&starter.engine, &stories[0]).holds());
}

#[test]
fn a_story_is_played_alike_every_time() {
    for pack in packs() {
        for story in &pack.stories {
            assert_eq!(play::play(&pack.engine, story), play::play(&pack.engine, story), "{}", story.name);
        }
    }
}

/// Returns the steps that went another way, with what the whole verdict was; nothing if all came about.
fn told(pack: &Pack, telling: &play::Telling<'_>) -> Option<String> {
    if telling.holds() {
        return None;
    }
    let file = &pack.sources.file(telling.story.span.file).path;
    let steps = telling.turns.iter().map(|turn| {
        let misses = turn.misses.iter().map(|miss| format!("\n    - {}\n    + {}", miss.expected, miss.came));
        let ticket = turn.verdict.as_ref().and_then(|verdict| verdict.ticket.as_ref());
        let why = ticket.map(|ticket| format!(" {:?}", ticket.reasons)).unwrap_or_default();
        format!("  {} {}: {} => {}{why}{}", turn.clock, turn.who, turn.text, turn.came, misses.collect::<String>())
    });
    Some(format!("{}/{file}: {}\n{}", pack.name, telling.story.name, steps.collect::<Vec<_>>().join("\n")))
}

/// Returns every pack: the starter pack, alone and with a configuration, and the folders that bring their own rules.
fn packs() -> Vec<Pack> {
    let mut folders: Vec<PathBuf> = entries(&root());
    // The others show something else: mistakes, and rules that have examples and no stories.
    folders.retain(|folder| !folder.ends_with("broken") && !folder.ends_with("circumstances"));
    folders.iter().map(|folder| pack(folder)).collect()
}

fn pack(folder: &Path) -> Pack {
    let (rules, replies, stories) = (folder.join("rules"), folder.join("replies"), folder.join("stories"));
    let own = rules.is_dir();
    let sources = if own {
        Sources::from_folders(SourceMap::default(), &rules, &replies).expect("the folders are there")
    } else {
        Sources::starter_pack()
    };
    let settings = own_settings(folder).unwrap_or_else(settings);
    let library = Library::read(sources, &settings.languages);
    let mut sources = library.sources;
    let engine = Engine::new(settings, library.rules, library.replies);
    // Stories stand in a folder of their own where something else stands beside them.
    let told: &Path = if stories.is_dir() { &stories } else { folder };
    let files = library::add_stories(&mut sources, told).expect("stories are readable");
    let (stories, found) = read::read(&sources, &files, &read::Names::of(&engine));
    assert!(found.is_empty(), "{}", human::render(&sources, &found, false));
    let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
    Pack { name, engine, sources, stories }
}

/// Returns the settings of a pack that brings its own configuration.
fn own_settings(folder: &Path) -> Option<Settings> {
    let text = fs::read_to_string(folder.join("config.yaml")).ok()?;
    let mut sources = SourceMap::default();
    let file = sources.add("config.yaml", text);
    let (config, found) = config::read(&sources, file, folder, &|_| None);
    let config = config.unwrap_or_else(|| panic!("{}", human::render(&sources, &found, false)));
    Some(config.engine(settings().instance))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/stories")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths
}
