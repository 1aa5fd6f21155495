//! Whole runs of the program that are judged from outside: the servers write down what they see, the store is dumped
//! by plain SQL, and the checker decides. The fault suite does the same on a larger scale (`tests/faults`).

use std::path::Path;

use checker::{report::Report, run};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::{
    dovecot::Dovecot,
    dump,
    letter::Letter,
    post::{RETRY_SOON, SHOP, plain_account},
    shop::{Shop, until_in},
    smtp_sink::{Act, Plan, Script, SmtpSink},
    truth::{Delivered, Truth},
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
    _sink: SmtpSink,
}

impl Stage {
    /// Starts everything; the sink does one script for each connection, the last one again and again.
    fn open(scripts: Vec<Script>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime starts");
        let folder = TempDir::with_prefix("nightdesk-run-").expect("the temporary folder is writable");
        let truth = Truth::open(folder.path());
        let dovecot = Dovecot::start();
        let sink = runtime.block_on(SmtpSink::start_recorded(Plan { scripts, ..Plan::default() }, &truth));
        let mut shop = Shop::open(&plain_account(&dovecot, sink.port), RETRY_SOON);
        truth.now("processes", "started", json!({"process": "n1"}));
        shop.start();
        truth.now("processes", "ready", json!({"process": "n1"}));
        Self { runtime, folder, truth, dovecot, shop, _sink: sink }
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
        self.runtime.block_on(dump::write(&store, self.folder.path()));
        self.truth.close();
        let run = run::read(self.folder.path()).unwrap_or_else(|refused| panic!("nothing can be said: {refused}"));
        Report::of(&run)
    }

    fn unfinished(&self, store: &Path, mails: usize) -> usize {
        let inbound = self.runtime.block_on(dump::rows(store, "SELECT id FROM inbound WHERE state = 'decided'"));
        let waiting = "SELECT id FROM outbox WHERE state IN ('ready', 'sending', 'retry_at')";
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

fn question(name: &str) -> Letter {
    Letter::new(&format!("{name}@example.org"), "Customs", QUESTION)
}
