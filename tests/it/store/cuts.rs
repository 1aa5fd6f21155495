//! Every write of the store on PostgreSQL, with the connection cut at its COMMIT: before the server got it, and after
//! the server did it but before we heard so. What is in the database afterwards, and what the caller is told, is what an
//! undisturbed call leaves and tells.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    future::Future,
    path::Path,
    pin::Pin,
    sync::Arc,
};

use jiff::SignedDuration;
use nightdesk::{
    model::{
        ids::{InboundId, OutboxId},
        order::OrderStatus,
        outbound::{OutboundKind, Phase},
        receive::FolderMark,
    },
    store::{
        Store,
        lease::{Lease, Runner},
        orders::{OrderOutcome, OrderReading},
        outbox::Settlement,
        quarantine::Cause,
        sent::{Found, HumanMail},
        sweep::Bounds,
    },
};
use regex::Regex;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    bench::{self, Backend, Bench, Plan, account, at},
    changes::take_over,
    cut_desk, cut_notices, cut_people,
    cut_shapes::SHAPES,
    cut_time, orders,
    sent::{answers, sent},
    situations, switches,
};
use crate::support::{
    cutter::{Cut, Cutter},
    postgres,
};

/// One write: what it does, in the words of its errors, and the call with what must be there before it.
type Write = (&'static str, Call);

/// The call; it gives the database back with what the store said.
type Call = fn(Run) -> Pin<Box<dyn Future<Output = (Run, String)> + Send>>;

/// A database of one call.
pub(super) struct Run {
    pub(super) bench: Bench,
    /// The store behind the cutter.
    pub(super) store: Store,
    cutter: Cutter,
    cut: Option<Cut>,
}

const WRITES: &[Write] = &[
    ("noting an account", |run| Box::pin(see(run))),
    ("storing received messages", |run| Box::pin(receive(run))),
    ("replacing a folder mark", |run| Box::pin(renumber(run))),
    ("recording a person's mail", |run| Box::pin(human_sent(run))),
    ("ending a mail that a person answered", |run| Box::pin(answered(run))),
    ("counting a try", |run| Box::pin(tried(run))),
    ("counting first tries", |run| Box::pin(first_tries(run))),
    ("putting a message into quarantine", |run| Box::pin(quarantine(run))),
    ("ignoring a message", |run| Box::pin(ignore(run))),
    ("committing a decision", |run| Box::pin(commit(run))),
    ("claiming a message to send", |run| Box::pin(claim(run))),
    ("writing how far a send has come", |run| Box::pin(phase(run))),
    ("settling a send", |run| Box::pin(settle(run))),
    ("settling a send and claiming the next", |run| Box::pin(settle_and_claim(run))),
    ("recovering broken-off sends", |run| Box::pin(recover(run))),
    ("noting a bounce", |run| Box::pin(bounce(run))),
    ("taking a proof that a message left", |run| Box::pin(evidence(run))),
    ("noting a look for a message", |run| Box::pin(look(run))),
    ("asking a person about a message in doubt", |run| Box::pin(escalate(run))),
    ("letting an account rest", |run| Box::pin(rest(run))),
    ("changing a ticket", |run| Box::pin(change(run))),
    ("opening a ticket of a message", |run| Box::pin(cut_desk::machine_mail(run))),
    ("taking a conversation over", |run| Box::pin(cut_desk::take_over(run))),
    ("making texts searchable", |run| Box::pin(cut_desk::index(run))),
    ("taking an act back", |run| Box::pin(cut_desk::undo(run))),
    ("merging two tickets", |run| Box::pin(cut_desk::merge(run))),
    ("splitting a ticket", |run| Box::pin(cut_desk::split(run))),
    ("asking whether a buyer was content", |run| Box::pin(cut_desk::ask(run))),
    ("counting how often a question broke off", |run| Box::pin(cut_desk::question_breaks(run))),
    ("passing over a closed case", |run| Box::pin(cut_desk::pass(run))),
    ("keeping whether a buyer was content", |run| Box::pin(cut_desk::answer(run))),
    ("changing a buyer's card", |run| Box::pin(cut_desk::buyer(run))),
    ("joining two buyers", |run| Box::pin(cut_desk::join(run))),
    ("parting a buyer", |run| Box::pin(cut_desk::part(run))),
    ("pausing", |run| Box::pin(switches::cut_pause(run))),
    ("resuming", |run| Box::pin(switches::cut_resume(run))),
    ("switching a situation", |run| Box::pin(situations::switch_situation(run))),
    ("taking a switch of a situation back", |run| Box::pin(situations::unswitch_situation(run))),
    ("noting a reading of the rules", |run| Box::pin(situations::note_reload(run))),
    ("putting a message aside that nobody decided", |run| Box::pin(passed_over(run))),
    ("ending a send that stopped", |run| Box::pin(stopped_send(run))),
    ("giving up an old message", |run| Box::pin(old_message(run))),
    ("asking a person about a message that did not end", |run| Box::pin(unanswered(run))),
    ("deciding a message again", |run| Box::pin(rerun(run))),
    ("beginning restore mode", |run| Box::pin(begin_restore(run))),
    ("looking whether this is a backup", |run| Box::pin(resume_restore(run))),
    ("ending restore mode", |run| Box::pin(end_restore(run))),
    ("enrolling this process", |run| Box::pin(enroll(run))),
    ("acquiring a lease", |run| Box::pin(acquire(run))),
    ("renewing leases", |run| Box::pin(renew(run))),
    ("giving a lease back", |run| Box::pin(release(run))),
    ("signing this process off", |run| Box::pin(retire(run))),
    ("noting a file of orders", |run| Box::pin(refuse_orders(run))),
    ("writing lines about orders", |run| Box::pin(add_orders(run))),
    ("putting a file of orders in force", |run| Box::pin(put_orders(run))),
    ("giving up a file of orders", |run| Box::pin(drop_orders(run))),
    ("deleting an old file of orders", |run| Box::pin(tidy_orders(run))),
    ("ringing an alarm", |run| Box::pin(cut_time::ring(run))),
    ("waking a ticket that was put off", |run| Box::pin(cut_time::wake(run))),
    ("queuing calls of a webhook", |run| Box::pin(cut_time::queue_calls(run))),
    ("claiming a call of a webhook", |run| Box::pin(cut_time::claim_call(run))),
    ("settling a call of a webhook", |run| Box::pin(cut_time::settle_call(run))),
    ("queuing notices", |run| Box::pin(cut_notices::queue(run))),
    ("queuing notices of deadlines", |run| Box::pin(cut_notices::deadlines(run))),
    ("claiming a notice", |run| Box::pin(cut_notices::claim(run))),
    ("counting how often a notice broke off", |run| Box::pin(cut_notices::breaks(run))),
    ("noting that a notice may leave", |run| Box::pin(cut_notices::arm(run))),
    ("settling a notice", |run| Box::pin(cut_notices::settle(run))),
    ("settling notices that were broken off", |run| Box::pin(cut_notices::settle_broken(run))),
    ("queuing a mail back", |run| Box::pin(cut_notices::mail_back(run))),
    ("noting that a notice came back", |run| Box::pin(cut_notices::returned(run))),
    ("writing into the audit log", |run| Box::pin(cut_people::note(run))),
    ("adding a person", |run| Box::pin(cut_people::add_person(run))),
    ("changing a person", |run| Box::pin(cut_people::change_person(run))),
    ("taking a code", |run| Box::pin(cut_people::take_code(run))),
    ("taking a recovery code", |run| Box::pin(cut_people::take_recovery_code(run))),
    ("inviting somebody", |run| Box::pin(cut_people::invite(run))),
    ("using a link", |run| Box::pin(cut_people::use_link(run))),
    ("beginning a session", |run| Box::pin(cut_people::begin_session(run))),
    ("noting the use of a session", |run| Box::pin(cut_people::use_session(run))),
    ("ending a session", |run| Box::pin(cut_people::end_session(run))),
    ("ending sessions", |run| Box::pin(cut_people::end_sessions(run))),
    ("adding a token", |run| Box::pin(cut_people::add_token(run))),
    ("noting the use of a token", |run| Box::pin(cut_people::use_token(run))),
    ("revoking a token", |run| Box::pin(cut_people::revoke_token(run))),
];

/// How many calls are cut at once; each has a database of its own.
const AT_ONCE: usize = 6;

/// Writes that happen while the store is opened, where a broken connection is said to the person who starts it.
const AT_START: &[&str] = &["founding the installation"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_done_twice_when_the_connection_breaks_at_its_commit() {
    if postgres::cluster().is_none() {
        return;
    }
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (doing, write) in WRITES.iter().copied() {
        for cut in [None, Some(Cut::Before), Some(Cut::After)] {
            let turns = Arc::clone(&turns);
            running.spawn(async move {
                let _turn = turns.acquire_owned().await.expect("the semaphore is never closed");
                ((doing, cut), outcome(write, cut).await)
            });
        }
    }
    let outcomes: BTreeMap<_, _> = running.join_all().await.into_iter().collect();
    let mut broken = Vec::new();
    for ((doing, cut), (found, cuts)) in &outcomes {
        let (undisturbed, _) = &outcomes[&(*doing, None)];
        if *cuts != u32::from(cut.is_some()) {
            broken.push(format!("{doing}, cut {cut:?}: it was cut {cuts} times"));
        } else if found != undisturbed {
            broken.push(format!("{doing}, cut {cut:?}: left\n{found}\ninstead of\n{undisturbed}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_write_of_the_store_is_cut_at_its_commit() {
    let call =
        Regex::new(r#"\.db\s*\.(?:write|beside)\((?:"([^"]+)"|doing)\)|let doing = "([^"]+)""#).expect("well-formed");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut missing = BTreeSet::new();
    for file in fs::read_dir(folder).expect("the folder is there").flatten() {
        let Ok(text) = fs::read_to_string(file.path()) else { continue };
        for found in call.captures_iter(&text) {
            let Some(doing) = found.get(1).or(found.get(2)) else { continue };
            let doing = doing.as_str();
            if !AT_START.contains(&doing) && !WRITES.iter().any(|(name, _)| *name == doing) {
                missing.insert(doing.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "these writes of src/store need a row in WRITES of {}: {missing:?}", file!());
}

/// Makes the call in a database of its own; returns what is left and said, and how often it was cut.
async fn outcome(write: Call, cut: Option<Cut>) -> (String, u32) {
    let cluster = postgres::cluster().expect("looked at before");
    let bench = Bench::new(Backend::Postgres).await;
    let cutter = Cutter::start(&cluster.socket());
    let database = bench.url.split(['/', '?']).nth(3).expect("the address names a database").to_owned();
    let store = Store::open(&bench::settings(&cutter.url(&database))).await.expect("it opens behind the cutter");
    let (run, said) = write(Run { bench, store, cutter, cut }).await;
    let mut left = format!("{}\n", without_numbers(&said));
    for shape in SHAPES {
        let rows = run
            .bench
            .text(&format!("SELECT COALESCE(string_agg(r::text, '; ' ORDER BY r::text), '') FROM ({shape}) r"))
            .await;
        left.extend([without_numbers(&rows).as_str(), "\n"]);
    }
    run.store.close().await;
    (left, run.cutter.cuts())
}

/// Numbers of rows differ when an attempt was rolled back.
fn without_numbers(said: &str) -> String {
    Regex::new(r"Id\(\d+\)|ticket \d+").expect("well-formed").replace_all(said, "Id(_)").into_owned()
}

impl Run {
    /// Cuts at the next COMMIT, if this run is to be cut.
    pub(super) fn arm(&self) {
        if let Some(cut) = self.cut {
            self.cutter.cut(cut);
        }
    }

    async fn queued(&self) -> OutboxId {
        let letter = self.bench.mail("ana@buyer.example", "q", at(0)).await;
        self.bench.decide(&letter, Plan::answer(), at(0)).await.outbox[0]
    }

    async fn claimed(&self) -> OutboxId {
        let id = self.queued().await;
        self.bench.store.claim(at(0), &[]).await.expect("the claim runs");
        id
    }

    async fn doubted(&self) -> OutboxId {
        let id = self.claimed().await;
        let lost = Settlement::Uncertain { reason: "lost".to_owned(), verify_by: at(15) };
        self.bench.store.settle(id, &lost, at(0)).await.expect("settled");
        id
    }

    /// A file of orders of which a reading has begun.
    async fn reading(&self) -> OrderReading {
        self.bench.store.begin_orders(&orders::file("a.csv", "shop", 0), "how", at(0)).await.expect("begun")
    }

    async fn leased(&self) -> Lease {
        self.bench.store.enroll(&runner()).await.expect("enrolled");
        self.bench.store.acquire(&runner(), &account()).await.expect("it runs").expect("it is free")
    }
}

fn runner() -> Runner {
    Runner { id: "first".to_owned(), host: "desk".to_owned(), pid: 1, accounts: vec![account()] }
}

/// Makes the call and says what it said.
macro_rules! say {
    ($run:ident, $call:expr) => {{
        $run.arm();
        let said = $call.await;
        let said = format!("{:?}", said.expect("the call finds its way"));
        ($run, said)
    }};
}

pub(super) use say;

async fn see(run: Run) -> (Run, String) {
    say!(run, run.store.see(&account(), at(0)))
}

async fn receive(run: Run) -> (Run, String) {
    let batch = [bench::mail(1, 7, "one", at(0)), bench::mail(2, 7, "two", at(0))];
    let mark = FolderMark {
        account: account(),
        folder: "INBOX".to_owned(),
        uid_validity: 7,
        uid: 2,
        first_uid: 0,
        go_live: at(0),
    };
    run.arm();
    let said = run.store.receive(&batch, Some(&mark), at(0)).await.expect("the call finds its way");
    // Known and stored are one to the channel: both may be acknowledged.
    (run, said.len().to_string())
}

async fn renumber(run: Run) -> (Run, String) {
    let mark = |uid| FolderMark {
        account: account(),
        folder: "INBOX".to_owned(),
        uid_validity: 7,
        uid,
        first_uid: 1,
        go_live: at(0),
    };
    run.bench.store.receive(&[], Some(&mark(9)), at(0)).await.expect("stored");
    say!(run, run.store.renumber(&mark(3), at(1)))
}

async fn human_sent(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    run.bench.decide(&letter, Plan::escalate(), at(0)).await;
    let (inbound, account) = (sent(&run.bench, 1).await, account());
    let mail = HumanMail {
        inbound,
        account: &account,
        message_id: Some("hand@shop.example"),
        parents: &["letter-1@buyer.example".to_owned()],
        recipients: &["ana@buyer.example".to_owned()],
        forwarded: false,
        subject: "Re: Order",
        text: "yes",
        sent_at: at(1),
        found: Found::SentFolder,
    };
    run.arm();
    // What it meant is for the log only.
    run.store.human_sent(&mail, at(2)).await.expect("the call finds its way");
    (run, String::new())
}

async fn answered(run: Run) -> (Run, String) {
    let letter = run.bench.mail_as("ana@buyer.example", "q", "question@buyer.example", &[], at(0)).await;
    answers(&run.bench, "ana@buyer.example", Some("question@buyer.example"), 1).await;
    run.arm();
    // The ticket is for the log only.
    run.store.answered_by_person(letter.id, &letter.inbound, at(2)).await.expect("the call finds its way");
    (run, String::new())
}

async fn tried(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    run.arm();
    // The count may be one too high, which brings a message that was cut five times to a person.
    let tries = run.store.tried(letter.id).await.expect("the call finds its way");
    (run, (1..=2).contains(&tries).to_string())
}

async fn first_tries(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    run.arm();
    run.store.first_tries(&[letter.id]).await.expect("the call finds its way");
    let tries = run.bench.store.undecided(1).await.expect("read")[0].tries;
    (run, tries.to_string())
}

async fn quarantine(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    say!(run, run.store.quarantine(letter.id, Cause::Panicked, "it panicked", at(1)))
}

async fn ignore(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    say!(run, run.store.ignore(letter.id, "a receipt", at(1)))
}

async fn commit(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    let plan = Plan::escalate().sending(&[OutboundKind::Answer, OutboundKind::Draft]);
    let commit = run.bench.commit_of(&letter, plan, at(1)).await;
    say!(run, run.store.commit(&commit))
}

async fn claim(run: Run) -> (Run, String) {
    run.queued().await;
    say!(run, run.store.claim(at(1), &[]))
}

async fn phase(run: Run) -> (Run, String) {
    let id = run.claimed().await;
    say!(run, run.store.set_phase(id, Phase::Dot))
}

async fn settle(run: Run) -> (Run, String) {
    let id = run.claimed().await;
    let failed = Settlement::Failed { reason: "550 no such user".to_owned() };
    run.arm();
    // The number of the ticket is for the log only.
    run.store.settle(id, &failed, at(1)).await.expect("the call finds its way");
    (run, String::new())
}

async fn settle_and_claim(run: Run) -> (Run, String) {
    let id = run.claimed().await;
    let letter = run.bench.mail("tom@buyer.example", "q", at(0)).await;
    run.bench.decide(&letter, Plan::answer(), at(0)).await;
    say!(run, run.store.settle_and_claim(id, "250 taken", at(1)))
}

async fn recover(run: Run) -> (Run, String) {
    run.claimed().await;
    let dotted = run.queued().await;
    run.bench.store.claim(at(0), &[]).await.expect("the claim runs");
    run.bench.store.set_phase(dotted, Phase::Dot).await.expect("written");
    run.arm();
    // What was found is for the log only.
    run.store.recover(SignedDuration::from_mins(15), at(1)).await.expect("the call finds its way");
    (run, String::new())
}

async fn bounce(run: Run) -> (Run, String) {
    let id = run.claimed().await;
    let message_id = run.bench.text(&format!("SELECT message_id FROM outbox WHERE id = {id}")).await;
    say!(run, run.store.bounced(InboundId(900), &message_id, "5.1.1 permanent", at(1)))
}

async fn evidence(run: Run) -> (Run, String) {
    let id = run.doubted().await;
    let message_id = run.bench.text(&format!("SELECT message_id FROM outbox WHERE id = {id}")).await;
    say!(run, run.store.evidence(&message_id, "message 7 in Sent", at(1)))
}

async fn look(run: Run) -> (Run, String) {
    let id = run.doubted().await;
    say!(run, run.store.look_again(id, at(4), at(1)))
}

async fn escalate(run: Run) -> (Run, String) {
    let id = run.doubted().await;
    say!(run, run.store.escalate_doubt(id, "not found", at(15)))
}

async fn rest(run: Run) -> (Run, String) {
    // A failure may be counted twice, which makes one rest longer.
    say!(run, run.store.rest(&account(), "away", at(1), |_| SignedDuration::from_mins(3)))
}

async fn change(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    let ticket = run.bench.decide(&letter, Plan::escalate(), at(0)).await.ticket.expect("a ticket");
    let change = take_over(&run.bench, ticket).await;
    say!(run, run.store.change_ticket(ticket, &"lin".into(), &change, at(1)))
}

/// Sweeps late enough for everything that lies there; what was found is for the log only.
async fn sweep(run: Run) -> (Run, String) {
    let hours = |hours| SignedDuration::from_hours(hours);
    let bounds = Bounds {
        undecided: hours(1),
        sending: hours(1),
        unsent: hours(24),
        unanswered: hours(24),
        verify_for: hours(1),
    };
    run.arm();
    run.store.sweep(&bounds, at(60 * 25)).await.expect("the call finds its way");
    (run, String::new())
}

async fn passed_over(run: Run) -> (Run, String) {
    run.bench.mail("ana@buyer.example", "q", at(0)).await;
    let later = run.bench.mail("tom@buyer.example", "q", at(0)).await;
    run.bench.decide(&later, Plan::suppress(), at(1)).await;
    sweep(run).await
}

async fn stopped_send(run: Run) -> (Run, String) {
    run.claimed().await;
    sweep(run).await
}

async fn old_message(run: Run) -> (Run, String) {
    run.queued().await;
    sweep(run).await
}

async fn unanswered(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    let answer = run.bench.decide(&letter, Plan::answer(), at(0)).await.outbox[0];
    let cancel =
        format!("UPDATE outbox SET state = 'cancelled', reason = 'lost', settled_at = created_at WHERE id = {answer}");
    run.bench.run(&cancel).await;
    sweep(run).await
}

async fn rerun(run: Run) -> (Run, String) {
    let letter = run.bench.mail("ana@buyer.example", "q", at(0)).await;
    run.bench.store.quarantine(letter.id, Cause::Panicked, "it panicked", at(1)).await.expect("put aside");
    say!(run, run.store.rerun(letter.id, "lin", at(2)))
}

async fn begin_restore(run: Run) -> (Run, String) {
    say!(run, run.store.begin_restore("a backup", "lin", at(1)))
}

async fn resume_restore(run: Run) -> (Run, String) {
    let mark = "INSERT INTO switch (scope, name, reason, actor, at) VALUES ('restore', '', 'a backup', 'lin', 0)";
    run.bench.run(mark).await;
    run.arm();
    let found = run.store.resume_restore(at(1)).await.expect("the call finds its way");
    (run, found.is_some().to_string())
}

async fn end_restore(run: Run) -> (Run, String) {
    run.bench.store.begin_restore("a backup", "lin", at(0)).await.expect("begun");
    say!(run, run.store.end_restore(Some("lin"), at(1)))
}

async fn enroll(run: Run) -> (Run, String) {
    let runner = runner();
    say!(run, run.store.enroll(&runner))
}

async fn acquire(run: Run) -> (Run, String) {
    run.arm();
    // The fence may rise twice.
    let lease = run.store.acquire(&runner(), &account()).await.expect("the call finds its way").expect("it is free");
    // What counts: the lease that is returned holds.
    run.store.held(&lease).see(&account(), at(0)).await.expect("the fence is the last one");
    (run, String::new())
}

async fn renew(run: Run) -> (Run, String) {
    let lease = run.leased().await;
    say!(run, run.store.renew(&runner(), &[lease]))
}

async fn release(run: Run) -> (Run, String) {
    let lease = run.leased().await;
    say!(run, run.store.release(&lease))
}

async fn retire(run: Run) -> (Run, String) {
    run.leased().await;
    let runner = runner();
    say!(run, run.store.retire(&runner))
}

async fn refuse_orders(run: Run) -> (Run, String) {
    say!(run, run.store.refuse_orders(&orders::file("a.csv", "shop", 0), "how", "it is empty", at(0)))
}

async fn add_orders(run: Run) -> (Run, String) {
    let reading = run.reading().await;
    let lines = orders::numbered(vec![orders::line("7", None, OrderStatus::Paid)]);
    say!(run, run.store.add_orders(&reading, &lines))
}

async fn put_orders(run: Run) -> (Run, String) {
    let reading = run.reading().await;
    say!(run, run.store.put_orders(&reading, &OrderOutcome::default()))
}

async fn drop_orders(run: Run) -> (Run, String) {
    let reading = run.reading().await;
    say!(run, run.store.drop_orders(&reading))
}

async fn tidy_orders(run: Run) -> (Run, String) {
    let reading = run.reading().await;
    let lines = orders::numbered(vec![orders::line("7", None, OrderStatus::Paid)]);
    run.bench.store.add_orders(&reading, &lines).await.expect("added");
    run.bench.store.drop_orders(&reading).await.expect("given up");
    run.arm();
    // How many lines went is for the log only.
    run.store.tidy_orders(at(1)).await.expect("the call finds its way");
    (run, String::new())
}
