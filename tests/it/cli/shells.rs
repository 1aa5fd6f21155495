//! Completions: every shell gets some, and the shells of this machine can read them.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::cli::nightdesk;

#[test]
fn every_shell_gets_completions_that_it_can_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for (shell, check) in [
        ("bash", Some("bash -n")),
        ("zsh", Some("zsh -n")),
        ("fish", Some("fish --no-execute")),
        ("powershell", None),
        ("elvish", Some("elvish -compileonly")),
    ] {
        let output = nightdesk(folder.path()).args(["completions", shell]).output().expect("it runs");
        let script = String::from_utf8(output.stdout).expect("text");
        for word in ["explain", "ticket", "claim", "rule", "completions"] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
        let path = folder.path().join(shell);
        fs::write(&path, &script).expect("own folder");
        let Some((program, argument)) = check.and_then(|check| check.split_once(' ')) else { continue };
        // A shell that is not installed cannot say anything.
        let Ok(checked) = Command::new(program).arg(argument).arg(&path).stdin(Stdio::null()).output() else {
            continue;
        };
        assert!(checked.status.success(), "{shell}: {}", String::from_utf8_lossy(&checked.stderr));
    }
}
