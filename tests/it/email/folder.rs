//! A Maildir as mailbox.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use nightdesk::{
    channel::{
        Channel as _, Inbox, InboxError, InboxRequest, ListenError, PhaseLog,
        folder::{FolderChannel, Settings},
    },
    model::{
        ids::{AccountName, InboundId, OutboxId, ThreadId},
        outbound::{MailPayload, Outbound, OutboundKind, Payload, Phase, Receipt, TelegramPayload},
        receive::{ReceiveOutcome, Received, SourceKey},
    },
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(20);

fn settings(root: &Path) -> Settings {
    Settings {
        name: AccountName::new("demo"),
        address: "support@lumencrafts.example".to_owned(),
        display_name: "Lumen Crafts".to_owned(),
        inbox: root.join("inbox"),
        outbox: root.join("outbox"),
        poll_millis: 10,
    }
}

fn maildir() -> TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    for part in ["new", "cur", "tmp"] {
        fs::create_dir_all(root.path().join("inbox").join(part)).expect("the folder is writable");
    }
    root
}

fn put(root: &TempDir, name: &str, text: &str) {
    fs::write(root.path().join("inbox/new").join(name), text).expect("the folder is writable");
}

fn names(root: &TempDir, folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.path().join(folder)) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A store that remembers what it was given; the first `failures` requests fail.
struct Ear {
    stored: Arc<Mutex<Vec<Received>>>,
    stop: CancellationToken,
    listener: JoinHandle<Result<(), ListenError>>,
}

fn listen(root: &TempDir, failures: usize) -> Ear {
    let (inbox, requests) = Inbox::pair(1);
    let stored = Arc::new(Mutex::new(Vec::new()));
    tokio::spawn(answer(requests, Arc::clone(&stored), failures));
    let stop = CancellationToken::new();
    let channel = FolderChannel::new(settings(root.path()));
    let listener = tokio::spawn({
        let stop = stop.clone();
        async move { channel.listen(inbox, stop).await }
    });
    Ear { stored, stop, listener }
}

async fn answer(mut requests: mpsc::Receiver<InboxRequest>, stored: Arc<Mutex<Vec<Received>>>, mut failures: usize) {
    while let Some(request) = requests.recv().await {
        let InboxRequest::Receive { batch, done, .. } = request else { panic!("a folder asks for nothing else") };
        if failures > 0 {
            failures -= 1;
            done.send(Err(InboxError("the disk is full".to_owned()))).expect("the channel waits");
            continue;
        }
        let outcomes = batch.iter().map(|_| ReceiveOutcome::Stored(InboundId(1))).collect();
        stored.lock().expect("no holder panics").extend(batch);
        done.send(Ok(outcomes)).expect("the channel waits");
    }
}

impl Ear {
    async fn until(&self, what: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let begun = Instant::now();
        loop {
            let stored = self.stored.lock().expect("no holder panics").clone();
            if what(&stored) {
                return stored;
            }
            assert!(begun.elapsed() < DEADLINE, "only {} messages came", stored.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn stop(self) -> Result<(), ListenError> {
        self.stop.cancel();
        self.listener.await.expect("the listener does not panic")
    }
}

async fn until_file(root: &TempDir, folder: &str, name: &str) {
    let begun = Instant::now();
    while !names(root, folder).iter().any(|known| known == name) {
        assert!(begun.elapsed() < DEADLINE, "{name} never came to {folder}: {:?}", names(root, folder));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn new_mail_is_stored_and_then_shelved() {
    let root = maildir();
    put(&root, "1763.M1P1.host", "From: a@example.org\n\nhello\n");
    put(&root, ".hidden", "no mail");
    let ear = listen(&root, 0);
    let stored = ear.until(|stored| stored.len() == 1).await;
    assert_eq!(stored[0].key, SourceKey::Maildir { name: "1763.M1P1.host".to_owned() });
    assert_eq!(stored[0].raw, b"From: a@example.org\n\nhello\n");
    let age = Timestamp::now().duration_since(stored[0].received_at);
    assert!(age.as_secs() < 60, "the time of the file counts: {age}");
    until_file(&root, "inbox/cur", "1763.M1P1.host:2,").await;

    put(&root, "1764.M1P1.host", "From: b@example.org\n\nhello\n");
    ear.until(|stored| stored.len() == 2).await;
    until_file(&root, "inbox/cur", "1764.M1P1.host:2,").await;
    assert_eq!(names(&root, "inbox/new"), [".hidden"]);
    ear.stop().await.expect("it stops when told");
}

#[tokio::test]
async fn nothing_moves_before_it_is_stored() {
    let root = maildir();
    put(&root, "1.a", "From: a@example.org\n\nhello\n");
    let ear = listen(&root, 3);
    assert_eq!(names(&root, "inbox/new"), ["1.a"]);
    ear.until(|stored| stored.len() == 1).await;
    until_file(&root, "inbox/cur", "1.a:2,").await;
    ear.stop().await.expect("it stops when told");
}

#[tokio::test]
async fn a_message_that_cannot_be_shelved_is_stored_once() {
    let root = maildir();
    fs::remove_dir(root.path().join("inbox/cur")).expect("the folder is empty");
    put(&root, "1.a", "From: a@example.org\n\nhello\n");
    let ear = listen(&root, 0);
    ear.until(|stored| stored.len() == 1).await;
    put(&root, "2.b", "From: b@example.org\n\nhello\n");
    let stored = ear.until(|stored| stored.len() >= 2).await;
    let keys: Vec<String> = stored.iter().map(|received| received.key.as_text()).collect();
    assert_eq!(keys, ["maildir:1.a", "maildir:2.b"]);
    ear.stop().await.expect("it stops when told");
}

#[tokio::test]
async fn hundreds_of_messages_come_in_order() {
    let root = maildir();
    for number in 0..230 {
        put(&root, &format!("{number:04}.a"), "From: a@example.org\n\nhello\n");
    }
    let ear = listen(&root, 0);
    let stored = ear.until(|stored| stored.len() == 230).await;
    let keys: Vec<String> = stored.iter().map(|received| received.key.as_text()).collect();
    assert!(keys.is_sorted());
    ear.stop().await.expect("it stops when told");
}

#[tokio::test]
async fn a_missing_folder_says_what_to_do() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let channel = FolderChannel::new(settings(root.path()));
    let (inbox, _requests) = Inbox::pair(1);
    let refused = channel.listen(inbox.clone(), CancellationToken::new()).await.expect_err("there is no folder");
    assert!(refused.to_string().contains("does not exist; make it a Maildir"), "{refused}");
    fs::create_dir_all(root.path().join("inbox")).expect("the folder is writable");
    let refused = channel.listen(inbox, CancellationToken::new()).await.expect_err("there is no Maildir");
    assert!(refused.to_string().contains("`new` is missing"), "{refused}");
}

fn outbound(payload: Payload) -> Outbound {
    Outbound {
        id: OutboxId(1),
        key: "i1-answer".to_owned(),
        account: AccountName::new("demo"),
        kind: OutboundKind::Answer,
        human: false,
        thread: ThreadId(1),
        attempts: 0,
        created_at: Timestamp::UNIX_EPOCH,
        payload,
    }
}

fn answer_mail() -> Outbound {
    outbound(Payload::Mail(MailPayload {
        envelope_from: String::new(),
        envelope_to: "a@example.org".to_owned(),
        message_id: "ar.i1-answer.0123456789abcdef@lumencrafts.example".to_owned(),
        bytes: b"Subject: Re: hello\r\n\r\nhello\r\n".to_vec(),
        text: "hello".to_owned(),
    }))
}

/// Sends once; `can_log` says whether the phase can be written down.
async fn send(root: &TempDir, outbound: &Outbound, can_log: bool) -> (Receipt, bool) {
    let channel = FolderChannel::new(settings(root.path()));
    let (phase, mut steps) = PhaseLog::pair();
    let writer = async {
        let mut dot = false;
        while let Some((step, done)) = steps.recv().await {
            dot |= step == Phase::Dot;
            assert_eq!(names(root, "outbox/new"), Vec::<String>::new(), "the phase comes before the file");
            let answer = if can_log { Ok(()) } else { Err(InboxError("the disk is full".to_owned())) };
            done.send(answer).expect("the sender waits");
        }
        dot
    };
    let sender = async {
        let receipt = channel.send(outbound, &phase).await;
        drop(phase);
        receipt
    };
    tokio::join!(sender, writer)
}

const NAME: &str = "ar.i1-answer.0123456789abcdef@lumencrafts.example";

#[tokio::test]
async fn an_answer_becomes_one_file_however_often_it_is_sent() {
    let root = maildir();
    let sent = Receipt::Sent { proof: NAME.to_owned() };
    assert_eq!(send(&root, &answer_mail(), true).await, (sent.clone(), true));
    assert_eq!(names(&root, "outbox/new"), [NAME]);
    assert_eq!(names(&root, "outbox/tmp"), Vec::<String>::new());
    let bytes = fs::read(root.path().join("outbox/new").join(NAME)).expect("the answer was written");
    assert_eq!(bytes, b"Subject: Re: hello\r\n\r\nhello\r\n");

    assert_eq!(send(&root, &answer_mail(), true).await, (sent.clone(), false));
    let read = format!("outbox/cur/{NAME}:2,S");
    fs::rename(root.path().join("outbox/new").join(NAME), root.path().join(read)).expect("a reader flags it");
    assert_eq!(send(&root, &answer_mail(), true).await, (sent, false));
    assert_eq!(names(&root, "outbox/new"), Vec::<String>::new());
}

#[tokio::test]
async fn no_file_appears_when_the_phase_cannot_be_written_down() {
    let root = maildir();
    let (receipt, _) = send(&root, &answer_mail(), false).await;
    assert!(matches!(&receipt, Receipt::Retry { reason, .. } if reason.contains("the disk is full")), "{receipt:?}");
    assert_eq!(names(&root, "outbox/new"), Vec::<String>::new());
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_a_retry_that_names_it() {
    let root = maildir();
    fs::write(root.path().join("outbox"), "a file is in the way").expect("the folder is writable");
    let (receipt, dot) = send(&root, &answer_mail(), true).await;
    assert!(matches!(&receipt, Receipt::Retry { reason, .. } if reason.contains("outbox")), "{receipt:?}");
    assert!(!dot);
}

#[tokio::test]
async fn telegram_messages_are_refused() {
    let root = maildir();
    let telegram =
        TelegramPayload { chat_id: 1, business_connection_id: None, reply_to_message_id: None, text: "hi".to_owned() };
    let (receipt, _) = send(&root, &outbound(Payload::Telegram(telegram)), true).await;
    assert!(matches!(receipt, Receipt::Failed { .. }));
}
