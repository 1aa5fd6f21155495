//! The fuzzers' targets, which the tests run too.

#[path = "../../tests/it/fuzz/targets.rs"]
mod targets;

/// Runs a target by its name.
pub fn run(name: &str, data: &[u8]) {
    let target = targets::TARGETS.iter().find(|(known, _)| *known == name);
    target.unwrap_or_else(|| panic!("no target is called {name}")).1(data);
}
