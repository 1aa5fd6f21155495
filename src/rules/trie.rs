//! All patterns that are plain words in a row, in one tree over atoms, so that one walk from each word finds them all.
//!
//! Most patterns of most rules are such rows, once their alternatives are written out. Runs of characters that other
//! patterns require stand in the same tree. What a row means is the caller's business: it is filed with a number.

use std::hash::Hasher as _;

use rustc_hash::{FxHashMap, FxHasher};

use crate::rules::vocabulary::AtomId;

/// A place in the tree.
type Node = u32;

/// The root, which no edge leads to.
const ROOT: Node = 0;
/// An edge that is not there.
const NOWHERE: (Node, AtomId, Node) = (Node::MAX, AtomId::MAX, ROOT);

/// Rows of atoms and what they are filed as.
#[derive(Debug, Default)]
pub(in crate::rules) struct Trie {
    /// The node each atom leads to from the root.
    roots: Vec<Node>,
    /// All other edges, by open addressing: where from, the atom, where to.
    edges: Vec<(Node, AtomId, Node)>,
    /// Where the numbers filed at each node begin, and one more.
    starts: Vec<u32>,
    filed: Vec<u32>,
}

/// A tree that grows.
#[derive(Debug, Default)]
pub(in crate::rules) struct Builder {
    edges: FxHashMap<(Node, AtomId), Node>,
    filed: Vec<(Node, u32)>,
    last: Node,
}

impl Builder {
    /// Files a number under a row of atoms. Filing it twice under the same row is filing it once.
    pub(in crate::rules) fn file(&mut self, row: &[AtomId], number: u32) {
        let mut node = ROOT;
        for atom in row {
            let next = self.last + 1;
            node = *self.edges.entry((node, *atom)).or_insert(next);
            self.last = self.last.max(node);
        }
        self.filed.push((node, number));
    }

    /// Completes the tree; atoms are numbered below `n_atoms`.
    pub(in crate::rules) fn finish(mut self, n_atoms: AtomId) -> Trie {
        self.filed.sort_unstable();
        self.filed.dedup();
        let mut starts = Vec::with_capacity(self.last as usize + 2);
        let mut filed = Vec::with_capacity(self.filed.len());
        let mut rest = self.filed.as_slice();
        for node in 0..=self.last {
            starts.push(small(filed.len()));
            let own = rest.partition_point(|(at, _)| *at == node);
            filed.extend(rest[..own].iter().map(|(_, number)| *number));
            rest = &rest[own..];
        }
        starts.push(small(filed.len()));
        let mut roots = vec![ROOT; n_atoms as usize];
        let inner = self.edges.len().max(1) * 2;
        let mut edges = vec![NOWHERE; inner.next_power_of_two()];
        let mask = edges.len() - 1;
        for ((from, atom), to) in self.edges {
            if from == ROOT {
                roots[atom as usize] = to;
                continue;
            }
            let mut at = place(from, atom) & mask;
            while edges[at].0 != NOWHERE.0 {
                at = (at + 1) & mask;
            }
            edges[at] = (from, atom, to);
        }
        Trie { roots, edges, starts, filed }
    }
}

impl Trie {
    /// Calls `found` with the numbers filed under every row that begins at a word, and where the row ends.
    ///
    /// `atoms` gives the atoms of a word, none where no row runs on to it from the word before; `end` is the end of the
    /// sentence. Returns how many nodes were visited.
    pub(in crate::rules) fn walk<'a>(
        &self,
        first: &[AtomId],
        atoms: &impl Fn(usize) -> &'a [AtomId],
        start: usize,
        end: usize,
        found: &mut impl FnMut(&[u32], usize),
    ) -> u64 {
        let mut visited = 0;
        for atom in first {
            let node = self.roots[*atom as usize];
            if node != ROOT {
                visited += self.walk_on(node, atoms, start + 1, end, found);
            }
        }
        visited
    }

    fn walk_on<'a>(
        &self,
        mut node: Node,
        atoms: &impl Fn(usize) -> &'a [AtomId],
        mut at: usize,
        end: usize,
        found: &mut impl FnMut(&[u32], usize),
    ) -> u64 {
        let mut visited = 0;
        loop {
            visited += 1;
            let filed = self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize;
            if !filed.is_empty() {
                found(&self.filed[filed], at);
            }
            if at == end {
                return visited;
            }
            let mut ways = atoms(at).iter().filter_map(|atom| self.follow(node, *atom));
            let Some(first) = ways.next() else { return visited };
            for other in ways {
                visited += self.walk_on(other, atoms, at + 1, end, found);
            }
            (node, at) = (first, at + 1);
        }
    }

    fn follow(&self, from: Node, atom: AtomId) -> Option<Node> {
        let mask = self.edges.len() - 1;
        let mut at = place(from, atom) & mask;
        loop {
            let edge = self.edges[at];
            if edge.0 == NOWHERE.0 {
                return None;
            }
            if (edge.0, edge.1) == (from, atom) {
                return Some(edge.2);
            }
            at = (at + 1) & mask;
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a hash")]
fn place(from: Node, atom: AtomId) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write_u64(u64::from(from) << 32 | u64::from(atom));
    hasher.finish() as usize
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("files of all rules together stay below 4 GB")
}
