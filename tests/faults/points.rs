//! The named places of the program, read from its sources, and what has to happen for each of them to be reached.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What must happen besides mail coming in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stimulus {
    /// Nothing.
    Mail,
    /// A rule file is edited.
    Edit,
    /// The process is asked to end.
    Terminate,
    /// A person claims a ticket; the command dies, not the service.
    Claim,
    /// A person pauses the shop; the command dies, not the service.
    Pause,
    /// A person makes a backup; the command dies, not the service.
    Backup,
    /// The mail server numbers its messages anew.
    Renumber,
    /// A mail of ours comes back.
    Bounce,
    /// A message takes the process down several times.
    Poison,
    /// The very first start.
    Birth,
    /// Only over PostgreSQL.
    Postgres,
    /// Other channels than mail, logins, the Sent folder, a restored backup, work that nothing else left over: integration
    /// tests see to these.
    Elsewhere,
}

/// Places that mail alone does not lead to, by the beginning of their names; the first that fits holds.
pub(crate) const STIMULI: &[(&str, Stimulus)] = &[
    ("reload.", Stimulus::Edit),
    ("service.drain.", Stimulus::Terminate),
    ("store.close.", Stimulus::Terminate),
    ("store.checkpoint.", Stimulus::Terminate),
    ("agent.", Stimulus::Claim),
    ("store.ticket.", Stimulus::Claim),
    ("store.pause.", Stimulus::Pause),
    ("imap.renumbered.", Stimulus::Renumber),
    ("store.bounce.", Stimulus::Bounce),
    ("store.quarantine.", Stimulus::Poison),
    ("imap.first_look.", Stimulus::Birth),
    ("store.founding.", Stimulus::Birth),
    ("store.migration.", Stimulus::Birth),
    ("store.see.", Stimulus::Birth),
    ("store.schema.", Stimulus::Postgres),
    ("store.lease.release.", Stimulus::Terminate),
    ("lease.renewal.", Stimulus::Postgres),
    ("backup.", Stimulus::Backup),
    // People at the desk and what time brings about there; `tests/it/faults/places.rs` holds that somebody sees to each.
    ("satisfaction.", Stimulus::Elsewhere),
    ("store.agent.", Stimulus::Elsewhere),
    ("store.alarm.", Stimulus::Elsewhere),
    ("store.buyer.", Stimulus::Elsewhere),
    ("store.invitation.", Stimulus::Elsewhere),
    ("store.join.", Stimulus::Elsewhere),
    ("store.merge.", Stimulus::Elsewhere),
    ("store.opening.", Stimulus::Elsewhere),
    ("store.parting.", Stimulus::Elsewhere),
    ("store.rating.", Stimulus::Elsewhere),
    ("store.satisfaction.", Stimulus::Elsewhere),
    ("store.split.", Stimulus::Elsewhere),
    ("store.undo.", Stimulus::Elsewhere),
    ("store.wake.", Stimulus::Elsewhere),
    ("store.webhook.", Stimulus::Elsewhere),
    ("webhook.", Stimulus::Elsewhere),
    ("store.restore.", Stimulus::Elsewhere),
    ("store.sweep.", Stimulus::Elsewhere),
    ("sweep.", Stimulus::Elsewhere),
    ("store.rerun.", Stimulus::Elsewhere),
    ("store.ignore.", Stimulus::Elsewhere),
    // The suite's SMTP server asks for no login and keeps no copies of what it took.
    ("mail.login.", Stimulus::Elsewhere),
    ("oauth.", Stimulus::Elsewhere),
    ("restore.", Stimulus::Elsewhere),
    ("store.answered.", Stimulus::Elsewhere),
    ("store.evidence.", Stimulus::Elsewhere),
    ("store.human_sent.", Stimulus::Elsewhere),
    ("notice.", Stimulus::Elsewhere),
    ("store.notice.", Stimulus::Elsewhere),
    ("store.notice_claim.", Stimulus::Elsewhere),
    ("staff_mail.", Stimulus::Elsewhere),
];

/// Returns what leads to a place.
pub(crate) fn stimulus(place: &str) -> Stimulus {
    STIMULI.iter().find(|(begins, _)| place.starts_with(begins)).map_or(Stimulus::Mail, |(_, stimulus)| *stimulus)
}

/// Returns every place with the file it stands in, in the order of names. Panics where a name stands twice or is not
/// `area.step.before` or `area.step.after` in lower case: the suite could not tell such places apart.
pub(crate) fn all() -> BTreeMap<String, PathBuf> {
    let mut places = BTreeMap::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in files(&sources) {
        // The module that defines them has an example in its documentation.
        if file.ends_with("src/failpoint.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("the sources are readable");
        for call in text.split("failpoint::reach(").skip(1) {
            let place = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            let place = place.unwrap_or_else(|| panic!("{}: a place is a literal", file.display()));
            assert!(is_well_formed(place), "{}: {place:?} is not area.step.before or .after", file.display());
            let other = places.insert(place.to_owned(), file.clone());
            assert!(other.is_none(), "{place:?} stands in {} and in {other:?}", file.display());
        }
    }
    places
}

fn is_well_formed(place: &str) -> bool {
    let parts: Vec<&str> = place.split('.').collect();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let Some(("before" | "after", steps)) = parts.split_last().map(|(last, steps)| (*last, steps)) else {
        return false;
    };
    (2..=3).contains(&steps.len()) && steps.iter().all(|step| is_word(step))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the sources are readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
