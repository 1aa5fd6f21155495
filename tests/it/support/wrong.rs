//! A clock that is wrong, for one process: the real program under libfaketime.

use super::needs;

/// A clock that is wrong.
pub(crate) struct Wrong {
    library: String,
    clock: &'static str,
    zone: &'static str,
}

impl Wrong {
    /// Returns a clock in libfaketime's words, in a time zone; none where somebody wished to do without the library.
    pub(crate) fn clock(clock: &'static str, zone: &'static str) -> Option<Self> {
        let library = needs::has("faketime").then(needs::faked_time)??;
        Some(Self { library: library.display().to_string(), clock, zone })
    }

    /// Returns the variables with which a program is started under it.
    pub(crate) fn environment(&self) -> [(&str, &str); 4] {
        [
            ("LD_PRELOAD", &self.library),
            ("FAKETIME", self.clock),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("TZ", self.zone),
        ]
    }
}
