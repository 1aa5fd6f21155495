//! Promises about a store that was put back from a backup.

use std::{
    collections::BTreeSet,
    fs::{self, File},
};

use nightdesk::{
    model::{
        commit::{CommitOutcome, Refusal},
        outbound::Phase,
        wire_id::Origin,
    },
    store::Store,
};

use super::{
    Case,
    bench::{Backend, Bench, Plan, at, settings},
    outboxes::claim,
};

pub(super) const CASES: &[Case] = &[
    ("a_restore_doubts_everything_that_was_on_its_way", |b| Box::pin(doubts_what_was_on_its_way(b))),
    ("numbers_jump_after_a_restore", |b| Box::pin(numbers_jump(b))),
    ("old_messages_are_doubted_and_new_ones_are_not", |b| Box::pin(old_and_new(b))),
    ("a_doubted_message_is_answered_only_if_it_is_certain", |b| Box::pin(only_if_certain(b))),
    ("a_person_may_vouch_for_the_time_before", |b| Box::pin(a_person_vouches(b))),
    ("an_own_id_nobody_knows_begins_restore_mode_once", |b| Box::pin(an_unknown_own_id(b))),
    ("a_backup_removes_only_what_was_left_behind", |b| Box::pin(left_behind(b))),
    ("a_backup_is_sound_and_knows_that_it_is_one", |b| Box::pin(a_backup_knows_itself(b))),
];

async fn begin(b: &Bench, minute: i64) -> bool {
    b.store.begin_restore("a test", "lin", at(minute)).await.expect("runs")
}

async fn doubts_what_was_on_its_way(b: Bench) {
    let ready = b.decide(&b.chat(5, "a", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    let sending = b.decide(&b.chat(6, "a", at(0)).await, Plan::answer(), at(0)).await.outbox[0];
    assert_eq!(claim(&b, 1).await.map(|row| row.id), Some(ready));
    b.store.set_phase(ready, Phase::Before).await.expect("written");
    assert!(begin(&b, 2).await);
    assert!(!begin(&b, 3).await, "it is on already");
    for id in [ready, sending] {
        assert!(b.is(id, "uncertain").await);
    }
    assert_eq!(claim(&b, 99).await, None);
    assert!(b.store.set_phase(ready, Phase::Dot).await.is_err(), "the attempt under way ends before its dot");
    let restore = b.store.restore().await.expect("read").expect("it is on");
    assert_eq!((restore.noticed_at, restore.by.as_str()), (at(2), "lin"));
}

async fn numbers_jump(b: Bench) {
    let old = b.decide(&b.chat(5, "a", at(0)).await, Plan::escalate(), at(0)).await;
    begin(&b, 1).await;
    let letter = b.chat(6, "a", at(99)).await;
    assert!(letter.id.0 > 1_000_000, "{}", letter.id);
    let new = b.decide(&letter, Plan::escalate(), at(99)).await;
    let (old, new) = (old.ticket.expect("a ticket"), new.ticket.expect("a ticket"));
    assert!(new.0 > old.0 + 999_999);
    let version = b.store.ticket(old).await.expect("read").expect("there").ticket.version;
    assert!(version > 1_000_000, "a person's message is numbered by its ticket's version");
}

async fn old_and_new(b: Bench) {
    let old = b.mail("ana@buyer.example", "q", at(0)).await;
    assert!(!b.store.is_doubtful(old.id).await.expect("read"));
    begin(&b, 60).await;
    let soon = b.mail("ana@buyer.example", "q", at(70)).await;
    let later = b.mail("ana@buyer.example", "q", at(80)).await;
    let mut doubtful = Vec::new();
    for letter in [old, soon, later] {
        doubtful.push(b.store.is_doubtful(letter.id).await.expect("read"));
    }
    assert_eq!(doubtful, [true, true, false], "clocks of mail servers may be off by minutes");
    b.store.end_restore(None, at(90)).await.expect("ended");
    let late = b.mail("ana@buyer.example", "q", at(10)).await;
    assert!(b.store.is_doubtful(late.id).await.expect("read"), "a message of the time before may come late");
}

async fn only_if_certain(b: Bench) {
    let letter = b.mail("ana@buyer.example", "q", at(0)).await;
    let mut commit = b.commit_of(&letter, Plan::answer(), at(0)).await;
    begin(&b, 1).await;
    assert_eq!(b.store.commit(&commit).await.expect("runs"), CommitOutcome::Refused(Refusal::Restored));
    commit.unanswered_before = true;
    assert!(matches!(b.store.commit(&commit).await.expect("runs"), CommitOutcome::Committed { .. }));
}

async fn a_person_vouches(b: Bench) {
    let letter = b.mail("ana@buyer.example", "q", at(0)).await;
    begin(&b, 1).await;
    assert!(b.store.end_restore(Some("lin"), at(2)).await.expect("ended"));
    assert!(!b.store.end_restore(Some("lin"), at(2)).await.expect("it is over"), "once");
    assert!(!b.store.is_doubtful(letter.id).await.expect("read"));
    assert_eq!(b.store.restore().await.expect("read"), None);
    assert!(begin(&b, 9).await, "another restore is another doubt");
    assert!(b.store.is_doubtful(letter.id).await.expect("read"));
}

async fn an_unknown_own_id(b: Bench) {
    let key = b.store.instance().await.expect("read").key;
    let id = |number: &str| key.message_id(Origin::Automatic, number, "shop.example");
    let suspect = async |id: &str, minute| b.store.suspect_restore(id, at(minute)).await.expect("runs");
    assert!(!suspect("someone@else.example", 1).await, "a stranger's id says nothing");
    assert!(suspect(&id("i17-answer"), 1).await);
    assert!(!suspect(&id("i18-answer"), 1).await, "it is on already");
    b.store.end_restore(None, at(2)).await.expect("ended");
    assert!(!suspect(&id("i19-answer"), 3).await, "the restore we know explains it");
    assert!(!suspect(&key.message_id(Origin::Human, "t4-7", "shop.example"), 3).await);
    let new = b.chat(5, "a", at(99)).await.id.0 + 5;
    assert!(suspect(&id(&format!("i{new}-answer")), 99).await, "a number given out since is a new sign");
}

async fn left_behind(b: Bench) {
    if b.backend == Backend::Postgres {
        return;
    }
    let written = |name: &str, minute| {
        let file = File::create(b.folder().join(name)).expect("the folder is writable");
        file.set_modified(at(minute).into()).expect("the system keeps times");
    };
    let (old, young) = (-24 * 60 - 1, -24 * 60 + 1);
    for gone in ["copy.db.4711.partial", "copy.db.0badcafe.partial", "copy.db.0badcafe.partial-journal"] {
        written(gone, old);
    }
    let stay = ["copy.db.1badcafe.partial", "copy.db.mine.partial", "copy.db.partial", "other.db.0badcafe.partial"];
    written(stay[0], young);
    stay[1..].iter().for_each(|name| written(name, old));
    b.store.backup(&b.folder().join("copy.db"), at(0)).await.expect("copied");
    let left = fs::read_dir(b.folder()).expect("it is there").map(|entry| entry.expect("it is read").file_name());
    let left = left.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.contains("partial"));
    assert_eq!(left.collect::<BTreeSet<_>>(), stay.iter().map(ToString::to_string).collect());
}

async fn a_backup_knows_itself(b: Bench) {
    b.decide(&b.chat(5, "a", at(0)).await, Plan::answer(), at(0)).await;
    let file = b.folder().join("copy.db");
    let made = b.store.backup(&file, at(1)).await;
    if b.backend == Backend::Postgres {
        assert!(made.is_err(), "a server has tools of its own");
        return;
    }
    assert_eq!(made.expect("copied").messages, 1);
    assert!(b.store.backup(&file, at(1)).await.is_err(), "nothing is overwritten");
    assert_eq!(b.store.resume_restore(at(2)).await.expect("read"), None, "the original is no backup");
    let copy = Store::open(&settings(&format!("sqlite://{}", file.display()))).await.expect("it opens");
    let restore = copy.resume_restore(at(3)).await.expect("read").expect("it knows");
    assert_eq!(restore.noticed_at, at(3));
    assert!(restore.reason.starts_with("this store is a backup made at "), "{}", restore.reason);
    assert_eq!(copy.claim(at(9), &[]).await.expect("runs"), None, "nothing is sent that may have been");
    // A backup of a store in restore mode is a backup of its own.
    let second = b.folder().join("second.db");
    copy.backup(&second, at(4)).await.expect("copied");
    let again = Store::open(&settings(&format!("sqlite://{}", second.display()))).await.expect("it opens");
    let restore = again.resume_restore(at(5)).await.expect("read").expect("it knows");
    assert_eq!(restore.noticed_at, at(5));
}
