//! Work over many items, spread over the processor's cores, with the outcome in the order of the items.
//!
//! For what takes long once (learning examples, judging them, `check`), never for a message.

use std::{num::NonZero, panic::resume_unwind, thread};

/// Fewer items are done sooner than threads are started.
const FEW: usize = 64;
/// A service answers messages meanwhile: it must not wait for all cores of a large machine.
const MAX_THREADS: usize = 4;

/// Hands neighboring items in as many parts as there are cores to `work`, and returns what it makes of each part, in
/// order. Neither depends on anything but how the parts are joined: whoever calls this must not care where they end.
pub fn spread<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    if threads == 1 || items.len() < FEW {
        return vec![work(items)];
    }
    let work = &work;
    thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(threads)).map(|part| scope.spawn(move || work(part)));
        let parts: Vec<_> = parts.collect();
        parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
