//! Hostile servers: each case is a script under `tests/data/imap/scripts/` with what is given before and expected after.
//!
//! The clock stands still while bytes travel and runs ahead when nothing happens, so waits of minutes cost nothing.
//!
//! Lines of a case beside the script: `given: mark V:UID [newest TIME]`, `given: first UID`, `given: store refuses N`,
//! `given: tls starttls`, `given: host H`, `given: user U`, `given: password P`, `given: junk`;
//! `expect: batches [uid uid] [uid]`, `expect: mark V:UID`, `expect: missed N`,
//! `expect: reconciled UID UID`, `expect: connections N`, `expect: ended stopped|WORDS`,
//! `expect: error WORDS` (the last error people see), `expect: logged WORDS`, `expect: within|after SECONDS` (of the stopped clock).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use nightdesk::{
    channel::{
        Channel as _, FolderState, ListenError,
        email::{EmailChannel, Settings, TlsMode, status::FolderStatus},
    },
    model::{
        ids::AccountName,
        receive::{FolderMark, Received, SourceKey},
    },
};
use secrecy::SecretString;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Level;

use crate::{
    imap::account::{PASSWORD, account},
    support::{
        imap_script::{ScriptedServer, Seen, read},
        ledger::Ledger,
    },
};

/// Who logs in where a case says nothing else.
const USER: &str = "shop@example.com";

/// When the shop of these cases began to answer.
const GO_LIVE: &str = "2026-11-01T00:00:00Z";

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        const CASES: &[&str] = &[$(stringify!($name)),*];
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                play(stringify!($name)).await;
            }
        )*
    };
}

cases! {
    a_break_within_renumbered_mail_starts_over,
    a_comparison_that_breaks_is_not_repeated_at_once,
    a_comparison_that_is_refused_is_left,
    a_fetch_called_bad_after_its_data_keeps_the_mark,
    a_fetch_refused_after_its_data_keeps_the_mark,
    a_first_look_at_numbers_below_the_messages_asks_for_the_last,
    a_first_look_imports_nothing,
    a_flood_of_remarks_ends_the_connection,
    a_flood_within_idle_ends_the_connection,
    a_folder_restored_from_backup_is_searched_again,
    a_greeting_that_skips_the_login_is_not_trusted_in_clear,
    a_known_folder_that_vanished_is_waited_for,
    a_line_without_end_ends_the_connection,
    a_literal_beyond_every_number_is_not_waited_for,
    a_literal_of_900_megabytes_is_not_waited_for,
    a_literal_of_negative_size_costs_one_connection,
    a_literal_shorter_than_announced_is_not_taken_for_mail,
    a_message_expunged_by_others_is_passed_over,
    a_message_left_out_of_the_answer_is_found_by_comparing,
    a_message_that_breaks_three_connections_comes_as_its_header,
    a_message_that_is_gone_is_passed_over,
    a_message_that_stops_half_way_is_given_up_after_a_minute,
    a_message_that_trickles_is_waited_for,
    a_password_beyond_ascii_travels_as_a_literal,
    a_refused_fetch_keeps_the_mark,
    a_refused_listing_is_not_an_empty_mailbox,
    a_search_that_finds_without_end_ends_the_connection,
    a_server_that_cannot_check_logins_is_waited_for,
    a_server_that_falls_silent_within_a_command_is_given_up,
    a_server_that_names_its_numbers_only_on_request_is_asked,
    a_server_that_never_greets_is_given_up,
    a_server_without_uidnext_is_asked_for_its_last_message,
    a_server_without_uidvalidity_is_searched_after_each_connection,
    a_store_that_fails_keeps_the_mark,
    a_stream_that_ends_within_a_listing_keeps_the_mark,
    a_stream_that_ends_within_idle_is_a_lost_connection,
    an_answer_that_makes_the_parser_panic_costs_one_connection,
    an_answer_to_a_command_never_given_ends_the_connection,
    an_idle_that_died_silently_is_noticed,
    clear_text_after_starttls_is_an_attack,
    connections_that_break_after_each_mail_bring_all_of_it,
    falling_numbers_are_treated_as_new_ones,
    flags_of_other_messages_are_not_taken_for_the_answer,
    goodbye_as_greeting_is_waited_for,
    goodbye_within_a_fetch_keeps_the_mark,
    goodbye_within_a_listing_keeps_the_mark,
    goodbye_within_idle_means_another_connection,
    idle_refused_means_looking_every_minute,
    keepalives_do_not_prolong_idle,
    mail_announced_before_idle_begins_is_fetched_at_once,
    mail_announced_within_a_fetch_is_fetched_at_once,
    mail_found_twice_without_a_word_ends_idling,
    mail_missed_twice_in_a_row_is_an_alarm,
    mail_of_before_the_first_look_is_never_compared,
    many_literals_in_one_answer_are_not_waited_for,
    messages_out_of_order_are_stored_in_order,
    new_mail_is_fetched_after_idle_wakes,
    no_password_in_clear_to_another_machine,
    no_password_where_login_is_disabled,
    no_password_where_starttls_is_refused,
    renumbered_mail_is_searched_for_by_date,
    renumbered_mail_of_before_the_first_look_stays_untouched,
    the_star_names_the_last_message_even_if_it_is_old,
    three_refused_logins_end_the_account,
    what_came_before_a_break_is_stored_and_the_mark_stops_there,
    what_was_missed_is_brought_at_the_start,
    without_an_initial_response_the_password_waits_for_the_server,
}

/// A case, read.
#[derive(Debug, Default)]
struct Case {
    mark: Option<(u32, u32, Option<Timestamp>)>,
    first: Option<u32>,
    store_refuses: u32,
    tls: Option<TlsMode>,
    host: Option<String>,
    user: Option<String>,
    password: Option<String>,
    junk: bool,
    expect: Vec<(String, String)>,
    script: String,
}

/// What came of it.
struct Outcome {
    rows: Vec<Received>,
    batches: String,
    mark: Option<FolderMark>,
    ended: Result<(), ListenError>,
    folders: BTreeMap<String, FolderStatus>,
    error: String,
    log: String,
    seconds: u64,
    seen: Seen,
}

/// Everything that was logged, in memory.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/imap/scripts")
}

fn parse(text: &str) -> Case {
    let mut case = Case::default();
    for line in text.lines() {
        if let Some(given) = line.strip_prefix("given: ") {
            let (what, rest) = given.split_once(' ').unwrap_or((given, ""));
            match what {
                "mark" => case.mark = Some(mark(rest)),
                "first" => case.first = Some(rest.parse().expect("a UID")),
                "store" => case.store_refuses = rest.strip_prefix("refuses ").expect("refuses N").parse().expect("N"),
                "tls" => case.tls = Some(TlsMode::StartTls),
                "host" => case.host = Some(rest.to_owned()),
                "user" => case.user = Some(rest.to_owned()),
                "password" => case.password = Some(rest.to_owned()),
                "junk" => case.junk = true,
                other => panic!("unknown given {other:?}"),
            }
        } else if let Some(expected) = line.strip_prefix("expect: ") {
            let (what, rest) = expected.split_once(' ').unwrap_or((expected, ""));
            case.expect.push((what.to_owned(), rest.to_owned()));
        } else {
            case.script.push_str(line);
            case.script.push('\n');
        }
    }
    case
}

fn mark(text: &str) -> (u32, u32, Option<Timestamp>) {
    let mut words = text.split(' ');
    let (validity, uid) = words.next().and_then(|mark| mark.split_once(':')).expect("V:UID");
    let newest = words.nth(1).map(|time| time.parse().expect("a timestamp"));
    (validity.parse().expect("a number"), uid.parse().expect("a number"), newest)
}

async fn play(name: &str) {
    let path = folder().join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let case = parse(&text);
    let outcome = run(&case).await;
    assert_eq!(
        outcome.seen.surprises,
        Vec::<String>::new(),
        "{name}: the client did not follow the script; its last error: {}; it said {:#?}",
        outcome.error,
        outcome.seen.lines
    );
    assert!(!case.expect.is_empty(), "{name} expects nothing");
    for (what, expected) in &case.expect {
        check(name, &outcome, what, expected);
    }
    let secret = case.password.as_deref().unwrap_or(PASSWORD);
    assert!(!outcome.error.contains(secret), "{name}: the password stands in {:?}", outcome.error);
    for private in [secret, USER, "Subject: "] {
        assert!(!outcome.log.contains(private), "{name}: {private:?} stands in the log:\n{}", outcome.log);
    }
    assert!(outcome.rows.iter().all(|row| row.received_at <= Timestamp::now()), "{name}: a message from the future");
}

fn settings(case: &Case, port: u16) -> Settings {
    let mut settings = account(case.user.as_deref().unwrap_or(USER), port);
    settings.imap.tls = case.tls.unwrap_or(TlsMode::None);
    settings.imap.junk = case.junk;
    if let Some(host) = &case.host {
        settings.imap.host.clone_from(host);
    }
    if let Some(password) = &case.password {
        settings.imap.login.secret = nightdesk::channel::email::Secret::Password(SecretString::from(password.clone()));
    }
    settings
}

async fn run(case: &Case) -> Outcome {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let stop = CancellationToken::new();
    let server = ScriptedServer::start(read(&case.script), stop.clone()).await;
    let folders = case.mark.map(|(uid_validity, uid, newest)| FolderState {
        mark: FolderMark {
            account: AccountName::new("shop"),
            folder: "INBOX".to_owned(),
            uid_validity,
            uid,
            first_uid: case.first.unwrap_or(uid),
            go_live: GO_LIVE.parse().expect("a timestamp"),
        },
        newest,
    });
    let (ledger, inbox) = Ledger::open(folders.into_iter().collect(), case.store_refuses);
    let channel = EmailChannel::new(settings(case, server.address.port()));
    let started = Instant::now();
    let listened = timeout(Duration::from_hours(2), channel.listen(inbox, stop));
    let ended = tokio::select! {
        ended = listened => ended.unwrap_or_else(|_| panic!("two hours and no end; the server saw {:#?}", server.seen())),
        never = server.run_ahead() => match never {},
    };
    let folders = channel.status().folders();
    let error = folders.values().find_map(|folder| folder.last_error.clone());
    Outcome {
        batches: written(&ledger),
        rows: ledger.rows(),
        mark: ledger.mark("INBOX"),
        ended,
        folders,
        log: log.text(),
        error: error.map(|(_, words)| words).unwrap_or_default(),
        seconds: started.elapsed().as_secs(),
        seen: server.seen(),
    }
}

/// Returns the UIDs of each batch as the cases write them.
fn written(ledger: &Ledger) -> String {
    let rows = ledger.rows();
    let named = |key: &String| {
        let row = rows.iter().find(|row| row.key.as_text() == *key).expect("a stored row");
        uid(row).to_string()
    };
    let batches = ledger.batches();
    let written: Vec<String> =
        batches.iter().map(|batch| format!("[{}]", batch.iter().map(named).collect::<Vec<_>>().join(" "))).collect();
    written.join(" ")
}

fn uid(row: &Received) -> u32 {
    let SourceKey::Imap { uid, .. } = row.key else { panic!("a key of IMAP") };
    uid
}

fn check(name: &str, outcome: &Outcome, what: &str, expected: &str) {
    let context = format!("{name}, {what}; the client said {:#?}", outcome.seen.lines);
    match what {
        "batches" => assert_eq!(outcome.batches, expected, "{context}"),
        "mark" => {
            let mark = outcome.mark.as_ref().map(|mark| format!("{}:{}", mark.uid_validity, mark.uid));
            assert_eq!(mark.as_deref().unwrap_or("none"), expected, "{context}");
        }
        "go_live" => {
            let mark = outcome.mark.as_ref().expect("a mark");
            assert_eq!(mark.go_live.to_string() == GO_LIVE, expected == "kept", "{context}");
        }
        "connections" => assert_eq!(outcome.seen.connections.to_string(), expected, "{context}"),
        "ended" => {
            let ended = outcome.ended.as_ref().err().map_or("stopped".to_owned(), ToString::to_string);
            assert_eq!(ended, expected, "{context}");
        }
        "missed" => {
            let missed: usize = outcome.folders.values().map(|folder| folder.missed).sum();
            assert_eq!(missed.to_string(), expected, "{context}");
        }
        "reconciled" => {
            let found = outcome.rows.iter().filter(|row| row.reconciled).map(|row| uid(row).to_string());
            assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{context}");
        }
        "error" => assert_eq!(outcome.error, expected, "{context}"),
        "within" => assert!(outcome.seconds <= expected.parse().expect("seconds"), "{context}: {}", outcome.seconds),
        "after" => assert!(outcome.seconds >= expected.parse().expect("seconds"), "{context}: {}", outcome.seconds),
        "raw" => {
            let (uid, text) = expected.split_once(' ').expect("UID TEXT");
            let found = outcome.rows.iter().find(|row| row.key.as_text().contains(&format!(":{uid}:")));
            let row = found.unwrap_or_else(|| panic!("{context}: {uid} was not stored"));
            assert_eq!(String::from_utf8_lossy(&row.raw).escape_debug().to_string(), text, "{context}");
        }
        "size" => {
            let sizes: Vec<String> = outcome.rows.iter().map(|row| row.size.to_string()).collect();
            assert_eq!(sizes.join(" "), expected, "{context}");
        }
        "logged" => assert!(outcome.log.contains(expected), "{context}; the log:\n{}", outcome.log),
        "unsaid" => {
            let said = outcome.seen.lines.iter().find(|line| line.contains(expected));
            assert_eq!(said, None, "{context}");
        }
        other => panic!("{name}: unknown expectation {other:?}"),
    }
}

#[test]
fn every_script_is_played() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("the folder of scripts")
        .map(|entry| entry.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, CASES.iter().map(|&name| name.to_owned()).collect());
}
