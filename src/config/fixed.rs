//! The parts of the configuration that are read at the start only: what they were, so that a change can be named.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use sha2::{Digest as _, Sha256};

use crate::diagnostic::yaml::{Kind, Node};

/// Sections whose change needs a restart: connections, files and ports are opened once. Everything else is in force as
/// soon as it is saved.
const SECTIONS: [&str; 9] =
    ["accounts", "console", "store", "status", "delivery", "trusted_authserv_ids", "orders", "webhooks", "staff_mail"];

/// The fixed sections as they were read, by hash: they hold secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Fixed(BTreeMap<&'static str, [u8; 32]>);

impl Fixed {
    /// Takes the fixed sections of a configuration whose variables are filled.
    pub(super) fn of(root: &Node) -> Self {
        // Accounts sign with the shop's name where they have none of their own.
        let name = root.get("shop").and_then(|shop| shop.get("name"));
        let hash = |section: &'static str| {
            let mut text = String::new();
            let nodes = root.get(section).into_iter().chain(name.filter(|_| section == "accounts"));
            for node in nodes {
                write_plain(node, &mut text);
            }
            (section, Sha256::digest(text.as_bytes()).into())
        };
        Self(SECTIONS.into_iter().map(hash).collect())
    }

    /// Returns the names of the sections that differ, in the order of the alphabet.
    pub fn changed(&self, now: &Self) -> Vec<String> {
        let differs = |(section, hash): &(&&'static str, &[u8; 32])| now.0.get(**section) != Some(*hash);
        self.0.iter().filter(differs).map(|(section, _)| format!("`{section}`")).collect()
    }
}

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A section written out as its default is another text and the same configuration.
        f.write_str("Fixed(…)")
    }
}

/// Writes a value without its place, so that moving a section is no change.
fn write_plain(node: &Node, text: &mut String) {
    match &node.kind {
        Kind::List(items) => {
            text.push('[');
            for item in items {
                write_plain(item, text);
            }
            text.push(']');
        }
        Kind::Mapping(entries) => {
            text.push('{');
            for (key, value) in entries {
                write_plain(key, text);
                write_plain(value, text);
            }
            text.push('}');
        }
        scalar => write!(text, "{scalar:?},").expect("a String takes everything"),
    }
}
