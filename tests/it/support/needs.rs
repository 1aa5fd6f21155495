//! What the tests need of the machine besides Rust. What misses a program fails and says which; only who names the
//! package in `NIGHTDESK_TESTS_WITHOUT` does without, and is told so. What a machine does not allow (to mount a file
//! system, to trace a process) cannot be installed: the few tests of that kind say that they were skipped.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use super::postgres;

/// Names packages, separated by spaces, whose tests may be left out. `tests/run` takes it away in continuous integration.
pub(crate) const WITHOUT: &str = "NIGHTDESK_TESTS_WITHOUT";

/// Names the file in which `tests/run` collects what was skipped, because test runners hide what a passing test says.
const SKIPPED: &str = "NIGHTDESK_TESTS_SKIPPED";

/// A Debian package, and how it is noticed that its programs are there.
pub(crate) struct Need {
    /// As `apt-get install` takes it.
    pub(crate) package: &'static str,
    /// What it is needed for.
    pub(crate) shows: &'static str,
    is_there: fn() -> bool,
}

/// All of them, in the order of docs/proof.md.
pub(crate) const NEEDS: [Need; 12] = [
    Need { package: "build-essential", shows: "building; SQLite comes as C", is_there: || runs("cc") },
    Need {
        package: "dovecot-imapd",
        shows: "mailboxes on a real IMAP server",
        is_there: || exists(&["/usr/lib/dovecot/imap", "/usr/libexec/dovecot/imap"]),
    },
    Need {
        package: "dovecot-lmtpd",
        shows: "mail brought into them",
        is_there: || exists(&["/usr/lib/dovecot/lmtp", "/usr/libexec/dovecot/lmtp"]),
    },
    Need {
        package: "dovecot-sieve",
        shows: "other robots: vacation answers that must not start a loop",
        is_there: || exists(&["/usr/lib/dovecot/modules/lib90_sieve_plugin.so"]),
    },
    Need {
        package: "python3-aiosmtpd",
        shows: "submission to a server that is not ours",
        is_there: || succeeds(Command::new("/usr/bin/python3").args(["-c", "import aiosmtpd"])),
    },
    Need { package: "postgresql", shows: "the store on PostgreSQL", is_there: || postgres::programs().is_some() },
    Need { package: "faketime", shows: "clocks that jump", is_there: || faked_time().is_some() },
    Need { package: "strace", shows: "EIO and ENOSPC of single writes", is_there: || runs("strace") },
    Need { package: "e2fsprogs", shows: "power cuts of a file system", is_there: || runs("mkfs.ext4") },
    Need { package: "chromium", shows: "the console as people see it", is_there: || runs("chromium") },
    Need { package: "chromium-driver", shows: "and as they use it", is_there: || runs("chromedriver") },
    Need { package: "curl", shows: "the commands of docs/api.md", is_there: || runs("curl") },
];

/// Says whether the programs of a package are there. Panics if they are not and nobody wished to do without.
pub(crate) fn has(package: &str) -> bool {
    let need = NEEDS.iter().find(|need| need.package == package).expect("every package is in the list");
    if (need.is_there)() {
        return true;
    }
    assert!(is_waived(package), "{}", missing(package));
    skipped(&format!("the Debian package `{package}` is not installed, and {WITHOUT} names it"));
    false
}

/// Says whether the caller wished to do without a package.
pub(crate) fn is_waived(package: &str) -> bool {
    std::env::var(WITHOUT).is_ok_and(|names| names.split_whitespace().any(|name| name == package))
}

/// Returns what to do about a package that is missing.
pub(crate) fn missing(package: &str) -> String {
    format!(
        "the Debian package `{package}` is not installed: `bash tests/run` installs it, and {WITHOUT}={package} does \
         without (docs/proof.md)"
    )
}

/// Says that something was not played: once for each reason, to who looks on and in the summary of `tests/run`.
pub(crate) fn skipped(why: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if !SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(why.to_owned()) {
        return;
    }
    // Not `eprintln`, which the test runner keeps for itself when the test passes.
    writeln!(std::io::stderr(), "skipped: {why}").expect("stderr takes a line");
    if let Some(list) = std::env::var_os(SKIPPED) {
        let mut list = File::options().append(true).create(true).open(list).expect("the list can be written");
        list.write_all(format!("{why}\n").as_bytes()).expect("the list can be written");
    }
}

/// Returns libfaketime for programs with threads, wherever this machine's kind keeps it.
pub(crate) fn faked_time() -> Option<PathBuf> {
    let kinds = fs::read_dir("/usr/lib").ok()?.flatten();
    kinds.map(|kind| kind.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists())
}

fn exists(candidates: &[&str]) -> bool {
    candidates.iter().any(|path| Path::new(path).exists())
}

/// Says whether a program is in the path or where administrators' programs are.
fn runs(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(more).any(|folder| folder.join(program).is_file())
}

fn succeeds(command: &mut Command) -> bool {
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}
