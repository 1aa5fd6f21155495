//! The calls about mail to people of the desk that `cuts.rs` cuts at their COMMIT.

use nightdesk::{model::notice::NoticeCause, store::notices::NoticeOutcome};

use super::{
    bench::at,
    cuts::{Run, say},
    notices::{armed, back, due, next, open, person, queue as queue_all, sent},
    people::name,
};

async fn ready(run: &Run) {
    person(&run.bench, "lin").await;
    queue_all(&run.bench, 0).await;
    open(&run.bench, 1, 1).await;
}

pub(super) async fn queue(run: Run) -> (Run, String) {
    ready(&run).await;
    say!(run, run.store.queue_notices(&NoticeCause::EVENTS, jiff::Timestamp::MAX, at(2)))
}

pub(super) async fn deadlines(run: Run) -> (Run, String) {
    ready(&run).await;
    due(&run.bench, 20).await;
    say!(run, run.store.queue_deadline_notices(at(30), at(2)))
}

pub(super) async fn claim(run: Run) -> (Run, String) {
    ready(&run).await;
    queue_all(&run.bench, 2).await;
    run.arm();
    let claimed = run.store.claim_notice(at(3)).await.expect("the call finds its way").expect("due");
    let said = format!("{} {:?} {}", claimed.agent, claimed.cause, claimed.attempts);
    (run, said)
}

pub(super) async fn breaks(run: Run) -> (Run, String) {
    ready(&run).await;
    queue_all(&run.bench, 2).await;
    let notice = next(&run.bench, 3).await.expect("due");
    say!(run, run.store.note_notice_breaks(notice.id, 1))
}

pub(super) async fn arm(run: Run) -> (Run, String) {
    ready(&run).await;
    queue_all(&run.bench, 2).await;
    let notice = next(&run.bench, 3).await.expect("due");
    say!(run, run.store.arm_notice(notice.id, Some("hash"), 3, at(3)))
}

pub(super) async fn settle(run: Run) -> (Run, String) {
    ready(&run).await;
    queue_all(&run.bench, 2).await;
    let notice = next(&run.bench, 3).await.expect("due");
    let again = NoticeOutcome::Again { at: at(4), note: "451 later".to_owned() };
    say!(run, run.store.settle_notice(notice.id, &again, at(3)))
}

pub(super) async fn settle_broken(run: Run) -> (Run, String) {
    ready(&run).await;
    queue_all(&run.bench, 2).await;
    next(&run.bench, 3).await.expect("due");
    say!(run, run.store.settle_broken_notices(at(4)))
}

pub(super) async fn mail_back(run: Run) -> (Run, String) {
    let ticket = armed(&run.bench, "hash").await;
    let mail = run.bench.mail("lin@staff.example", "a", at(2)).await;
    say!(run, run.store.queue_mail_back(&back(&name("lin"), ticket, mail.id), at(2)))
}

pub(super) async fn returned(run: Run) -> (Run, String) {
    ready(&run).await;
    queue_all(&run.bench, 2).await;
    let notice = next(&run.bench, 3).await.expect("due");
    sent(&run.bench, &notice, 3).await;
    say!(run, run.store.notice_returned(&notice.key, "5.1.1 no such user", at(4)))
}
