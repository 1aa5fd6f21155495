//! Foreign programs that must not outlive the test: not when it panics, and not when its process is killed.

use std::{
    fs,
    fs::File,
    io,
    os::unix,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Starts the program and ends it when its standard input closes, which the kernel does for a killed test as well.
/// Ctrl-C reaches the whole process group; the watch itself must survive it to end the program.
const WATCH: &str =
    r#"trap "" INT HUP; "$@" </dev/null & child=$!; read -r _; kill "$child" 2>/dev/null; wait "$child""#;

/// A running program; ended when dropped.
pub(crate) struct Guarded {
    watch: Child,
}

/// The user under whom servers run: Dovecot refuses to keep mail as root.
pub(crate) struct RunAs {
    /// User name.
    pub(crate) user: String,
    /// Group name.
    pub(crate) group: String,
    drop_root: bool,
}

impl Guarded {
    /// Starts a program as that user; what it says goes to the file.
    pub(crate) fn start(run_as: &RunAs, program: &str, args: Vec<String>, says: &Path) -> io::Result<Self> {
        let said = File::create(says)?;
        let mut words = run_as.prefix();
        words.push(program.to_owned());
        words.extend(args);
        let watch = Command::new("/bin/sh")
            .args(["-c", WATCH, "watch"])
            .args(&words)
            .stdin(Stdio::piped())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        Ok(Self { watch })
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        self.watch.wait().expect("the watch was started and not yet waited for");
    }
}

impl RunAs {
    /// Returns the user who runs the tests, or `nobody` for root.
    pub(crate) fn current() -> Self {
        let drop_root = said_by("id", &["-u"]) == "0";
        let who: &[&str] = if drop_root { &["nobody"] } else { &[] };
        let ask = |flag| said_by("id", &[&[flag], who].concat());
        Self { user: ask("-un"), group: ask("-gn"), drop_root }
    }

    /// Returns a command that runs the program as this user.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut words = self.prefix();
        words.push(program.to_owned());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null());
        command
    }

    /// Gives a file, or a folder and everything in it, to this user.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        if !self.drop_root {
            return Ok(());
        }
        let number = |flag| said_by("id", &[flag, &self.user]).parse().ok();
        hand_over(path, number("-u"), number("-g"))
    }

    fn prefix(&self) -> Vec<String> {
        if !self.drop_root {
            return vec![];
        }
        let (user, group) = (format!("--reuid={}", self.user), format!("--regid={}", self.group));
        vec!["setpriv".to_owned(), user, group, "--clear-groups".to_owned()]
    }
}

/// Returns the program's full path; panics with what to do if it is not installed.
pub(crate) fn installed(candidates: &[&'static str]) -> &'static str {
    let found = candidates.iter().find(|path| Path::new(path).exists());
    found.unwrap_or_else(|| panic!("{} is not installed: `bash tests/run` installs what tests need", candidates[0]))
}

fn hand_over(path: &Path, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    unix::fs::chown(path, user, group)?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            hand_over(&entry?.path(), user, group)?;
        }
    }
    Ok(())
}

fn said_by(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
