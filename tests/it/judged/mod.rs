//! Whole runs of the program that are judged from outside: the servers write down what they see, the store is dumped
//! by plain SQL, and the checker decides. The fault suite does the same on a larger scale (`tests/faults`).

use std::{fs, path::Path};

use checker::{chain, report::Report, run};
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpStream, runtime::Runtime};
use tokio_util::sync::CancellationToken;

use crate::support::{
    dovecot::Dovecot,
    dump,
    imap_script::{self, ScriptedServer},
    letter::Letter,
    post::{RETRY_SOON, SHOP, account, plain_account},
    shop::{Shop, until_in},
    smtp_relay::SmtpRelay,
    smtp_sink::{Act, Plan, Script, SmtpSink},
    truth::{Delivered, Truth},
    witness,
};

/// A question that the sample rules answer.
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// The program between a real mailbox and a sink, and everything that is written down.
struct Stage {
    runtime: Runtime,
    folder: TempDir,
    truth: Truth,
    dovecot: Dovecot,
    shop: Shop,
    out: Out,
}

/// Where answers go.
enum Out {
    /// It writes down what it sees while it runs.
    Sink(#[expect(dead_code, reason = "it serves until it is dropped")] SmtpSink),
    /// What it was given is read from its log afterwards.
    Relay(SmtpRelay),
}

impl Stage {
    /// Starts everything; the sink does one script for each connection, the last one again and again.
    fn open(scripts: Vec<Script>) -> Self {
        Self::start(|runtime, truth, dovecot| {
            let plan = Plan { scripts, ..Plan::default() };
            let sink = runtime.block_on(SmtpSink::start_recorded(plan, truth));
            (plain_account(dovecot, sink.port), Out::Sink(sink))
        })
    }

    /// The same with a real SMTP server that asks for a login and STARTTLS.
    fn over_a_relay() -> Self {
        Self::start(|_, _, dovecot| {
            let relay = SmtpRelay::start(dovecot);
            (account(dovecot, "support", relay.port()), Out::Relay(relay))
        })
    }

    fn start(furnish: impl FnOnce(&Runtime, &Truth, &Dovecot) -> (String, Out)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime starts");
        let folder = TempDir::with_prefix("nightdesk-run-").expect("the temporary folder is writable");
        let truth = Truth::open(folder.path());
        let dovecot = Dovecot::start();
        let (account, out) = furnish(&runtime, &truth, &dovecot);
        let mut shop = Shop::open(&account, RETRY_SOON);
        truth.now("processes", "started", json!({"process": "n1"}));
        shop.start();
        truth.now("processes", "ready", json!({"process": "n1"}));
        Self { runtime, folder, truth, dovecot, shop, out }
    }

    /// A buyer writes.
    fn deliver(&self, nonce: &str, expect: &str, letter: &Letter) {
        let raw = letter.raw().replace(&letter.id, &format!("<{nonce}@mua.example.net>"));
        let mail = Delivered { nonce, account: "support", from: &letter.from, conversation: &letter.from, expect };
        self.truth.delivery(&mail, || self.dovecot.deliver(SHOP, &letter.from, raw.as_bytes()));
    }

    /// Waits until that many mails are decided and nothing is on its way, then dumps and judges.
    fn judge(mut self, mails: usize) -> Report {
        let store = self.shop.path("nightdesk.db");
        until_in("everything to be decided and sent", || (self.unfinished(&store, mails) == 0).then_some(()));
        assert!(self.shop.terminate().success(), "{}", self.shop.log());
        self.truth.now("processes", "ended", json!({"process": "n1", "how": "exit 0"}));
        if let Out::Relay(relay) = &self.out {
            for (index, mail) in relay.mails().iter().enumerate() {
                witness::relayed(&self.truth, index, mail);
            }
        }
        self.runtime.block_on(dump::write(&store, self.folder.path()));
        self.truth.close();
        let run = run::read(self.folder.path()).unwrap_or_else(|refused| panic!("nothing can be said: {refused}"));
        Report::of(&run)
    }

    fn unfinished(&self, store: &Path, mails: usize) -> usize {
        let inbound = self.runtime.block_on(dump::rows(store, "SELECT id FROM inbound WHERE state = 'decided'"));
        let waiting = "SELECT id FROM outbox WHERE state IN ('ready', 'sending', 'retry_at', 'uncertain')";
        mails.saturating_sub(inbound.len()) + self.runtime.block_on(dump::rows(store, waiting)).len()
    }

    /// Moves the pause switch of the shop.
    fn switch(&self, event: &str, arguments: &[&str]) {
        let fields = json!({"scope": "shop", "name": ""});
        self.truth.person(event, fields, || self.shop.command(arguments).code == 0);
    }
}

#[test]
fn run_with_refusals_cuts_a_kill_and_a_pause_keeps_every_promise() {
    let dot = |act: Act| Script { dot: act, ..Script::default() };
    let body_cut = Script { body: Act::Cut, ..Script::default() };
    let later = Act::Say("451 4.3.0 later");
    let mut stage = Stage::open(vec![Script::default(), dot(later), body_cut, dot(Act::Cut), Script::default()]);
    for (index, name) in ["anna", "berta", "carla"].iter().enumerate() {
        stage.deliver(&format!("{index:032x}"), "help", &question(name));
    }
    until_in("the first three answers", || {
        let store = stage.shop.path("nightdesk.db");
        (stage.unfinished(&store, 3) == 0).then_some(())
    });
    stage.deliver(&format!("{:032x}", 3), "silence", &question("dora").with("Auto-Submitted: auto-replied"));
    stage.truth.now("faults", "fault", json!({"what": "kill", "process": "n1", "place": null}));
    stage.shop.kill();
    stage.truth.now("processes", "ended", json!({"process": "n1", "how": "signal 9"}));
    stage.deliver(&format!("{:032x}", 4), "help", &question("emma"));
    stage.truth.now("processes", "started", json!({"process": "n1"}));
    stage.shop.start();
    stage.truth.now("processes", "ready", json!({"process": "n1"}));
    stage.switch("pause", &["pause", "--reason", "a test"]);
    stage.deliver(&format!("{:032x}", 5), "help", &question("frida"));
    stage.switch("resume", &["resume"]);
    let report = stage.judge(6);
    assert!(report.failed().is_empty(), "{report}");
    assert_eq!((report.measures.mails, report.measures.unclear), (6, 1), "{report}");
    assert!(report.measures.transactions >= report.measures.taken + 2, "{report}");
}

#[test]
fn run_over_a_real_server_keeps_every_promise() {
    let stage = Stage::over_a_relay();
    for (index, name) in ["anna", "once451berta", "fail554carla", "dropafterdora", "emma"].iter().enumerate() {
        stage.deliver(&format!("{index:032x}"), "help", &question(name));
    }
    let report = stage.judge(5);
    assert!(report.failed().is_empty(), "{report}");
    assert_eq!((report.measures.taken, report.measures.unclear), (4, 1), "{report}");
}

#[test]
fn mail_that_never_came_is_noticed() {
    let stage = Stage::open(vec![Script::default()]);
    stage.deliver(&format!("{:032x}", 0), "help", &question("anna"));
    let lost = Delivered { nonce: "f00", account: "support", from: "x@example.org", conversation: "x", expect: "help" };
    stage.truth.delivery(&lost, || ());
    let report = stage.judge(1);
    assert_eq!(report.failed(), ["I1"], "{report}");
}

#[test]
fn answer_to_whom_nobody_may_answer_is_noticed() {
    let stage = Stage::open(vec![Script::default()]);
    stage.deliver(&format!("{:032x}", 0), "silence", &question("anna"));
    let report = stage.judge(1);
    assert_eq!(report.failed(), ["I8"], "{report}");
}

#[test]
fn scripted_mailbox_writes_down_what_it_shows() {
    let runtime = Runtime::new().expect("a runtime starts");
    let folder = TempDir::with_prefix("nightdesk-run-").expect("the temporary folder is writable");
    let truth = Truth::open(folder.path());
    let mail =
        "S: * 1 FETCH (BODY[] <<From: Anna <anna@example.org>\\r\\nMessage-ID: <ab12@x.example>\\r\\n\\r\\nHi>>)";
    let script = imap_script::read(&format!("S: * OK ready\n{mail}\n{mail}\nX: done"));
    let done = CancellationToken::new();
    runtime.block_on(async {
        let server = ScriptedServer::start_recorded(script, done.clone(), &truth, "support").await;
        let client = TcpStream::connect(server.address).await.expect("it listens");
        done.cancelled().await;
        drop(client);
    });
    truth.close();
    let log = fs::read(folder.path().join("truth/mailbox-1.jsonl")).expect("the mailbox wrote");
    let log = chain::read("mailbox", &log).expect("a chained log");
    let words: Vec<String> = log.lines.iter().map(|line| line.event["event"].to_string()).collect();
    assert_eq!(words, [r#""delivered""#, r#""again""#, r#""closed""#]);
    assert_eq!(
        (&log.lines[0].event["nonce"], &log.lines[0].event["from"]),
        (&"ab12".into(), &"anna@example.org".into())
    );
}

fn question(name: &str) -> Letter {
    Letter::new(&format!("{name}@example.org"), "Customs", QUESTION)
}
