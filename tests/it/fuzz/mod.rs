//! The fuzzers' targets, on their seeds and on seeds spoiled at random, so that they cannot rot between two runs of
//! `cargo fuzz` (`docs/fuzzing.md`).

use std::{fs, path::PathBuf};

use proptest::prelude::*;

pub(crate) mod targets;

/// Bytes that parsers look for; a spoiled seed gets some of them.
const DICTIONARY: &[&[u8]] = &[
    b"'",
    b"\"",
    b": ",
    b"- ",
    b"\n",
    b"\t",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"|",
    b"*",
    b"&a ",
    b"*a",
    b"---\n",
    b"{{ ",
    b" }}",
    b"{% for x in y %}",
    b"\r\n\r\n",
    b"--x\r\n",
    b"=?utf-8?B?",
    b"> ",
    b"@",
    b"-",
    b"\0",
    b"\xff",
    b"\xe2\x80\x8b",
    b"\xcc\x81",
    b"\xef\xbc\x8c",
    b"\xe8\xa8\x82",
    b"\xc4\xb0",
    b"\xd9\x80",
    b"https://",
];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/fuzz").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("every target has a folder of seeds")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed can be read")).collect()
}

/// How a seed is spoiled: where, what is taken out, what is put in, how often.
type Edit = (prop::sample::Index, usize, usize, u8);

fn spoil(seed: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut spoiled = seed.to_vec();
    for (place, removed, put, times) in edits {
        let at = place.index(spoiled.len() + 1);
        let end = (at + removed).min(spoiled.len());
        let put = DICTIONARY[put % DICTIONARY.len()].repeat(usize::from(*times));
        spoiled.splice(at..end, put);
    }
    spoiled
}

#[test]
fn every_seed_passes_and_no_target_is_without() {
    for (name, target) in targets::TARGETS {
        let seeds = seeds(name);
        assert!(seeds.len() >= 3, "{name} has too few seeds");
        for seed in seeds {
            target(&seed);
        }
        target(b"");
    }
}

#[test]
fn every_target_has_a_fuzzer() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("the fuzzers have a package");
    for (name, _) in targets::TARGETS {
        let fuzzer = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).expect("a target has a fuzzer");
        assert!(fuzzer.contains(&format!("run(\"{name}\"")), "{name}");
        assert!(manifest.contains(&format!("\"fuzz_targets/{name}.rs\"")), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoiled_seeds_never_panic(
        pick in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, 0_usize..64, 0_u8..4), 1..6),
    ) {
        for (name, target) in targets::TARGETS {
            let seeds = seeds(name);
            target(&spoil(&seeds[pick.index(seeds.len())], &edits));
        }
    }
}
