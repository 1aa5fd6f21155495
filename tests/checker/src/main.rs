//! `checker RUN_FOLDER`: prints the judgement and ends with 0 (holds), 1 (broken) or 2 (nothing can be said).

use std::{env, path::PathBuf, process::ExitCode};

use checker::{report::Report, run};

/// What is asked for.
struct Asked {
    folder: PathBuf,
    is_json: bool,
    is_full: bool,
}

fn main() -> ExitCode {
    let Some(asked) = asked() else {
        return say(&mut std::io::stderr(), "usage: checker [--json] [--all] RUN_FOLDER", 2);
    };
    let run = match run::read(&asked.folder) {
        Ok(run) => run,
        Err(refused) => return say(&mut std::io::stderr(), &format!("nothing can be said: {refused}"), 2),
    };
    let report = Report { is_full: asked.is_full, ..Report::of(&run) };
    let text = if asked.is_json { report.json().to_string() } else { report.to_string() };
    say(&mut std::io::stdout(), text.trim_end(), u8::from(!report.failed().is_empty()))
}

fn asked() -> Option<Asked> {
    let mut folder = None;
    let (mut is_json, mut is_full) = (false, false);
    for argument in env::args_os().skip(1) {
        match argument.to_str() {
            Some("--json") => is_json = true,
            Some("--all") => is_full = true,
            Some(option) if option.starts_with('-') => return None,
            _ if folder.is_some() => return None,
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    Some(Asked { folder: folder?, is_json, is_full })
}

/// Writes a text and returns the exit code: 2 if it cannot be written, since a judgement that nobody can read is none.
fn say(to: &mut impl std::io::Write, text: &str, code: u8) -> ExitCode {
    match writeln!(to, "{text}") {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(2),
    }
}
