//! Every folder of `histories/` is judged as it says.

use std::{fs, path::Path};

use crate::script;

/// At least so many bad histories; the design asks for forty.
const BAD: usize = 40;

/// At least so many good ones.
const GOOD: usize = 10;

#[test]
fn every_history_breaks_exactly_what_it_says() {
    let mut wrong = Vec::new();
    let (mut good, mut bad) = (0, 0);
    for (name, script) in scripts() {
        let failed = script.history.failed();
        if failed != script.breaks {
            wrong.push(format!("{name}: breaks {failed:?}, should break {:?}", script.breaks));
        }
        let count = if script.breaks.is_empty() { &mut good } else { &mut bad };
        *count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(bad >= BAD && good >= GOOD, "{bad} bad and {good} good histories");
}

#[test]
fn every_invariant_has_a_history_that_breaks_it_alone() {
    let scripts = scripts();
    for invariant in checker::invariant::INVARIANTS {
        let alone = scripts.iter().any(|(_, script)| script.breaks == [invariant.id]);
        assert!(alone, "no history breaks {} alone", invariant.id);
    }
}

fn scripts() -> Vec<(String, script::Script)> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("histories")).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if let Ok(text) = fs::read_to_string(path.join("history.txt")) {
            scripts.push((name, script::read(&text)));
        }
    }
    scripts.sort_by(|a, b| a.0.cmp(&b.0));
    scripts
}
