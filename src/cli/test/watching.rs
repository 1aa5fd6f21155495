//! `--watch`: the same run again whenever a file was saved.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::{
    cli::{exit::Exit, files::stories_folder, output, reload, run::stop_on_signal, runtime, test::Test},
    library::watch::{State, Watch},
};

/// Clears the screen and goes to its first line (ECMA-48: ED, CUP).
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

/// Runs, waits for a change, and runs again until Ctrl-C.
pub(super) fn run(test: &Test, config: &Path) -> anyhow::Result<Exit> {
    runtime()?.block_on(async {
        // Listened for all the time: Ctrl-C in the middle of a run ends it after that run.
        let stop = CancellationToken::new();
        stop_on_signal(stop.clone());
        loop {
            // Looked at before it is read: what is saved meanwhile is run again.
            let state = State::of(roots(config));
            if output::data_is_terminal() {
                output::raw(CLEAR);
            }
            if let Err(error) = test.once(config) {
                // A file that is half mended is no reason to stop.
                output::failure(&error);
            }
            output::talk("Waiting for changes; Ctrl-C ends.");
            let mut watch = Watch::new(state);
            tokio::select! {
                () = watch.changed() => {}
                () = stop.cancelled() => return Ok(Exit::Success),
            }
        }
    })
}

fn roots(config: &Path) -> Vec<PathBuf> {
    let mut roots = reload::roots(config);
    roots.push(stories_folder(config));
    roots
}
