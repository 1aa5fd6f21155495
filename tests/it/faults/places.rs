//! Every named place of the program that the fault suite leaves to others is seen to by one of them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::points::{self, Stimulus};

/// Places behind which nothing is true that is not true before, or whose test cannot name them; each with its reason.
const WITHOUT: [(&str, &str); 4] = [
    ("mail.login.after", "a login writes nothing: a kill at mail.connect.after leaves the same"),
    ("oauth.rotated.after", "imap/real.rs: a rotated refresh token is kept where the first came from"),
    ("oauth.rotated.before", "imap/real.rs: without it the server is asked once more with the old one"),
    ("restore.look.after", "a look writes nothing; ending/restoring.rs goes on from every state of a restore"),
];

#[test]
fn places_that_the_fault_suite_leaves_to_others_are_killed_at_or_cut_at_their_commit() {
    let tests = texts(&root().join("tests/it"));
    let cuts = &fs::read_to_string(root().join("tests/it/store/cuts.rs")).expect("the tests are readable");
    let named = |place: &str| {
        let forms = [format!("\"{place}\""), format!("\"{place}:"), format!("{place}:")];
        tests
            .iter()
            .filter(|(path, _)| !path.ends_with("faults/places.rs"))
            .any(|(_, text)| forms.iter().any(|form| text.contains(form.as_str())))
    };
    let mut left: Vec<String> = Vec::new();
    for (place, file) in points::all() {
        if points::stimulus(&place) != Stimulus::Elsewhere || WITHOUT.iter().any(|(known, _)| *known == place) {
            continue;
        }
        let source = fs::read_to_string(&file).expect("the sources are readable");
        let cut = write_around(&source, &place).is_some_and(|write| cuts.contains(&format!("(\"{write}\",")));
        if !named(&place) && !cut {
            left.push(place);
        }
    }
    assert!(
        left.is_empty(),
        "kill at these in tests/it/faults, or cut their writes in tests/it/store/cuts.rs: {left:?}"
    );
}

#[test]
fn beginnings_of_places_lead_to_places() {
    let all: Vec<String> = points::all().into_keys().collect();
    for (beginning, _) in points::STIMULI {
        assert!(all.iter().any(|place| place.starts_with(beginning)), "no place begins with {beginning}");
    }
    for (place, _) in WITHOUT {
        assert!(all.iter().any(|known| known == place), "there is no place {place}");
    }
}

/// Returns what the write is called in which a place stands.
fn write_around<'a>(source: &'a str, place: &str) -> Option<&'a str> {
    let before = &source[..source.find(&format!("reach(\"{place}\")"))?];
    let begins = |call: &str| before.rfind(call).map(|at| at + call.len());
    let at = begins(".write(\"").max(begins(".beside(\""))?;
    source[at..].split('"').next()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the texts of all test files below a folder.
fn texts(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the tests are readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("the tests are readable");
            found.insert(path, text);
        }
    }
    found
}
