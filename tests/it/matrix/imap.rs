//! The table of mailbox servers: each row is played against the real client with a clock that runs ahead, then the server is
//! honest again, and all mail must be there, once.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use nightdesk::{
    channel::{Channel as _, FolderState, ListenError, email::EmailChannel, email::TlsMode},
    model::{
        ids::AccountName,
        receive::{FolderMark, Received, SourceKey},
    },
};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    imap::account::{PASSWORD, account},
    support::{
        imap_mailbox::Mailbox,
        imap_script::{ScriptedServer, Seen, read},
        ledger::Ledger,
    },
};

const USER: &str = "shop@example.com";

/// How user and password begin when they travel.
const ENCODED: &str = "AHNob3BAZXhh";

/// The mailbox of every row at its start: UIDVALIDITY and UIDs, and how far it had been read.
const MAILBOX: &str = "5 7,8";
const MARK: u32 = 6;

/// The same for rows about the comparison with the ledger, which then knows nothing of 6.
const COMPARED: &str = "5 6,7,8";

/// How often the server misbehaves before it is well again, where that shows pauses that grow; and what they come to at
/// least: 1, 2, 4, 8 and 16 s less a fifth.
const RESTS: usize = 5;
const RESTED: Duration = Duration::from_millis(24_800);

/// Logins that are refused before the account is given up.
const REFUSALS: usize = 3;

/// Rows at a time; they mostly wait.
const AT_ONCE: usize = 8;

/// Lines of the client that are shown of a row that failed.
const SAID: usize = 20;

/// Fewer would mean that rows were lost.
const MIN_CASES: usize = 80;

/// One row.
#[derive(Debug, Clone, Copy)]
struct Case {
    phase: &'static str,
    steps: &'static str,
    outcome: &'static str,
    mark: &'static str,
    stored: &'static str,
    words: &'static str,
}

/// What came of it.
struct Outcome {
    ended: Result<(), ListenError>,
    /// The mark when the server had misbehaved for the last time.
    mark_then: Option<u32>,
    stored: String,
    last_error: String,
    elapsed: Duration,
    seen: Seen,
}

#[test]
fn every_server_of_the_table_is_survived() {
    let rows = include_str!("../../data/matrix/imap.tsv").lines().filter(|line| !line.starts_with('#'));
    let cases: VecDeque<Case> = rows.map(case).collect();
    assert!(cases.len() >= MIN_CASES, "only {} cases", cases.len());
    let (queue, failed) = (Arc::new(Mutex::new(cases)), Arc::new(Mutex::new(Vec::new())));
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (queue, failed) = (Arc::clone(&queue), Arc::clone(&failed));
            thread::spawn(move || {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some(case) = next() {
                    let wrong = judged(case);
                    failed.lock().unwrap_or_else(PoisonError::into_inner).extend(wrong);
                }
            })
        })
        .collect();
    let died = workers.into_iter().filter_map(|worker| worker.join().err()).count();
    let failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(
        failed.is_empty() && died == 0,
        "{} rows failed, {died} workers died:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

fn case(row: &'static str) -> Case {
    let fields: Vec<&'static str> = row.split('\t').collect();
    let [phase, steps, outcome, mark, stored, words] = fields[..] else { panic!("six fields: {row}") };
    Case { phase, steps, outcome, mark, stored, words }
}

/// Plays a row under a clock of its own; returns what was wrong.
fn judged(case: Case) -> Option<String> {
    let clock = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let outcome = clock.expect("a runtime").block_on(play(case));
    let connections = outcome.seen.connections;
    let mut wrong = Vec::new();
    let mut expect = |what: &str, is_so: bool| {
        if !is_so {
            wrong.push(what.to_owned());
        }
    };
    let as_said = match case.outcome {
        "goes on" => outcome.ended.is_ok() && connections == 1,
        "reconnects" => outcome.ended.is_ok() && connections == 2,
        "rests" => outcome.ended.is_ok() && connections == RESTS + 1 && outcome.elapsed >= RESTED,
        "gives up" => outcome.ended.is_err() && connections <= REFUSALS,
        other => panic!("unknown outcome {other}"),
    };
    expect("another outcome", as_said);
    let mark = outcome.mark_then.map_or("-".to_owned(), |mark| mark.to_string());
    expect(&format!("the mark was at {mark}"), mark == case.mark);
    expect(&format!("stored {}", outcome.stored), outcome.stored == case.stored);
    let words = outcome.ended.as_ref().err().map_or(outcome.last_error.clone(), ToString::to_string);
    expect("other words", words.contains(case.words));
    expect("the password is shown", !words.contains(PASSWORD) && !words.contains(ENCODED));
    expect(&format!("surprises {:?}", outcome.seen.surprises), outcome.seen.surprises.is_empty());
    expect("mail was marked as read", !outcome.seen.lines.iter().any(|line| line.contains(" BODY[")));
    (!wrong.is_empty()).then(|| {
        let heard = format!("{connections} connections, {} s", outcome.elapsed.as_secs());
        let said = &outcome.seen.lines[outcome.seen.lines.len().saturating_sub(SAID)..];
        format!("{}, {}: {} ({heard}; {words:?}; said last {said:?})", case.phase, case.steps, wrong.join("; "))
    })
}

/// Returns the script of a row: so often as its outcome needs, then honest for ever.
fn script(case: Case) -> String {
    let mailbox = if case.phase == "search" { COMPARED } else { MAILBOX };
    let times = match case.outcome {
        "rests" => RESTS,
        "gives up" => REFUSALS,
        _ => 1,
    };
    let until = match case.phase {
        "greeting" => String::new(),
        phase => format!("S: * OK ready\n{}", before(phase)),
    };
    let steps: Vec<&str> = case.steps.split(" | ").collect();
    let (cut, steps) = match steps.split_last() {
        Some((&"cut", steps)) => (true, steps.to_vec()),
        _ => (false, steps),
    };
    let serve = if cut { "" } else { "X: serve\n" };
    let one = format!("{until}{}\n{serve}", steps.join("\n"));
    let played = vec![one; times].join("X: next\n");
    format!("X: mailbox {mailbox}\n{played}X: again\nX: hold\nS: * OK ready\nX: serve\n")
}

fn before(phase: &str) -> String {
    let serve = |command: &str| format!("X: serve {command}\n");
    match phase {
        "capability" => serve("CAPABILITY"),
        "login" => serve("AUTHENTICATE"),
        "again" => format!("{}S: $ OK in\n{}", serve("AUTHENTICATE"), serve("CAPABILITY")),
        "select" => serve("SELECT"),
        "list" => serve("UID FETCH 7:*"),
        "fetch" => serve("UID FETCH 7 (UID BODY"),
        "second" => serve("UID FETCH 8 (UID BODY"),
        "search" => serve("UID SEARCH"),
        "idle" => serve("IDLE"),
        "noop" => format!("{}S: $ NO not here\n{}", serve("IDLE"), serve("NOOP")),
        other => panic!("unknown phase {other}"),
    }
}

async fn play(case: Case) -> Outcome {
    let stop = CancellationToken::new();
    let server = ScriptedServer::start(read(&script(case)), stop.clone()).await;
    let mark = FolderMark {
        account: AccountName::new("shop"),
        folder: "INBOX".to_owned(),
        uid_validity: 5,
        uid: MARK,
        first_uid: if case.phase == "search" { MARK - 1 } else { MARK },
        go_live: "2026-11-01T00:00:00Z".parse().expect("a timestamp"),
    };
    let (ledger, inbox) = Ledger::open(vec![FolderState { mark, newest: None }], 0);
    let mut settings = account(USER, server.address.port());
    settings.imap.tls = TlsMode::None;
    let channel = EmailChannel::new(settings);
    let (mut mark_then, started) = (None, Instant::now());
    let listened = timeout(Duration::from_hours(3), channel.listen(inbox, stop.clone()));
    let (ended, ()) = tokio::select! {
        ended = async { tokio::join!(listened, watch(case, &server, &ledger, &stop, &mut mark_then)) } => ended,
        never = server.run_ahead() => match never {},
    };
    let folders = channel.status().folders();
    let last_error = folders.values().find_map(|folder| folder.last_error.clone());
    Outcome {
        ended: ended.unwrap_or(Ok(())),
        mark_then,
        stored: stored(&ledger.rows()),
        last_error: last_error.map(|(_, words)| words).unwrap_or_default(),
        elapsed: started.elapsed(),
        seen: server.seen(),
    }
}

/// Lets the server go on when it waits, and stops the client when all is there and nothing more comes.
async fn watch(
    case: Case,
    server: &ScriptedServer,
    ledger: &Ledger,
    stop: &CancellationToken,
    mark_then: &mut Option<u32>,
) {
    let deadline = Instant::now() + Duration::from_hours(2);
    let mut rests = None;
    while !stop.is_cancelled() && Instant::now() < deadline {
        sleep(Duration::from_millis(500)).await;
        let seen = server.seen();
        if seen.is_holding {
            mark_then.get_or_insert(ledger.mark("INBOX").map_or(0, |mark| mark.uid));
            server.release();
        }
        if case.outcome == "gives up" && seen.connections >= 1 && seen.lines.is_empty() {
            continue;
        }
        if stored(&ledger.rows()) == case.stored && seen.rests > 0 {
            // Once more, so that what would come twice has come.
            let first = *rests.get_or_insert(seen.rests);
            if seen.rests > first || case.outcome != "goes on" {
                stop.cancel();
            }
        }
    }
    stop.cancel();
}

/// Returns what was stored: UIDs in order, with what is not as it was sent.
fn stored(rows: &[Received]) -> String {
    let mut all: Vec<(u32, u32, &str)> = rows
        .iter()
        .map(|row| {
            let SourceKey::Imap { uid_validity, uid, .. } = row.key else { panic!("a key of IMAP") };
            let raw = String::from_utf8_lossy(&row.raw);
            let kind = match &*raw {
                "" => "(empty)",
                raw if raw == Mailbox::mail(uid) => "",
                raw if raw == Mailbox::header(uid) => "(header)",
                _ => "(other)",
            };
            (uid_validity, uid, kind)
        })
        .collect();
    all.sort_unstable();
    let words = all.into_iter().map(|(validity, uid, kind)| {
        let numbered = if validity == 5 { String::new() } else { format!("{validity}:") };
        format!("{numbered}{uid}{kind}")
    });
    words.collect::<Vec<_>>().join(" ")
}
