//! Smoke tests of the test servers themselves: when these fail, look at the machine before looking at our code.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{
    dovecot::{Dovecot, HOST, PASSWORD},
    smtp_relay::{Outcome, SmtpRelay},
    until::until,
};

const QUESTION: &[u8] = b"From: Anna <anna@example.org>\nTo: shop@example.com\nSubject: Customs\n\
    Message-ID: <q1@example.org>\n\nDo I pay customs?\n.hidden line\n";

#[tokio::test]
async fn delivered_mail_is_read_over_tls() {
    let dovecot = Dovecot::start();
    dovecot.deliver("shop@example.com", "anna@example.org", QUESTION);
    let mut imap = Lines::open(imaps(&dovecot).await).await;
    imap.say(&format!("a LOGIN shop@example.com {PASSWORD}"), "a ").await;
    let selected = imap.say("b SELECT INBOX", "b ").await;
    assert!(selected.contains("* 1 EXISTS"), "{selected}");
    let fetched = imap.say("c UID FETCH 1:* BODY.PEEK[]", "c ").await;
    assert!(fetched.contains("Do I pay customs?\r\n.hidden line\r\n"), "{fetched}");
}

#[tokio::test]
async fn wrong_password_is_refused() {
    let dovecot = Dovecot::start();
    let mut imap = Lines::open(imaps(&dovecot).await).await;
    let refused = imap.say("a LOGIN shop@example.com wrong", "a ").await;
    assert!(refused.starts_with("a NO [AUTHENTICATIONFAILED]"), "{refused}");
}

#[tokio::test]
async fn access_token_opens_the_mailbox_until_it_expires() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let dovecot = Dovecot::start();
    let command = |token: &str| {
        let word = STANDARD.encode(format!("user=shop@example.com\x01auth=Bearer {token}\x01\x01"));
        format!("a AUTHENTICATE XOAUTH2 {word}")
    };
    let good = Dovecot::access_token("shop@example.com", SystemTime::now() + Duration::from_mins(10));
    let mut imap = Lines::open(imaps(&dovecot).await).await;
    let entered = imap.say(&command(&good), "a ").await;
    assert!(entered.contains("a OK"), "{entered}");

    let expired = Dovecot::access_token("shop@example.com", SystemTime::now() - Duration::from_mins(1));
    let mut imap = Lines::open(imaps(&dovecot).await).await;
    imap.say(&command(&expired), "+ ").await;
    let refused = imap.say("", "a ").await;
    assert!(refused.contains("a NO [AUTHENTICATIONFAILED]"), "{refused}");
}

#[tokio::test]
async fn starttls_and_kick_and_restart_work_on_the_same_ports() {
    let mut dovecot = Dovecot::start();
    let (ports, user) = (dovecot.ports(), "shop@example.com");
    let plain = TcpStream::connect((HOST, ports.imap)).await.expect("IMAP listens");
    let mut imap = Lines::open(plain).await;
    imap.say("a STARTTLS", "a OK").await;
    let secured = secure(&dovecot, imap.stream.into_inner()).await;
    let mut imap = Lines { stream: BufReader::new(secured) };
    imap.say(&format!("b LOGIN {user} {PASSWORD}"), "b OK").await;
    dovecot.kick(user);
    let bye = imap.read("* BYE").await;
    assert!(bye.contains("* BYE"), "{bye}");

    dovecot.deliver(user, "", QUESTION);
    dovecot.set_uid_validity(user, 4_000_000_000);
    dovecot.restart();
    assert_eq!(dovecot.ports().imap, ports.imap);
    let mut imap = Lines::open(imaps(&dovecot).await).await;
    imap.say(&format!("a LOGIN {user} {PASSWORD}"), "a OK").await;
    let selected = imap.say("b SELECT INBOX", "b OK").await;
    assert!(selected.contains("* 1 EXISTS") && selected.contains("UIDVALIDITY 4000000000"), "{selected}");
}

#[tokio::test]
async fn relay_takes_mail_and_dovecot_keeps_it() {
    let dovecot = Dovecot::start();
    let relay = SmtpRelay::start(&dovecot);
    let mut smtp = Lines::open(TcpStream::connect((HOST, relay.port())).await.expect("the relay listens")).await;
    let offered = smtp.say("EHLO test", "250 ").await;
    assert!(offered.contains("STARTTLS") && offered.contains("SMTPUTF8"), "{offered}");
    smtp.say("MAIL FROM:<shop@example.com>", "250").await;
    smtp.say("RCPT TO:<perm550@example.org>", "550").await;
    smtp.say("RCPT TO:<temp451@example.org>", "451").await;
    smtp.say("RCPT TO:<once451@example.org>", "451").await;
    smtp.say("RCPT TO:<anna@example.org>", "250").await;
    smtp.say("DATA", "354").await;
    smtp.say("Subject: Re: Customs\r\n\r\nNo.\r\n.", "250").await;
    let mails = relay.wait_for(1);
    let [mail] = mails.as_slice() else { panic!("one mail: {mails:?}") };
    assert_eq!((mail.from.as_str(), mail.outcome, mail.tls), ("shop@example.com", Outcome::Accepted, false));
    assert_eq!((mail.to.as_slice(), &mail.user), (["anna@example.org".to_owned()].as_slice(), &None));
    assert!(mail.options.is_empty() && mail.data.contains("Re: Customs"));
    assert_eq!(dovecot.mails("anna@example.org", "INBOX").len(), 1);
}

#[tokio::test]
async fn customer_on_holiday_answers_through_the_relay() {
    let dovecot = Dovecot::start();
    let relay = SmtpRelay::start(&dovecot);
    let letter =
        "From: shop@example.com\nTo: vac@example.org\nSubject: Your order\nMessage-ID: <o1@example.com>\n\nHi.\n";
    dovecot.deliver("vac@example.org", "shop@example.com", letter.as_bytes());
    let mails = relay.wait_for(1);
    assert_eq!(mails[0].to, ["shop@example.com"]);
    assert!(mails[0].data.contains("Auto-Submitted: auto-replied"), "{}", mails[0].data);
    let arrived = until("the vacation answer", || dovecot.mails("shop@example.com", "INBOX").pop());
    assert!(String::from_utf8_lossy(&arrived).contains("I am away until Monday."));
}

#[test]
fn nothing_listens_after_the_server_is_dropped() {
    let dovecot = Dovecot::start();
    let relay = SmtpRelay::start(&dovecot);
    let ports = [dovecot.ports().imap, dovecot.ports().lmtp, relay.port()];
    drop(relay);
    drop(dovecot);
    until("the ports to close", || ports.iter().all(|port| !crate::support::dovecot::listens(*port)).then_some(()));
}

async fn imaps(dovecot: &Dovecot) -> TlsStream<TcpStream> {
    let plain = TcpStream::connect((HOST, dovecot.ports().imaps)).await.expect("IMAPS listens");
    secure(dovecot, plain).await
}

async fn secure(dovecot: &Dovecot, plain: TcpStream) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(dovecot.ca_file()).expect("the certificate is PEM");
    roots.add(certificate).expect("the certificate can be a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a plain name");
    TlsConnector::from(Arc::new(config)).connect(name, plain).await.expect("the certificate is trusted")
}

/// A conversation in lines.
struct Lines<S> {
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<S> {
    /// Reads the greeting.
    async fn open(stream: S) -> Self {
        let mut lines = Self { stream: BufReader::new(stream) };
        lines.read("").await;
        lines
    }

    /// Says a line and returns what comes back up to the line that starts with `end`.
    async fn say(&mut self, line: &str, end: &str) -> String {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await.expect("the server listens");
        self.stream.flush().await.expect("the server listens");
        self.read(end).await
    }

    async fn read(&mut self, end: &str) -> String {
        let mut said = String::new();
        let reading = async {
            loop {
                let start = said.len();
                let length = self.stream.read_line(&mut said).await.expect("the server speaks UTF-8");
                assert!(length > 0, "the server hung up before `{end}`: {said}");
                if said[start..].starts_with(end) {
                    break;
                }
            }
        };
        let waited = tokio::time::timeout(crate::support::until::PATIENCE, reading).await;
        assert!(waited.is_ok(), "waited for `{end}`: {said}");
        said
    }
}
