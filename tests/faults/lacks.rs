//! What a case needs and this machine does not have. A program can be installed, so its lack is a failure; a right
//! cannot, so its lack is said and counted.

use std::process::Command;

use crate::{
    server::Server,
    support::needs,
    volume::{Storage, Volume},
    world::Shape,
};

/// Why a case cannot run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lack {
    /// This Debian package is not installed.
    Package(&'static str),
    /// The machine does not allow something.
    Right(String),
}

impl Lack {
    /// Says why the case is left out, if it may be; otherwise it failed.
    pub(crate) fn excuse(&self) -> Result<String, String> {
        match self {
            Self::Right(why) => Ok(why.clone()),
            Self::Package(package) if needs::is_waived(package) => {
                Ok(format!("the Debian package `{package}` is not installed"))
            }
            Self::Package(package) => Err(needs::missing(package)),
        }
    }
}

/// Nothing special is needed beyond what a shape needs.
pub(crate) fn nothing() -> Option<Lack> {
    None
}

/// Says why a shape cannot run here.
pub(crate) fn of_shape(shape: Shape) -> Option<Lack> {
    (shape.postgres && !Server::is_installed()).then_some(Lack::Package("postgresql"))
}

/// Says why nothing can be kept there.
pub(crate) fn of_storage(storage: Storage) -> Option<Lack> {
    match storage {
        Storage::Folder => None,
        Storage::Image if !starts("mkfs.ext4", "-V") => Some(Lack::Package("e2fsprogs")),
        Storage::Image if of_python().is_some() => of_python(),
        Storage::Small | Storage::Image => {
            let tried = Volume::mount(storage);
            tried.err().map(|error| Lack::Right(format!("file systems cannot be mounted here: {error}")))
        }
    }
}

/// Says why no script can be run here; the package that the tests need anyway brings Python.
pub(crate) fn of_python() -> Option<Lack> {
    (!starts("python3", "-V")).then_some(Lack::Package("python3-aiosmtpd"))
}

/// Says why no system call can be made to fail here.
pub(crate) fn of_strace() -> Option<Lack> {
    if !starts("strace", "-V") {
        return Some(Lack::Package("strace"));
    }
    let tried = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).status();
    let works = tried.is_ok_and(|status| status.success());
    (!works).then(|| Lack::Right("processes cannot be traced here".to_owned()))
}

fn starts(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok()
}
