//! Promises of the first transaction.

use nightdesk::{
    model::{
        ids::AccountName,
        inbound::ChannelKind,
        receive::{FolderMark, FolderRole, ReceiveOutcome, Received, SourceKey},
    },
    store::{Store, error::StoreError, inbound::FIRST_TRIES},
};

use super::{
    Case,
    bench::{Backend, Bench, account, at, mail, settings, update},
};

pub(super) const CASES: &[Case] = &[
    ("a_batch_is_stored_with_its_mark", |b| Box::pin(a_batch_is_stored_with_its_mark(b))),
    ("a_known_key_is_stored_once", |b| Box::pin(a_known_key_is_stored_once(b))),
    ("a_key_twice_in_one_batch_is_stored_once", |b| Box::pin(a_key_twice_in_one_batch_is_stored_once(b))),
    ("one_key_of_two_accounts_is_two_messages", |b| Box::pin(one_key_of_two_accounts_is_two_messages(b))),
    ("a_mark_never_moves_back", |b| Box::pin(a_mark_never_moves_back(b))),
    ("a_known_message_still_moves_the_mark", |b| Box::pin(a_known_message_still_moves_the_mark(b))),
    ("a_new_uid_validity_replaces_the_mark", |b| Box::pin(a_new_uid_validity_replaces_the_mark(b))),
    ("a_renumbered_mark_may_fall", |b| Box::pin(a_renumbered_mark_may_fall(b))),
    ("the_ledger_says_what_it_does_not_know", |b| Box::pin(says_what_it_does_not_know(b))),
    ("after_a_uid_validity_change_the_same_bytes_are_known", |b| Box::pin(same_bytes_are_known(b))),
    ("the_same_bytes_under_one_uid_validity_are_two", |b| Box::pin(same_bytes_are_two(b))),
    ("the_same_bytes_in_another_folder_are_two", |b| Box::pin(other_folder_is_two(b))),
    ("an_empty_batch_stores_the_mark", |b| Box::pin(an_empty_batch_stores_the_mark(b))),
    ("last_update_is_the_one_stored_last", |b| Box::pin(last_update_is_the_one_stored_last(b))),
    ("a_message_comes_back_as_it_was_received", |b| Box::pin(comes_back_as_received(b))),
    ("undecided_messages_come_oldest_first", |b| Box::pin(undecided_messages_come_oldest_first(b))),
    ("first_tries_are_counted_together_and_once", |b| Box::pin(first_tries_are_counted_together_and_once(b))),
    ("tries_are_counted", |b| Box::pin(tries_are_counted(b))),
    ("the_first_sight_of_an_account_wins", |b| Box::pin(the_first_sight_of_an_account_wins(b))),
    ("a_killed_process_loses_nothing_acknowledged", |b| Box::pin(killed_process_loses_nothing(b))),
    ("the_instance_stays_the_same", |b| Box::pin(the_instance_stays_the_same(b))),
];

fn mark(uid_validity: u32, uid: u32) -> FolderMark {
    FolderMark { account: account(), folder: "INBOX".to_owned(), uid_validity, uid, first_uid: 0, go_live: at(-5) }
}

async fn receive(b: &Bench, batch: &[Received], mark: Option<&FolderMark>) -> Vec<ReceiveOutcome> {
    b.store.receive(batch, mark, at(0)).await.expect("the batch is stored")
}

async fn stored_mark(b: &Bench) -> Option<FolderMark> {
    b.store.folder(&account(), "INBOX").await.expect("the mark is read").map(|(mark, _)| mark)
}

async fn rows(b: &Bench) -> i64 {
    b.number("SELECT COUNT(*) FROM inbound").await
}

async fn a_batch_is_stored_with_its_mark(b: Bench) {
    let batch = [mail(1, 7, "one", at(-2)), mail(2, 7, "two", at(-1))];
    let outcomes = receive(&b, &batch, Some(&mark(7, 2))).await;
    assert!(matches!(outcomes[..], [ReceiveOutcome::Stored(one), ReceiveOutcome::Stored(two)] if one < two));
    let folder = b.store.folder(&account(), "INBOX").await.expect("the mark is read");
    assert_eq!(folder, Some((mark(7, 2), Some(at(-1)))));
    assert_eq!(b.store.folder(&account(), "Other").await.expect("the mark is read"), None);
}

async fn a_known_key_is_stored_once(b: Bench) {
    let batch = [mail(1, 7, "one", at(0))];
    receive(&b, &batch, None).await;
    assert_eq!(receive(&b, &batch, None).await, [ReceiveOutcome::Known]);
    // A mailbox restored from a backup gives old numbers to new mail: other bytes are another message, once.
    let reused = [mail(1, 7, "other", at(0))];
    assert!(matches!(receive(&b, &reused, None).await[..], [ReceiveOutcome::Stored(_)]));
    assert_eq!(receive(&b, &reused, None).await, [ReceiveOutcome::Known]);
    // Of a message too large to fetch only the header is compared with nothing: the number decides.
    let mut header_only = mail(1, 7, "header", at(0));
    header_only.size += 1;
    assert_eq!(receive(&b, &[header_only], None).await, [ReceiveOutcome::Known]);
    assert_eq!(rows(&b).await, 2);
}

async fn a_key_twice_in_one_batch_is_stored_once(b: Bench) {
    let outcomes = receive(&b, &[mail(1, 7, "one", at(0)), mail(1, 7, "one", at(0))], None).await;
    assert!(matches!(outcomes[..], [ReceiveOutcome::Stored(_), ReceiveOutcome::Known]));
}

async fn one_key_of_two_accounts_is_two_messages(b: Bench) {
    let mut second = mail(1, 7, "one", at(0));
    second.account = AccountName::from("other");
    receive(&b, &[mail(1, 7, "one", at(0)), second], None).await;
    assert_eq!(rows(&b).await, 2);
}

async fn a_mark_never_moves_back(b: Bench) {
    receive(&b, &[], Some(&mark(7, 9))).await;
    let older = FolderMark { go_live: at(60), ..mark(7, 3) };
    receive(&b, &[], Some(&older)).await;
    assert_eq!(stored_mark(&b).await, Some(mark(7, 9)), "neither the UID nor the first start moves");
}

async fn a_renumbered_mark_may_fall(b: Bench) {
    receive(&b, &[mail(60, 7, "old", at(-2))], Some(&mark(7, 60))).await;
    // Restored from a backup: the server gives 41 to 60 away again.
    let fallen = FolderMark { go_live: at(60), ..mark(7, 40) };
    b.store.renumber(&fallen, at(0)).await.expect("replaced");
    assert_eq!(stored_mark(&b).await, Some(mark(7, 40)), "when the shop began stays what it was");
    b.store.renumber(&mark(7, 40), at(0)).await.expect("replaced");
    assert_eq!(b.number("SELECT COUNT(*) FROM folder_history").await, 1, "the old mark is remembered, once");
    // Another mail under the old number is another mail.
    let again = receive(&b, &[mail(60, 7, "new", at(1))], Some(&mark(7, 60))).await;
    assert!(matches!(again[..], [ReceiveOutcome::Stored(_)]), "{again:?}");
    assert_eq!(stored_mark(&b).await, Some(mark(7, 60)));
}

async fn says_what_it_does_not_know(b: Bench) {
    let known: Vec<Received> = (1..=80).filter(|uid| uid % 7 != 0).map(|uid| mail(uid, 7, "x", at(0))).collect();
    receive(&b, &known, Some(&mark(7, 80))).await;
    let asked: Vec<u32> = (1..=80).rev().collect();
    let unknown = |account: AccountName, folder: &'static str, validity: u32, uids: Vec<u32>| {
        let store = b.store.clone();
        async move { store.unknown(&account, folder, validity, &uids).await.expect("compared") }
    };
    let missed = unknown(account(), "INBOX", 7, asked.clone()).await;
    assert_eq!(missed, [77, 70, 63, 56, 49, 42, 35, 28, 21, 14, 7]);
    assert_eq!(unknown(account(), "INBOX", 8, asked.clone()).await, asked, "other numbers");
    assert_eq!(unknown(account(), "Orders", 7, vec![1]).await, [1], "another folder");
    assert_eq!(unknown("other".into(), "INBOX", 7, vec![1]).await, [1], "another account");
    assert!(unknown(account(), "INBOX", 7, Vec::new()).await.is_empty());
}

async fn a_known_message_still_moves_the_mark(b: Bench) {
    let batch = [mail(1, 7, "one", at(0))];
    receive(&b, &batch, Some(&mark(7, 1))).await;
    assert_eq!(receive(&b, &batch, Some(&mark(7, 4))).await, [ReceiveOutcome::Known]);
    assert_eq!(stored_mark(&b).await, Some(mark(7, 4)));
}

async fn a_new_uid_validity_replaces_the_mark(b: Bench) {
    receive(&b, &[], Some(&mark(7, 9))).await;
    receive(&b, &[], Some(&mark(8, 1))).await;
    assert_eq!(stored_mark(&b).await, Some(mark(8, 1)));
    assert_eq!(b.number("SELECT COUNT(*) FROM folder_history WHERE uid_validity = 7 AND uid = 9").await, 1);
}

async fn same_bytes_are_known(b: Bench) {
    receive(&b, &[mail(5, 7, "one", at(0)), mail(6, 7, "two", at(0))], Some(&mark(7, 6))).await;
    let again = [mail(1, 8, "one", at(0)), mail(2, 8, "two", at(0)), mail(3, 8, "three", at(0))];
    let outcomes = receive(&b, &again, Some(&mark(8, 3))).await;
    assert!(matches!(outcomes[..], [ReceiveOutcome::Known, ReceiveOutcome::Known, ReceiveOutcome::Stored(_)]));
    assert_eq!(rows(&b).await, 3);
    assert_eq!(b.number("SELECT COUNT(*) FROM ledger").await, 5, "the new keys lead to the old rows");
    assert_eq!(receive(&b, &again, None).await, [ReceiveOutcome::Known; 3]);
}

async fn same_bytes_are_two(b: Bench) {
    receive(&b, &[mail(1, 7, "one", at(0)), mail(2, 7, "one", at(0))], None).await;
    assert_eq!(rows(&b).await, 2);
}

async fn other_folder_is_two(b: Bench) {
    let mut moved = mail(1, 8, "one", at(0));
    moved.key = SourceKey::Imap { folder: "Old: mail".to_owned(), uid_validity: 8, uid: 1 };
    receive(&b, &[mail(1, 7, "one", at(0)), moved], None).await;
    assert_eq!(rows(&b).await, 2);
}

async fn an_empty_batch_stores_the_mark(b: Bench) {
    assert_eq!(receive(&b, &[], Some(&mark(7, 120))).await, []);
    assert_eq!(b.store.folder(&account(), "INBOX").await.expect("the mark is read"), Some((mark(7, 120), None)));
}

async fn last_update_is_the_one_stored_last(b: Bench) {
    let bot = AccountName::from("bot");
    assert_eq!(b.store.last_update(&bot).await.expect("the update is read"), None);
    // After a week without updates the server begins anew with any number.
    receive(&b, &[update(900, "a", at(0)), update(17, "b", at(0))], None).await;
    assert_eq!(b.store.last_update(&bot).await.expect("the update is read"), Some((17, at(0))));
}

async fn comes_back_as_received(b: Bench) {
    let mut cut = mail(1, 7, "", at(-3));
    cut.raw = b"Subject: \xff\xfe\0\r\n\r\n".to_vec();
    cut.size = 40_000_000;
    cut.role = FolderRole::Junk;
    cut.key = SourceKey::Imap { folder: "Спам: 1:2".to_owned(), uid_validity: u32::MAX, uid: u32::MAX };
    let mut file = mail(1, 7, "x", at(-2));
    file.key = SourceKey::Maildir { name: "1790000000.M1P2.host:1".to_owned() };
    let batch = [cut, file, update(i64::MAX, "{}", at(-1))];
    receive(&b, &batch, None).await;
    let stored = b.store.undecided(10).await.expect("the rows are read");
    let received: Vec<Received> = stored.into_iter().map(|stored| stored.received).collect();
    assert_eq!(received, batch);
}

async fn undecided_messages_come_oldest_first(b: Bench) {
    let batch: Vec<Received> = (1..=5).map(|uid| mail(uid, 7, &uid.to_string(), at(0))).collect();
    receive(&b, &batch, None).await;
    let stored = b.store.undecided(3).await.expect("the rows are read");
    let raws: Vec<&[u8]> = stored.iter().map(|stored| stored.received.raw.as_slice()).collect();
    assert_eq!(raws, [b"1", b"2", b"3"]);
    b.store.ignore(stored[0].id, "no message", at(0)).await.expect("the row is ignored");
    assert_eq!(b.store.undecided(10).await.expect("the rows are read").len(), 4);
    assert!(stored.iter().all(|stored| stored.received.channel == ChannelKind::Email && stored.stored_at == at(0)));
}

async fn tries_are_counted(b: Bench) {
    let letter = b.mail("ana@buyer.example", "hello", at(0)).await;
    assert_eq!(b.store.tried(letter.id).await.expect("counted"), 1);
    assert_eq!(b.store.tried(letter.id).await.expect("counted"), 2);
    assert_eq!(b.store.undecided(1).await.expect("the rows are read")[0].tries, 2);
    let nobody = nightdesk::model::ids::InboundId(999);
    assert!(matches!(b.store.tried(nobody).await, Err(StoreError::Missing { id: 999, .. })));
}

async fn first_tries_are_counted_together_and_once(b: Bench) {
    let batch: Vec<Received> = (1..=5).map(|uid| mail(uid, 7, &uid.to_string(), at(0))).collect();
    receive(&b, &batch, None).await;
    let ids: Vec<_> = b.store.undecided(9).await.expect("read").iter().map(|stored| stored.id).collect();
    b.store.tried(ids[0]).await.expect("counted");
    b.store.tried(ids[0]).await.expect("counted");
    b.store.first_tries(&ids[..FIRST_TRIES as usize]).await.expect("counted");
    b.store.first_tries(&ids[1..2]).await.expect("counted");
    b.store.first_tries(&[]).await.expect("nothing to count");
    let tries: Vec<u32> = b.store.undecided(9).await.expect("read").iter().map(|stored| stored.tries).collect();
    assert_eq!(tries, [2, 1, 1, 1, 0], "what was begun before is counted alone");
}

async fn the_first_sight_of_an_account_wins(b: Bench) {
    let bot = AccountName::from("bot");
    b.store.see(&bot, at(1)).await.expect("noted");
    b.store.see(&bot, at(9)).await.expect("noted");
    b.store.see(&account(), at(3)).await.expect("noted");
    receive(&b, &[update(1, "a", at(0)), mail(1, 7, "a", at(0))], Some(&mark(7, 1))).await;
    let go_lives: Vec<_> = b.store.undecided(9).await.expect("read").into_iter().map(|stored| stored.go_live).collect();
    assert_eq!(go_lives, [Some(at(1)), Some(at(-5))], "a folder's mark is nearer than the account");
}

/// What a kill leaves behind is what lies in the files at any moment after the acknowledgement.
async fn killed_process_loses_nothing(b: Bench) {
    receive(&b, &[mail(1, 7, "one", at(0))], Some(&mark(7, 1))).await;
    let url = match b.backend {
        Backend::Sqlite => {
            let copy = b.folder().join("copy.db");
            for end in ["", "-wal"] {
                let name = |file: &std::path::Path| format!("{}{end}", file.display());
                std::fs::copy(name(&b.file()), name(&copy)).expect("the file is there");
            }
            format!("sqlite://{}", copy.display())
        }
        Backend::Postgres => b.url.clone(),
    };
    let second = Store::open(&settings(&url)).await.expect("it opens without repair");
    assert_eq!(second.undecided(9).await.expect("read").len(), 1);
    assert_eq!(second.folder(&account(), "INBOX").await.expect("read"), Some((mark(7, 1), Some(at(0)))));
}

async fn the_instance_stays_the_same(b: Bench) {
    let first = b.store.instance().await.expect("read");
    let b = b.reopened().await;
    assert_eq!(b.store.instance().await.expect("read"), first);
}
