//! Story files with mistakes: each is explained with its place and what to do.

use std::fs;

use nightdesk::{
    check::story::read::{Names, read},
    diagnostic::{render::human, source::SourceMap},
};

use super::{entries, packs, root};

#[test]
fn every_mistake_in_a_story_is_explained_at_its_place() {
    let starter = packs().into_iter().find(|pack| pack.name == "starter").expect("the starter pack has stories");
    let names = Names::of(&starter.engine);
    let mut wrong = Vec::new();
    let files = entries(&root().join("broken"));
    for path in files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "yaml")) {
        let mut sources = SourceMap::default();
        let name = path.file_name().expect("a file has a name").to_string_lossy();
        let file = sources.add(format!("tests/{name}"), fs::read_to_string(path).expect("a text file"));
        let (stories, found) = read(&sources, &[file], &names);
        assert!(stories.is_empty(), "{name} is played although it is broken");
        assert!(found.iter().all(|found| found.help.is_some()), "{name}: a mistake without advice");
        let shown = human::render(&sources, &found, false);
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &shown).expect("the data folder is writable");
        } else if fs::read_to_string(&expected).unwrap_or_default() != shown {
            wrong.push(format!("== {name} ==\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE=1 rewrites them", wrong.join("\n"));
}
