//! Every way a submission server can treat a mail, and what we believe afterwards.

use std::time::Duration;

use futures_util::future::join_all;
use nightdesk::{
    channel::{
        InboxError, PhaseLog,
        email::{
            Login, OAuth2, Secret, SmtpSettings, TlsMode,
            oauth::OAuthTokens,
            smtp::{Patience, send_within},
        },
    },
    model::outbound::{MailPayload, Phase, Receipt},
};
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::smtp_sink::{Act, Plan, Protection, Script, SmtpSink};

const MESSAGE: &[u8] =
    b"From: support@lumencrafts.example\r\nTo: anna@example.org\r\n\r\nHello\r\n.\r\n..two\r\nbye\r\n";

/// Short, so that silence is told from a slow machine and the test still ends soon.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    command: Duration::from_secs(2),
    block: Duration::from_secs(2),
    before_dot: Duration::from_secs(20),
    dot: Duration::from_secs(2),
};

fn mail() -> MailPayload {
    MailPayload {
        envelope_from: "support+bi1-answer-0123456789abcdef@lumencrafts.example".to_owned(),
        envelope_to: "anna@example.org".to_owned(),
        message_id: "ar.i1-answer.0123456789abcdef@lumencrafts.example".to_owned(),
        bytes: MESSAGE.to_vec(),
        text: "Hello".to_owned(),
    }
}

fn settings(sink: &SmtpSink, tls: TlsMode) -> SmtpSettings {
    SmtpSettings { host: "localhost".to_owned(), port: sink.port, tls, login: None, ca_file: Some(sink.ca_file()) }
}

fn password() -> Login {
    Login { user: "support".to_owned(), secret: Secret::Password(SecretString::from("hunter2".to_owned())) }
}

/// Sends once; returns what came of it and whether the point of no return was written down before.
async fn attempt(settings: &SmtpSettings, mail: &MailPayload) -> (Receipt, bool) {
    attempt_with_log(settings, mail, true).await
}

async fn attempt_with_log(settings: &SmtpSettings, mail: &MailPayload, can_log: bool) -> (Receipt, bool) {
    let log = async || if can_log { Ok(()) } else { Err(InboxError("the disk is full".to_owned())) };
    attempt_logged(settings, mail, log).await
}

/// Sends once; each phase is written down by `log`.
async fn attempt_logged(
    settings: &SmtpSettings,
    mail: &MailPayload,
    log: impl AsyncFn() -> Result<(), InboxError>,
) -> (Receipt, bool) {
    let (phase, mut steps) = PhaseLog::pair();
    let access = OAuthTokens::for_login(settings.login.as_ref());
    let writer = async {
        let mut dot = false;
        while let Some((step, done)) = steps.recv().await {
            dot |= step == Phase::Dot;
            let answer = log().await;
            done.send(answer).expect("the sender waits");
        }
        dot
    };
    let sender = async {
        let receipt = send_within(settings, "lumencrafts.example", mail, &phase, &access, PATIENCE).await;
        drop(phase);
        receipt
    };
    tokio::join!(sender, writer)
}

/// Looks until it is so, and lets the server work meanwhile.
async fn until_async(what: &str, so: impl Fn() -> bool) {
    let looked = tokio::time::timeout(Duration::from_secs(30), async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    looked.await.unwrap_or_else(|_| panic!("waited for {what}"));
}

fn kind(receipt: &Receipt) -> &'static str {
    match receipt {
        Receipt::Sent { .. } => "sent",
        Receipt::Retry { .. } => "retry",
        Receipt::Failed { .. } => "failed",
        Receipt::Uncertain { .. } => "uncertain",
    }
}

fn words(receipt: &Receipt) -> &str {
    match receipt {
        Receipt::Sent { proof } => proof,
        Receipt::Retry { reason, .. } | Receipt::Failed { reason } | Receipt::Uncertain { reason } => reason,
    }
}

/// Where in the conversation the server does something odd.
#[derive(Debug, Clone, Copy)]
enum At {
    Greeting,
    Ehlo,
    Auth,
    Mail,
    Rcpt,
    Data,
    Dot,
}

fn script(at: At, act: &Act) -> Script {
    let mut script = Script::default();
    let place = match at {
        At::Greeting => &mut script.greeting,
        At::Ehlo => &mut script.ehlo,
        At::Auth => &mut script.auth,
        At::Mail => &mut script.mail,
        At::Rcpt => &mut script.rcpt,
        At::Data => &mut script.data,
        At::Dot => &mut script.dot,
    };
    place.clone_from(act);
    script
}

/// Phase, what the server does, what we believe, a word of the reason.
const MATRIX: &[(At, Act, &str, &str)] = &[
    (At::Greeting, Act::Cut, "retry", "localhost"),
    (At::Greeting, Act::Stall, "retry", "localhost"),
    (At::Greeting, Act::Say("421 too busy"), "retry", "421"),
    (At::Greeting, Act::Say("554 no service for you"), "retry", "554"),
    (At::Greeting, Act::Say("this is not SMTP"), "retry", "localhost"),
    (At::Ehlo, Act::Cut, "retry", "localhost"),
    (At::Ehlo, Act::Say("421 shutting down"), "retry", "421"),
    (At::Ehlo, Act::Say("502 unknown"), "retry", "502"),
    (At::Auth, Act::Say("535 5.7.8 bad credentials"), "retry", "login as support"),
    (At::Auth, Act::Say("454 4.7.0 try later"), "retry", "454"),
    (At::Auth, Act::Say("534 5.7.9 application password required"), "retry", "534"),
    (At::Auth, Act::Cut, "retry", "login as support"),
    (At::Mail, Act::Cut, "retry", "MAIL"),
    (At::Mail, Act::Stall, "retry", "MAIL"),
    (At::Mail, Act::Say("451 4.3.0 try again"), "retry", "451"),
    (At::Mail, Act::Say("530 5.7.0 authentication required"), "retry", "530"),
    (At::Mail, Act::Say("553 5.7.1 sender not owned"), "failed", "553"),
    (At::Mail, Act::Say("552 5.3.4 too big"), "failed", "552"),
    (At::Rcpt, Act::Cut, "retry", "RCPT"),
    (At::Rcpt, Act::Stall, "retry", "RCPT"),
    (At::Rcpt, Act::Say("450 4.2.0 greylisted"), "retry", "450"),
    (At::Rcpt, Act::Say("452 4.2.2 mailbox full"), "retry", "452"),
    (At::Rcpt, Act::Say("550 5.1.1 user unknown"), "failed", "550"),
    (At::Rcpt, Act::Say("garbage"), "retry", "RCPT"),
    (At::Data, Act::Cut, "retry", "DATA"),
    (At::Data, Act::Say("451 4.3.0 no"), "retry", "451"),
    (At::Data, Act::Say("554 5.5.1 no valid recipients"), "failed", "554"),
    (At::Data, Act::Say("250 what"), "retry", "the server answered 250"),
    (At::Dot, Act::Cut, "uncertain", "no clear reply"),
    (At::Dot, Act::Stall, "uncertain", "no reply"),
    (At::Dot, Act::SayAndCut("250"), "uncertain", "no clear reply"),
    (At::Dot, Act::SayAndCut("250-2.0.0 first\r\n"), "uncertain", "no clear reply"),
    (At::Dot, Act::Say("hello?"), "uncertain", "no clear reply"),
    (At::Dot, Act::Say("354 more"), "uncertain", "354"),
    (At::Dot, Act::Say("421 4.3.2 shutting down"), "retry", "421"),
    (At::Dot, Act::Say("451 4.3.0 disk full"), "retry", "451"),
    (At::Dot, Act::Say("550 5.7.1 spam"), "failed", "550"),
    (At::Dot, Act::Say("554 5.6.0 content refused"), "failed", "554"),
    (At::Dot, Act::SayAndCut("250 2.0.0 ok 17\r\n"), "sent", "250"),
    (At::Dot, Act::Accept, "sent", "queued as 4C1A2"),
];

#[tokio::test]
async fn every_reply_at_every_phase_has_its_outcome() {
    let rows = MATRIX.iter().map(|(at, act, expected, reason)| row(*at, act, expected, reason));
    let wrong: Vec<String> = join_all(rows).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Plays one row; returns what was wrong.
async fn row(at: At, act: &Act, expected: &str, reason: &str) -> Option<String> {
    let sink = SmtpSink::start(Plan { scripts: vec![script(at, act)], ..Plan::default() }).await;
    let settings = SmtpSettings { login: Some(password()), ..settings(&sink, TlsMode::None) };
    let (receipt, dot) = attempt(&settings, &mail()).await;
    let may_be_delivered = matches!(at, At::Dot);
    let is_right = kind(&receipt) == expected
        && words(&receipt).contains(reason)
        && dot == may_be_delivered
        && !words(&receipt).contains("hunter2");
    (!is_right).then(|| format!("{at:?} {act:?}: {receipt:?}, dot written: {dot}"))
}

#[tokio::test]
async fn all_steps_before_the_final_dot_have_one_end_together() {
    let sink = SmtpSink::start(Plan { scripts: vec![script(At::Rcpt, &Act::Stall)], ..Plan::default() }).await;
    let patience =
        Patience { command: Duration::from_mins(1), before_dot: Duration::from_millis(500), ..Patience::RFC_5321 };
    let settings = settings(&sink, TlsMode::None);
    let (phase, _steps) = PhaseLog::pair();
    let access = OAuthTokens::for_login(None);
    let receipt = send_within(&settings, "lumencrafts.example", &mail(), &phase, &access, patience).await;
    assert!(words(&receipt).contains("had not got the message"), "{receipt:?}");
    assert_eq!(kind(&receipt), "retry");
}

#[tokio::test]
async fn connection_cut_in_the_middle_of_the_message_is_safe_to_repeat() {
    let cut = Script { body: Act::Cut, ..Script::default() };
    let sink = SmtpSink::start(Plan { scripts: vec![cut], ..Plan::default() }).await;
    // More than the buffers between the two hold, so that the cut meets the writing.
    let line = format!("{}\r\n", "x".repeat(900));
    let large = MailPayload { bytes: line.repeat(20_000).into_bytes(), ..mail() };
    let (receipt, dot) = attempt(&settings(&sink, TlsMode::None), &large).await;
    assert_eq!((kind(&receipt), dot), ("retry", false), "{receipt:?}");
    assert!(sink.taken().is_empty());
}

#[tokio::test]
async fn connection_cut_right_before_the_final_dot_is_safe_to_repeat() {
    let cut = Script { body: Act::Cut, ..Script::default() };
    let sink = SmtpSink::start(Plan { scripts: vec![cut], ..Plan::default() }).await;
    // The whole message lies in the buffers; the server is gone before the end is written.
    let until_cut = async || {
        until_async("the cut", || sink.commands().contains(&"body cut".to_owned())).await;
        Ok(())
    };
    let (receipt, dot) = attempt_logged(&settings(&sink, TlsMode::None), &mail(), until_cut).await;
    assert_eq!((kind(&receipt), dot), ("retry", true), "{receipt:?}");
    assert!(sink.taken().is_empty());
}

#[tokio::test]
async fn word_of_the_server_before_the_final_dot_is_not_taken_for_the_reply_to_it() {
    for (words, expected) in [
        ("552 5.3.4 too big", "failed"),
        ("421 4.3.2 shutting down", "retry"),
        ("451 4.3.0 no room", "retry"),
        ("250 2.0.0 queued as nothing", "retry"),
    ] {
        let early = Script { body: Act::Say(words), ..Script::default() };
        let sink = SmtpSink::start(Plan { scripts: vec![early], ..Plan::default() }).await;
        let until_said = async || {
            until_async("the early word", || sink.commands().contains(&"body said".to_owned())).await;
            Ok(())
        };
        let (receipt, _) = attempt_logged(&settings(&sink, TlsMode::None), &mail(), until_said).await;
        assert_eq!(kind(&receipt), expected, "{receipt:?}");
        assert!(sink.taken().is_empty(), "the end of the message was not written");
    }
}

#[tokio::test]
async fn the_phase_is_written_down_after_the_message_and_before_its_end() {
    let sink = SmtpSink::start(Plan::default()).await;
    let whole = MESSAGE.len() - b"\r\n".len();
    let seen = async || {
        // All of the message but the end of its last line is at the server, and no mail was taken.
        until_async("the message", || sink.arriving() == whole - b"bye".len()).await;
        assert!(sink.taken().is_empty());
        Ok(())
    };
    let (receipt, dot) = attempt_logged(&settings(&sink, TlsMode::None), &mail(), seen).await;
    assert_eq!((kind(&receipt), dot), ("sent", true), "{receipt:?}");
    assert_eq!(sink.taken()[0].bytes, MESSAGE);
}

#[tokio::test]
async fn the_server_gets_exactly_the_composed_bytes_once() {
    let sink = SmtpSink::start(Plan::default()).await;
    let (receipt, _) = attempt(&settings(&sink, TlsMode::None), &mail()).await;
    assert_eq!(kind(&receipt), "sent", "{receipt:?}");
    let [taken] = &sink.taken()[..] else { panic!("not exactly one mail") };
    assert_eq!(taken.bytes, MESSAGE);
    assert_eq!(taken.mail, "MAIL FROM:<support+bi1-answer-0123456789abcdef@lumencrafts.example>");
    assert_eq!(taken.rcpt, "RCPT TO:<anna@example.org>");
    assert_eq!(sink.commands()[0], "EHLO lumencrafts.example");
}

#[tokio::test]
async fn the_null_sender_is_written_as_empty_brackets() {
    let sink = SmtpSink::start(Plan::default()).await;
    attempt(&settings(&sink, TlsMode::None), &MailPayload { envelope_from: String::new(), ..mail() }).await;
    assert_eq!(sink.taken()[0].mail, "MAIL FROM:<>");
}

#[tokio::test]
async fn quoted_local_parts_reach_the_server() {
    let sink = SmtpSink::start(Plan::default()).await;
    attempt(
        &settings(&sink, TlsMode::None),
        &MailPayload { envelope_to: "\"a..b\"@docomo.ne.jp".to_owned(), ..mail() },
    )
    .await;
    assert_eq!(sink.taken()[0].rcpt, "RCPT TO:<\"a..b\"@docomo.ne.jp>");
}

#[tokio::test]
async fn nothing_is_sent_when_the_phase_cannot_be_written_down() {
    let sink = SmtpSink::start(Plan::default()).await;
    let (receipt, _) = attempt_with_log(&settings(&sink, TlsMode::None), &mail(), false).await;
    assert_eq!(kind(&receipt), "retry");
    assert!(words(&receipt).contains("the disk is full"));
    assert!(sink.taken().is_empty());
}

#[tokio::test]
async fn both_kinds_of_tls_protect_the_mail_and_the_password() {
    for (protection, tls) in [(Protection::Implicit, TlsMode::Implicit), (Protection::StartTls, TlsMode::StartTls)] {
        let sink = SmtpSink::start(Plan { protection, ..Plan::default() }).await;
        let settings = SmtpSettings { login: Some(password()), ..settings(&sink, tls) };
        let (receipt, _) = attempt(&settings, &mail()).await;
        assert_eq!(kind(&receipt), "sent", "{tls:?}: {receipt:?}");
        assert!(sink.taken()[0].over_tls);
        assert!(sink.commands().contains(&"auth PLAIN |support|hunter2".to_owned()), "{:?}", sink.commands());
    }
}

#[tokio::test]
async fn a_server_that_hides_starttls_gets_neither_password_nor_mail() {
    for script in [Script::default(), Script { starttls: Act::Say("454 TLS not available"), ..Script::default() }] {
        let protection = if script.starttls == Act::Accept { Protection::Clear } else { Protection::StartTls };
        let sink = SmtpSink::start(Plan { protection, scripts: vec![script], ..Plan::default() }).await;
        let settings = SmtpSettings { login: Some(password()), ..settings(&sink, TlsMode::StartTls) };
        let (receipt, dot) = attempt(&settings, &mail()).await;
        assert_eq!((kind(&receipt), dot), ("retry", false));
        assert!(words(&receipt).contains("STARTTLS"), "{receipt:?}");
        assert!(!sink.commands().iter().any(|line| line.to_ascii_uppercase().starts_with("AUTH")));
    }
}

#[tokio::test]
async fn an_untrusted_certificate_ends_the_attempt() {
    let sink = SmtpSink::start(Plan { protection: Protection::Implicit, ..Plan::default() }).await;
    let settings = SmtpSettings { ca_file: None, ..settings(&sink, TlsMode::Implicit) };
    let (receipt, _) = attempt(&settings, &mail()).await;
    assert_eq!(kind(&receipt), "retry");
    assert!(words(&receipt).to_lowercase().contains("certificate"), "{receipt:?}");
}

#[tokio::test]
async fn clear_text_is_refused_beyond_this_machine() {
    let settings =
        SmtpSettings { host: "mail.example.org".to_owned(), port: 25, tls: TlsMode::None, login: None, ca_file: None };
    let (receipt, _) = attempt(&settings, &mail()).await;
    assert_eq!(kind(&receipt), "retry");
    assert!(words(&receipt).contains("tls: starttls"), "{receipt:?}");
}

#[tokio::test]
async fn a_closed_port_and_a_missing_certificate_file_are_named() {
    let sink = SmtpSink::start(Plan::default()).await;
    let mut settings = settings(&sink, TlsMode::None);
    drop(sink);
    let (receipt, _) = attempt(&settings, &mail()).await;
    assert_eq!(kind(&receipt), "retry");
    settings.tls = TlsMode::Implicit;
    settings.ca_file = Some("/nowhere/ca.pem".into());
    let (receipt, _) = attempt(&settings, &mail()).await;
    assert!(words(&receipt).contains("/nowhere/ca.pem"), "{receipt:?}");
}

#[tokio::test]
async fn auth_login_works_where_plain_is_not_offered() {
    let sink = SmtpSink::start(Plan { extensions: vec!["AUTH LOGIN"], ..Plan::default() }).await;
    let settings = SmtpSettings { login: Some(password()), ..settings(&sink, TlsMode::None) };
    let (receipt, _) = attempt(&settings, &mail()).await;
    assert_eq!(kind(&receipt), "sent", "{receipt:?}");
    let commands = sink.commands();
    assert!(commands.contains(&"auth LOGIN support".to_owned()) && commands.contains(&"auth LOGIN hunter2".to_owned()));
}

#[tokio::test]
async fn a_server_without_login_is_named_when_a_login_is_set() {
    let sink = SmtpSink::start(Plan { extensions: vec![], ..Plan::default() }).await;
    let settings = SmtpSettings { login: Some(password()), ..settings(&sink, TlsMode::None) };
    let (receipt, _) = attempt(&settings, &mail()).await;
    assert_eq!(kind(&receipt), "retry");
    assert!(words(&receipt).contains("login as support"), "{receipt:?}");
}

fn oauth(token_url: String) -> Login {
    let settings = OAuth2 {
        token_url,
        client_id: "nightdesk".to_owned(),
        client_secret: None,
        refresh_token: SecretString::from("refresh".to_owned()),
        refresh_token_file: None,
        scope: None,
    };
    Login { user: "support".to_owned(), secret: Secret::OAuth2(settings) }
}

/// Answers every token request with the same token.
async fn token_endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _read = socket.read(&mut request).await;
            let body = r#"{"access_token":"fresh-token","token_type":"Bearer","expires_in":3600}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length:";
            let _written = socket.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).await;
        }
    });
    format!("http://127.0.0.1:{port}/token")
}

#[tokio::test]
async fn an_access_token_opens_the_server() {
    let sink = SmtpSink::start(Plan::default()).await;
    let login = Some(oauth(token_endpoint().await));
    let (receipt, _) = attempt(&SmtpSettings { login, ..settings(&sink, TlsMode::None) }, &mail()).await;
    assert_eq!(kind(&receipt), "sent", "{receipt:?}");
    let wanted = "auth XOAUTH2 user=support\u{1}auth=Bearer fresh-token\u{1}\u{1}".to_owned();
    assert!(sink.commands().contains(&wanted), "{:?}", sink.commands());
}

#[tokio::test]
async fn a_refused_token_is_a_retry_and_not_shown() {
    for auth in [Act::Say("334 eyJzdGF0dXMiOiI0MDEifQ=="), Act::Say("535 5.7.3 unsuccessful")] {
        let sink = SmtpSink::start(Plan { scripts: vec![script(At::Auth, &auth)], ..Plan::default() }).await;
        let login = Some(oauth(token_endpoint().await));
        let (receipt, dot) = attempt(&SmtpSettings { login, ..settings(&sink, TlsMode::None) }, &mail()).await;
        assert_eq!((kind(&receipt), dot), ("retry", false), "{receipt:?}");
        assert!(
            words(&receipt).contains("login as support") && !words(&receipt).contains("fresh-token"),
            "{receipt:?}"
        );
    }
}

#[tokio::test]
async fn a_missing_token_is_a_retry() {
    let sink = SmtpSink::start(Plan::default()).await;
    let login = Some(oauth("http://127.0.0.1:1/token".to_owned()));
    let (receipt, dot) = attempt(&SmtpSettings { login, ..settings(&sink, TlsMode::None) }, &mail()).await;
    assert_eq!((kind(&receipt), dot), ("retry", false), "{receipt:?}");
}

#[tokio::test]
async fn extensions_are_used_only_where_offered() {
    let foreign = MailPayload { envelope_to: "кто@пример.рф".to_owned(), ..mail() };
    let eight_bit = MailPayload { bytes: "Subject: x\r\n\r\nGrüße\r\n".as_bytes().to_vec(), ..mail() };

    let sink = SmtpSink::start(Plan::default()).await;
    let (receipt, _) = attempt(&settings(&sink, TlsMode::None), &foreign).await;
    assert_eq!(kind(&receipt), "sent", "{receipt:?}");
    assert!(sink.taken()[0].mail.ends_with("SMTPUTF8"));
    attempt(&settings(&sink, TlsMode::None), &eight_bit).await;
    assert!(sink.taken()[1].mail.ends_with("BODY=8BITMIME"));

    let sink = SmtpSink::start(Plan { extensions: vec![], ..Plan::default() }).await;
    for (mail, missing) in [(&foreign, "SMTPUTF8"), (&eight_bit, "8BITMIME")] {
        let (receipt, dot) = attempt(&settings(&sink, TlsMode::None), mail).await;
        assert_eq!((kind(&receipt), dot), ("failed", false));
        assert!(words(&receipt).contains(missing), "{receipt:?}");
    }
    assert!(sink.taken().is_empty());
}
