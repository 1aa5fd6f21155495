//! The channel against a real Dovecot: delivered by LMTP, received through the inbox, across everything that happens to
//! a mail server.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use nightdesk::{
    channel::{
        Channel as _, Inbox, ListenError,
        email::{EmailChannel, OAuth2, Secret, Settings, TlsMode},
    },
    model::receive::{FolderRole, Received, SourceKey},
};
use secrecy::SecretString;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    imap::{
        account::{account, over_tls},
        dovecot::Dovecot,
    },
    support::{ledger::Ledger, token_endpoint::TokenEndpoint},
};

const USER: &str = "shop@example.org";

/// Longest wait for anything that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A channel that listens in the background.
struct Listening {
    ledger: Ledger,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ListenError>>,
}

impl Listening {
    fn start(settings: Settings, ledger: Ledger) -> Self {
        let (inbox, stop) = (ledger.inbox(), CancellationToken::new());
        let token = stop.clone();
        let channel = EmailChannel::new(settings);
        let task = tokio::spawn(async move { channel.listen(inbox, token).await });
        Self { ledger, stop, task }
    }

    /// Starts on an empty ledger and waits for the first look.
    async fn first(settings: Settings) -> Self {
        let listening = Self::start(settings, Ledger::open(Vec::new(), 0).0);
        listening.until("the first look", |ledger| ledger.mark("INBOX").is_some()).await;
        listening
    }

    async fn until(&self, what: &str, reached: impl Fn(&Ledger) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !reached(&self.ledger) {
            assert!(!self.task.is_finished(), "the channel ended before {what}");
            assert!(Instant::now() < deadline, "{what} did not happen; stored: {:?}", subjects(&self.ledger));
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn subjects(&self, expected: &[&str]) {
        self.until(&format!("{expected:?}"), |ledger| subjects(ledger) == expected).await;
    }

    async fn end(self) -> Ledger {
        let asked = Instant::now();
        self.stop.cancel();
        self.task.await.expect("no panic").expect("a clean end");
        assert!(asked.elapsed() < Duration::from_secs(2), "stopping took {:?}", asked.elapsed());
        self.ledger
    }
}

fn subjects(ledger: &Ledger) -> Vec<String> {
    ledger.rows().iter().map(subject).collect()
}

fn subject(received: &Received) -> String {
    let raw = String::from_utf8_lossy(&received.raw).into_owned();
    let line = raw.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or("?");
    line.to_owned()
}

fn letter(subject: &str) -> String {
    format!(
        "From: Buyer <buyer@example.net>\nTo: {USER}\nSubject: {subject}\nMessage-ID: <{subject}@example.net>\n\nHello\n"
    )
}

fn epoch(received: &Received) -> u32 {
    let SourceKey::Imap { uid_validity, .. } = received.key else { panic!("a key of IMAP") };
    uid_validity
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_arrives_within_two_seconds_and_older_mail_stays_untouched() {
    let server = Dovecot::start();
    server.deliver(USER, &letter("old"));
    let listening = Listening::first(account(USER, server.imap)).await;
    server.deliver(USER, &letter("warm-up"));
    listening.subjects(&["warm-up"]).await;
    let delivered = Instant::now();
    server.deliver(USER, &letter("new"));
    listening.subjects(&["warm-up", "new"]).await;
    assert!(delivered.elapsed() < Duration::from_secs(2), "it took {:?}", delivered.elapsed());
    listening.end().await;
    assert_eq!(server.doveadm(&["search", "-u", USER, "seen"]), "", "reading must not mark mail as seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_is_found_again_with_what_came_meanwhile() {
    let mut server = Dovecot::start();
    let listening = Listening::first(account(USER, server.imap)).await;
    server.deliver(USER, &letter("before"));
    listening.subjects(&["before"]).await;
    server.stop();
    server.resume();
    server.deliver(USER, &letter("after"));
    listening.subjects(&["before", "after"]).await;
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kicked_connection_comes_back() {
    let server = Dovecot::start();
    let listening = Listening::first(account(USER, server.imap)).await;
    server.deliver(USER, &letter("one"));
    listening.subjects(&["one"]).await;
    server.doveadm(&["kick", USER]);
    server.deliver(USER, &letter("two"));
    listening.subjects(&["one", "two"]).await;
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renumbered_mail_is_read_again_and_nothing_is_lost() {
    let mut server = Dovecot::start();
    server.deliver(USER, &letter("old"));
    let listening = Listening::first(account(USER, server.imap)).await;
    server.deliver(USER, &letter("one"));
    listening.subjects(&["one"]).await;
    let ledger = listening.end().await;
    let go_live = ledger.mark("INBOX").expect("a mark").go_live;
    server.deliver(USER, &letter("two"));
    let before = epoch(&ledger.rows()[0]);
    let after = (before + 1000).to_string();
    server.doveadm(&["mailbox", "update", "-u", USER, "--uid-validity", &after, "INBOX"]);
    server.stop();
    server.resume();
    let listening = Listening::start(account(USER, server.imap), ledger);
    listening
        .until("the new mark", |ledger| ledger.mark("INBOX").is_some_and(|m| m.uid_validity == before + 1000))
        .await;
    server.deliver(USER, &letter("three"));
    // "one" comes a second time under its new number: the store knows its bytes. "old" came before the shop's bot and
    // is younger than the window; its time says that it is never answered.
    listening.subjects(&["one", "old", "one", "two", "three"]).await;
    let ledger = listening.end().await;
    assert_eq!(ledger.mark("INBOX").expect("a mark").go_live, go_live);
    assert!(ledger.rows()[1].received_at <= go_live, "the store must see that this one is old");
    let epochs: Vec<bool> = ledger.rows().iter().map(|row| epoch(row) == before + 1000).collect();
    assert_eq!(epochs, [false, true, true, true, true]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_from_the_first_byte_and_by_command_both_work() {
    let server = Dovecot::start();
    for (tls, port) in [(TlsMode::Implicit, server.imaps), (TlsMode::StartTls, server.imap)] {
        let settings = over_tls(account(USER, 0), tls, port, server.certificate());
        let listening = Listening::first(settings).await;
        let subject = format!("{tls:?}");
        server.deliver(USER, &letter(&subject));
        listening.subjects(&[&subject]).await;
        listening.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_somebody_else_is_refused() {
    let (server, other) = (Dovecot::start(), Dovecot::start());
    for (tls, port) in [(TlsMode::Implicit, server.imaps), (TlsMode::StartTls, server.imap)] {
        let settings = over_tls(account(USER, 0), tls, port, other.certificate());
        let channel = EmailChannel::new(settings);
        let (_ledger, inbox) = Ledger::open(Vec::new(), 0);
        let (status, stop) = (channel.status(), CancellationToken::new());
        let token = stop.clone();
        let task = tokio::spawn(async move { channel.listen(inbox, token).await });
        let deadline = Instant::now() + PATIENCE;
        let error = loop {
            if let Some((_, error)) = status.folders().into_values().find_map(|folder| folder.last_error) {
                break error;
            }
            assert!(Instant::now() < deadline, "no error");
            sleep(Duration::from_millis(10)).await;
        };
        assert!(error.starts_with("cannot agree on TLS with 127.0.0.1: invalid peer certificate"), "{error}");
        stop.cancel();
        task.await.expect("no panic").expect("a clean end");
    }
    assert_eq!(server.doveadm(&["log", "errors"]), "", "the server saw nothing but broken handshakes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_ends_the_account_after_three_tries() {
    let server = Dovecot::start();
    let mut settings = account(USER, server.imap);
    settings.imap.login.secret = Secret::Password(SecretString::from("hunter2"));
    let (_ledger, inbox) = Ledger::open(Vec::new(), 0);
    let ended = ended(settings, inbox).await;
    let error = ended.expect_err("nobody gets in");
    assert!(matches!(error, ListenError::Credentials { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "shop: the server refuses the login: [AUTHENTICATIONFAILED] Authentication failed. (check `user` and `password` \
         under `imap`; a provider with two-step login wants an app password)"
    );
    // The server writes its log when it has closed the connection.
    let deadline = Instant::now() + PATIENCE;
    while server.tries(USER) < 3 {
        assert!(Instant::now() < deadline, "{} tries", server.tries(USER));
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.tries(USER), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_logs_in_and_an_expired_one_is_replaced() {
    let server = Dovecot::start();
    // The first token has expired by the provider's clock although it says that an hour is left.
    let tokens = vec![Dovecot::token(USER, -10), Dovecot::token(USER, 3600)];
    let endpoint = TokenEndpoint::start(tokens).await;
    let mut settings = account(USER, server.imap);
    settings.imap.login.secret = oauth2(&endpoint);
    let listening = Listening::first(settings).await;
    server.deliver(USER, &letter("by-token"));
    listening.subjects(&["by-token"]).await;
    listening.end().await;
    let refresh: Vec<String> = endpoint.refresh_tokens();
    assert_eq!(refresh, ["refresh-0", "refresh-1"], "a rotated refresh token replaces the old one");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_refresh_token_is_kept_where_the_first_came_from() {
    use std::os::unix::fs::PermissionsExt as _;

    let server = Dovecot::start();
    let endpoint = TokenEndpoint::start(vec![Dovecot::token(USER, 3600), Dovecot::token(USER, 3600)]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("refresh-token");
    fs::write(&file, "refresh-0\n").expect("a file");
    let mut settings = account(USER, server.imap);
    settings.imap.login.secret = from_file(&endpoint, &file);
    Listening::first(settings.clone()).await.end().await;
    assert_eq!(fs::read_to_string(&file).expect("the file"), "refresh-1\n");
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing else is left there");
    // Another start with what the configuration held before.
    Listening::first(settings).await.end().await;
    assert_eq!(endpoint.refresh_tokens(), ["refresh-0", "refresh-0"], "this endpoint takes old ones too");
    assert_eq!(fs::read_to_string(&file).expect("the file"), "refresh-2\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_somebody_else_replaced_is_read_from_its_file_again() {
    let server = Dovecot::start();
    let endpoint = TokenEndpoint::strict("refresh-7", vec![Dovecot::token(USER, 3600)]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("refresh-token");
    fs::write(&file, "refresh-7\n").expect("a file");
    let mut settings = account(USER, server.imap);
    // What was read at the start is older than what the file holds now.
    settings.imap.login.secret = from_file(&endpoint, &file);
    Listening::first(settings).await.end().await;
    assert_eq!(endpoint.refresh_tokens(), ["refresh-0", "refresh-7"]);
    assert_eq!(fs::read_to_string(&file).expect("the file"), "refresh-2\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_consent_ends_the_account_at_once() {
    let server = Dovecot::start();
    let endpoint = TokenEndpoint::start(Vec::new()).await;
    let mut settings = account(USER, server.imap);
    settings.imap.login.secret = oauth2(&endpoint);
    let (_ledger, inbox) = Ledger::open(Vec::new(), 0);
    let ended = ended(settings, inbox).await;
    let error = ended.expect_err("there is no token").to_string();
    assert_eq!(
        error,
        "shop: the server refuses the login: the provider refuses the refresh token (invalid_grant): consent withdrawn"
    );
    assert_eq!(endpoint.refresh_tokens().len(), 1, "no second try");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_junk_folder_is_found_by_its_attribute_whatever_its_name() {
    let server = Dovecot::start();
    let mut settings = account(USER, server.imap);
    settings.imap.junk = true;
    let listening = Listening::first(settings).await;
    listening.until("the junk folder", |ledger| ledger.mark("Unerwünscht").is_some()).await;
    server.save(USER, "Unerwünscht", &letter("prize"));
    server.deliver(USER, &letter("question"));
    listening.until("both", |ledger| ledger.rows().len() == 2).await;
    let ledger = listening.end().await;
    let junk: Vec<String> = ledger.rows().iter().filter(|row| row.role == FolderRole::Junk).map(subject).collect();
    assert_eq!(junk, ["prize"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_never_existed_is_a_mistake_in_the_settings() {
    let server = Dovecot::start();
    let mut settings = account(USER, server.imap);
    settings.imap.folders = vec!["Bestellungen".to_owned()];
    let (_ledger, inbox) = Ledger::open(Vec::new(), 0);
    let ended = ended(settings, inbox).await;
    assert_eq!(
        ended.expect_err("no such folder").to_string(),
        "shop: the mailbox has no folder \"Bestellungen\"; create it or correct `folders`"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_huge_message_only_the_header_comes() {
    let server = Dovecot::start();
    let mut settings = account(USER, server.imap);
    settings.imap.max_message_bytes = 10_000;
    let listening = Listening::first(settings).await;
    server.deliver(USER, &format!("{}{}", letter("huge"), "All work and no play.\n".repeat(1000)));
    listening.subjects(&["huge"]).await;
    let row = listening.end().await.rows().remove(0);
    assert!(row.raw.ends_with(b"\r\n\r\n") && row.raw.len() < 1000, "{} bytes came", row.raw.len());
    assert!(row.size > 20_000, "the size on the server is {}", row.size);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_waiting_messages_come_in_batches_and_in_order() {
    let server = Dovecot::start();
    let listening = Listening::first(account(USER, server.imap)).await;
    let ledger = listening.end().await;
    let expected: Vec<String> = (0..120).map(|number| format!("letter-{number}")).collect();
    for subject in &expected {
        server.deliver(USER, &letter(subject));
    }
    let listening = Listening::start(account(USER, server.imap), ledger);
    listening.until("all of them", |ledger| ledger.rows().len() == 120).await;
    let ledger = listening.end().await;
    assert_eq!(subjects(&ledger), expected);
    let sizes: Vec<usize> = ledger.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [50, 50, 20]);
}

/// Listens until the channel gives up by itself.
async fn ended(settings: Settings, inbox: Inbox) -> Result<(), ListenError> {
    let listened = EmailChannel::new(settings);
    timeout(PATIENCE, listened.listen(inbox, CancellationToken::new())).await.expect("the channel gives up by itself")
}

fn from_file(endpoint: &TokenEndpoint, file: &Path) -> Secret {
    let Secret::OAuth2(settings) = oauth2(endpoint) else { panic!("a secret of OAuth2") };
    Secret::OAuth2(OAuth2 { refresh_token_file: Some(file.to_owned()), ..settings })
}

fn oauth2(endpoint: &TokenEndpoint) -> Secret {
    Secret::OAuth2(OAuth2 {
        token_url: endpoint.url(),
        client_id: "nightdesk".to_owned(),
        client_secret: None,
        refresh_token: SecretString::from("refresh-0"),
        refresh_token_file: None,
        scope: Some("mail".to_owned()),
    })
}
