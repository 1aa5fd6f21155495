//! Every file of `tests/data/orders/exports/` is read as it lies in a seller's folder; `expected.txt` says what is
//! understood of it. `UPDATE=1` rewrites it.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use nightdesk::{
    library::exports,
    model::order::{LineStatus, OrderLine, OrderStatus},
    orders::{
        field::Field,
        settings::{DEFAULT_STALE_AFTER, FileRule, Settings},
        table::Refused,
    },
};

/// After every day in the exports.
const NOW: &str = "2026-11-20T02:00:00Z";

#[test]
fn exports_are_understood_as_expected() {
    let mut listing = String::new();
    for path in files() {
        describe(&mut listing, &path);
    }
    let expected = root().join("expected.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, &listing).expect("the listing is written");
        return;
    }
    let known = fs::read_to_string(&expected).unwrap_or_default();
    assert!(known == listing, "it differs; run with UPDATE=1 and review. Now:\n{listing}");
}

#[test]
fn a_quotation_mark_that_is_never_closed_refuses_the_file_and_not_the_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.csv");
    let mut text = "Order ID,Email,Status,Note\n1001,a@example.org,paid,\"open\n".to_owned();
    text.push_str(&"1002,b@example.org,paid,x\n".repeat(100_000));
    fs::write(&path, text).expect("written");
    assert_eq!(lines(&path).expect_err("it has no end"), Refused::Endless { line: 2 });
}

#[test]
fn a_damaged_byte_hides_no_other_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.csv");
    fs::write(
        &path,
        b"Order ID,Email,Status,Note\n1001,a@example.org,paid,\xff\xc3\n1002,b@example.org,shipped,\xe4\n",
    )
    .expect("written");
    assert_eq!(lines(&path).expect("it is read").len(), 2);
}

#[test]
fn exports_of_several_days_are_one_series() {
    let folder = tempfile::tempdir().expect("a folder");
    let series = |name: &str| {
        let path = folder.path().join(name);
        fs::write(&path, "Order ID,Email,Status\n1001,a@example.org,paid\n").expect("written");
        open(&path).expect("it is an export").found.file.series
    };
    assert_eq!(series("erp-2026-11-19.csv"), series("erp-2026-11-20.csv"));
    assert_ne!(series("erp-2026-11-19.csv"), series("other-2026-11-19.csv"));
}

#[test]
fn what_is_yet_to_come_has_not_happened() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.csv");
    fs::write(&path, "Order ID,Email,Status,Shipped,Delivered\n1001,a@example.org,paid,2026-11-19,2026-11-28\n")
        .expect("written");
    let lines = lines(&path).expect("it is read");
    assert_eq!((lines[0].status, lines[0].delivered), (Some(LineStatus::Known(OrderStatus::Shipped)), None));
    let tomorrow = SystemTime::now() + Duration::from_hours(24);
    fs::File::options().write(true).open(&path).expect("it is there").set_modified(tomorrow).expect("set");
    assert_eq!(open(&path).expect_err("nobody knows how old it is"), Refused::Ahead);
}

#[test]
fn files_that_programs_have_not_finished_are_no_exports() {
    let settings = Settings {
        folder: PathBuf::new(),
        stale_after: DEFAULT_STALE_AFTER,
        files: vec![FileRule { pattern: "*orders*".to_owned(), ..FileRule::default() }],
    };
    for name in
        [".~lock.orders.csv#", "~$orders.csv", "orders.csv~", "orders.csv.part", "orders.csv.crdownload", "notes.md"]
    {
        assert_eq!(settings.rule_for(name), None, "{name}");
    }
    for name in ["orders", "ORDERS.CSV", "other.csv", "other.txt"] {
        assert!(settings.rule_for(name).is_some(), "{name}");
    }
}

fn lines(path: &Path) -> Result<Vec<OrderLine>, Refused> {
    let mut lines = Vec::new();
    open(path)?.read(100, |batch| {
        lines.extend(batch);
        true
    })?;
    Ok(lines)
}

fn open(path: &Path) -> Result<exports::Opened, Refused> {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut found =
        exports::found(path, name, FileRule::default(), Timestamp::now()).expect("readable").expect("a file");
    // What lies in a working copy was written at any time.
    found.file.as_of = NOW.parse().expect("a moment");
    exports::open(found)
}

fn describe(listing: &mut String, path: &Path) {
    let name = path.file_name().expect("a name").to_string_lossy();
    let opened = match open(path) {
        Ok(opened) => opened,
        Err(refused) => {
            let _infallible = writeln!(listing, "{name}: {refused}\n  {}\n", refused.help());
            return;
        }
    };
    let (plan, series) = (&opened.plan, &opened.found.file.series);
    let _infallible = writeln!(listing, "{name}: {}, {:?}, series {series}", opened.encoding(), plan.delimiter);
    let columns = Field::ALL.iter().filter_map(|field| {
        let at = plan.columns.at.get(field)?;
        let names: Vec<&str> = at.iter().map(|at| plan.header[*at].as_str()).collect();
        Some(format!("{}={}", field.as_str(), names.join("+")))
    });
    let _infallible = writeln!(listing, "  columns {}", columns.collect::<Vec<_>>().join(", "));
    let mut lines = Vec::new();
    let read = opened.read(2, |batch| {
        lines.extend(batch);
        true
    });
    for line in &lines {
        let _infallible = writeln!(listing, "  {}", said(line));
    }
    match read {
        Ok(summary) => {
            for problem in &summary.problems {
                let _infallible = writeln!(listing, "  ! {problem}: {}", problem.kind.help());
            }
        }
        Err(refused) => {
            let _infallible = writeln!(listing, "  !! {refused}: {}", refused.help());
        }
    }
    listing.push('\n');
}

fn said(line: &OrderLine) -> String {
    let status = match line.status {
        Some(LineStatus::Known(status)) => status.as_str(),
        Some(LineStatus::Unclear) => "unclear",
        None => "-",
    };
    let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{}: {} {} {status} placed {} shipped {} delivered {} {} {}",
        line.line,
        line.number,
        text(&line.email),
        day(line.placed),
        day(line.shipped),
        day(line.delivered),
        text(&line.carrier),
        text(&line.tracking)
    )
}

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(root()).expect("the exports are there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.retain(|path| !path.ends_with("expected.txt"));
    files.sort();
    assert!(files.len() >= 12, "only {} exports", files.len());
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/orders/exports")
}
