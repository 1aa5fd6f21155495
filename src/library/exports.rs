//! The folder of exported tables of orders: which files there are, and reading one of them.
//!
//! What a file says is handed on a batch at a time, so that a million lines need no more memory than a thousand.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use sha2::{Digest as _, Sha256};

use crate::{
    model::order::{OrderFile, OrderLine},
    orders::{
        guess,
        recognize::{ANY, data_version},
        settings::{FileRule, Settings},
        source::{self, Look},
        table::{self, Plan, Refused, Summary},
    },
};

/// More tables than any shop exports into one folder.
const MAX_FILES: usize = 10_000;
/// Clocks of file servers are wrong by some minutes.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(1);
/// The bytes kept of the hash over how a file is read.
const HASH_BYTES: usize = 8;

/// A file that may be a table of orders, as it stands in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Its name, time and size. Its series is known after a look inside.
    pub file: OrderFile,
    /// How the seller wants it read.
    pub rule: FileRule,
    /// By which columns and words it is read, as a hash: another one means that it is read again.
    pub how: String,
    /// It says that it was written in time to come, so nobody knows when it is too old.
    pub ahead: bool,
}

/// A file that was looked into and can be read.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The file, with its series.
    pub found: Found,
    /// How it is read.
    pub plan: Plan,
    look: Look,
}

/// Returns the tables of the folder by name.
pub fn list(settings: &Settings, now: Timestamp) -> io::Result<Vec<Found>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(&settings.folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rule) = settings.rule_for(&name) else { continue };
        // A file may vanish between the list and a look at it.
        let Ok(found) = found(&entry.path(), name, rule, now) else { continue };
        all.extend(found);
        if all.len() > MAX_FILES {
            return Err(io::Error::other(format!("the folder holds more than {MAX_FILES} tables")));
        }
    }
    all.sort_by(|left, right| left.file.name.cmp(&right.file.name));
    Ok(all)
}

/// Returns whether a file of the folder is there.
pub fn is_there(settings: &Settings, name: &str) -> bool {
    settings.folder.join(name).is_file()
}

/// Returns a file as it stands now; none if it is no plain file.
pub fn found(path: &Path, name: String, rule: FileRule, now: Timestamp) -> io::Result<Option<Found>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let written = Timestamp::try_from(metadata.modified()?).unwrap_or(now);
    // The store keeps milliseconds, and a file is known again by its time.
    let as_of = Timestamp::from_millisecond(written.as_millisecond()).unwrap_or(now);
    let file = OrderFile { name, series: String::new(), as_of, size: metadata.len() };
    let how = how(&rule);
    let ahead = as_of.duration_since(now) > CLOCKS_DIFFER;
    Ok(Some(Found { path: path.to_owned(), file, rule, how, ahead }))
}

fn how(rule: &FileRule) -> String {
    let digest = Sha256::digest(format!("{rule:?}{}", data_version()));
    digest[..HASH_BYTES].iter().fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// Looks into a file and finds out how it is to be read.
pub fn open(mut found: Found) -> Result<Opened, Refused> {
    if found.ahead {
        return Err(Refused::Ahead);
    }
    let look = source::look(file(&found.path)?, found.rule.encoding).map_err(unreadable)?;
    let plan = table::plan(&look, &found.rule)?;
    let export = Some(plan.columns.export).filter(|export| *export != ANY).map(str::to_owned);
    found.file.series = found.rule.name.clone().or(export).unwrap_or_else(|| stem(&found));
    Ok(Opened { found, plan, look })
}

/// Returns what files of one kind have in common that nobody named and nobody knows: the pattern they fit, or their name
/// without days and numbers.
fn stem(found: &Found) -> String {
    if !found.rule.pattern.is_empty() {
        return found.rule.pattern.clone();
    }
    found.file.name.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// Returns a file whose header nobody knows with a rule that names its columns by what stands in them.
pub fn guessed(mut found: Found) -> Result<Found, Refused> {
    let look = source::look(file(&found.path)?, found.rule.encoding).map_err(unreadable)?;
    found.rule.columns = guess::columns(&look, found.rule.delimiter);
    Ok(found)
}

impl Opened {
    /// Reads all of it; every `batch` lines go to `take`, which may end the reading by returning false.
    pub fn read(&self, batch: usize, mut take: impl FnMut(Vec<OrderLine>) -> bool) -> Result<Summary, Refused> {
        let written = self.found.file.as_of.to_zoned(TimeZone::UTC).date();
        let mut table = table::open(file(&self.found.path)?, &self.look, self.plan.clone(), written)?;
        let mut lines = Vec::new();
        while let Some(line) = table.next_line()? {
            lines.push(line);
            if lines.len() == batch && !take(std::mem::take(&mut lines)) {
                return Ok(table.finish());
            }
        }
        take(lines);
        Ok(table.finish())
    }

    /// Returns how its characters are written, for people.
    pub fn encoding(&self) -> &'static str {
        self.look.encoding.name()
    }

    /// Returns whether the file is still as it was when it was looked into.
    pub fn is_unchanged(&self, now: Timestamp) -> bool {
        let Found { path, file, rule, .. } = &self.found;
        let current = found(path, file.name.clone(), rule.clone(), now).ok().flatten();
        current.is_some_and(|current| (current.file.as_of, current.file.size) == (file.as_of, file.size))
    }
}

fn file(path: &Path) -> Result<impl Read, Refused> {
    File::open(path).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over errors")]
fn unreadable(error: io::Error) -> Refused {
    Refused::Unreadable(error.to_string())
}
