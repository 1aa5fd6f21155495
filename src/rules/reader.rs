//! Reads rule files ahead of the compiler: YAML is most of the work of loading, and files do not need one another.
//!
//! What is read and in which order it is handed over does not depend on the number of threads.

use std::{num::NonZero, sync::mpsc, thread};

use crate::{
    diagnostic::{
        Diagnostic,
        source::{FileId, SourceMap},
    },
    rules::syntax::{self, RuleFile},
};

/// Fewer files are read sooner than threads are started.
const FEW: usize = 64;
/// More threads wait for the compiler, which is one.
const MAX_THREADS: usize = 4;
/// So many files each thread may be ahead: what was written of all files at once would be ten times as large as the rules.
const AHEAD: usize = 32;

/// Hands over every file as read, in order.
pub(in crate::rules) fn read_all(
    sources: &SourceMap,
    files: &[FileId],
    mut take: impl FnMut(Option<RuleFile>, Vec<Diagnostic>),
) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    if threads == 1 || files.len() < FEW {
        for file in files {
            let (written, found) = syntax::read(sources, *file);
            take(written, found);
        }
        return;
    }
    thread::scope(|scope| {
        let readers = (0..threads).map(|first| {
            let (send, receive) = mpsc::sync_channel(AHEAD);
            let own = files.iter().skip(first).step_by(threads);
            scope.spawn(move || {
                for file in own {
                    if send.send(syntax::read(sources, *file)).is_err() {
                        return;
                    }
                }
            });
            receive
        });
        let readers: Vec<_> = readers.collect();
        for (_, reader) in files.iter().zip(readers.iter().cycle()) {
            // A reader that panics passes its panic on where the scope ends.
            let Ok((written, found)) = reader.recv() else { break };
            take(written, found);
        }
    });
}
