//! Exit codes: an interface for scripts and process managers.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Success,
    /// It ran and found something wrong: `check` found errors, `test` a failing example, `match` a line that is no message.
    Findings,
    /// The command line is wrong; clap says how.
    Usage,
    /// The configuration, the rules or the replies cannot be used.
    Configuration,
    /// Something outside failed: the store, a server, a port, the disk.
    Failure,
    /// Not possible in the state things are in: the ticket is somebody else's, the folder is taken.
    Refused,
}

impl Exit {
    /// Every code with its number, as documented.
    pub const ALL: [(Self, u8); 6] = [
        (Self::Success, 0),
        (Self::Findings, 1),
        (Self::Usage, 2),
        (Self::Configuration, 3),
        (Self::Failure, 4),
        (Self::Refused, 5),
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        let code = Exit::ALL.iter().find(|(known, _)| *known == exit);
        Self::from(code.map_or(1, |(_, number)| *number))
    }
}
