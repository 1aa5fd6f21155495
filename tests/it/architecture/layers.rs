//! Who may import whom. The table is written once here, word for word as in `docs/architecture.md`, and read from its
//! own words, so the page people read and the rule the test holds cannot part.

use std::collections::{BTreeMap, BTreeSet};

/// The layer table of `docs/architecture.md`.
pub(super) const TABLE: &str = "\
| module | may import | I/O |
|---|---|---|
| `diagnostic`, `model` | nothing of ours | no |
| `failpoint` | nothing of ours | env, one file |
| `text` | model | no |
| `rules` | diagnostic, model, text | no |
| `replies` | diagnostic, model | no |
| `orders` | model | no |
| `engine` | model, text, rules, replies | no |
| `desk` | model, text, replies | no |
| `check` | diagnostic, model, text, rules, replies, engine, desk | no |
| `channel` | failpoint, model, text | yes; `parse.rs`, `compose.rs`, `profile.rs`, `report.rs` no |
| `store` | failpoint, model | yes |
| `library` | failpoint, model, diagnostic, orders, rules, replies, engine, check | yes |
| `service` | failpoint, model, orders, engine, desk, library, channel, store | yes |
| `console` | model, diagnostic, replies, desk, check, engine, library, store, service | yes |
| `config` | model, diagnostic, orders, engine, desk, channel, store, library, service, console | env, one file |
| `cli` | everything | yes |
";

/// The table as data.
pub(super) struct Layers {
    /// What each module may import; itself is always allowed.
    pub(super) may_import: BTreeMap<String, BTreeSet<String>>,
    /// Modules that do no I/O at all.
    pub(super) pure: BTreeSet<String>,
    /// Files of `channel` that do no I/O.
    pub(super) pure_files: BTreeSet<String>,
}

impl Layers {
    /// Reads the table.
    pub(super) fn read(table: &str) -> Self {
        let rows: Vec<Vec<&str>> =
            table.lines().skip(2).map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
        let everything: BTreeSet<String> = rows.iter().flat_map(|row| names(row[0])).collect();
        let mut layers = Self { may_import: BTreeMap::new(), pure: BTreeSet::new(), pure_files: BTreeSet::new() };
        for row in &rows {
            for module in names(row[0]) {
                let imports = match row[1] {
                    "nothing of ours" => BTreeSet::new(),
                    "everything" => everything.clone(),
                    list => names(list).collect(),
                };
                layers.may_import.insert(module.clone(), imports);
                if row[2] == "no" {
                    layers.pure.insert(module);
                } else if let Some(files) = row[2].strip_suffix(" no").and_then(|cell| cell.strip_prefix("yes; ")) {
                    layers.pure_files.extend(names(files));
                }
            }
        }
        layers
    }

    /// Says whether this file must be free of I/O.
    pub(super) fn is_pure(&self, path: &str) -> bool {
        let Some(module) = module_of(path) else { return false };
        let in_pure_file =
            || path.split('/').any(|part| self.pure_files.contains(&format!("{}.rs", part.trim_end_matches(".rs"))));
        self.pure.contains(module) || module == "channel" && in_pure_file()
    }
}

/// Returns the module a source file belongs to; none for the crate's two roots and for files outside `src/`.
pub(super) fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let module = inside.split('/').next()?.trim_end_matches(".rs");
    (module != "lib" && module != "main").then_some(module)
}

/// Returns one cycle of the graph, if there is any, as the modules on it.
pub(super) fn cycle(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut left = graph.clone();
    loop {
        let leaves: Vec<String> = left
            .iter()
            .filter(|(module, imports)| imports.iter().all(|import| import == *module || !left.contains_key(import)))
            .map(|(module, _)| module.clone())
            .collect();
        if leaves.is_empty() {
            return (!left.is_empty()).then(|| left.into_keys().collect());
        }
        left.retain(|module, _| !leaves.contains(module));
    }
}

fn names(cell: &str) -> impl Iterator<Item = String> {
    cell.split(',').map(|name| name.trim().trim_matches('`').to_owned())
}
