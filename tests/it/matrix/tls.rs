//! What happens to trust: whatever is wrong with the server's side of TLS, nothing secret is said, in clear or inside, and
//! the account is tried again later.

use std::time::Duration;

use futures_util::future::join_all;
use nightdesk::{
    channel::{
        Channel as _, PhaseLog,
        email::{
            EmailChannel, Login, Secret, SmtpSettings, TlsMode,
            oauth::OAuthTokens,
            smtp::{Patience, send_within},
        },
    },
    model::outbound::{Concern, MailPayload, Receipt},
};
use secrecy::SecretString;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    imap::account::{account, over_tls},
    support::{
        ledger::Ledger,
        tls_front::{Before, Heard, Shown, TlsFront},
    },
};

const PASSWORD: &str = "secret";
const USER: &str = "shop@example.com";

/// What a server may show, and the words that people read about it; clear text may come before or after its answer is read.
const TRUST: [(Shown, &str); 8] = [
    (Shown::Expired, "expired"),
    (Shown::NotYet, "not valid yet"),
    (Shown::OtherHost, "not valid for name"),
    (Shown::SelfSigned, "certificate"),
    (Shown::OtherAuthority, "UnknownIssuer"),
    (Shown::Tls11, "ServerDoesNotSupportTls12Or13"),
    (Shown::Refusal, "ProtocolVersion"),
    (Shown::ClearText, "corrupt message|clear text after agreeing"),
];

/// Both protocols, both ways into TLS.
const WAYS: [(Protocol, TlsMode); 4] = [
    (Protocol::Smtp, TlsMode::Implicit),
    (Protocol::Smtp, TlsMode::StartTls),
    (Protocol::Imap, TlsMode::Implicit),
    (Protocol::Imap, TlsMode::StartTls),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Smtp,
    Imap,
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_cannot_be_trusted() {
    let cases = WAYS.into_iter().flat_map(|(protocol, tls)| TRUST.map(|(shown, words)| (protocol, tls, shown, words)));
    let played = cases.map(async |(protocol, tls, shown, words)| {
        let front = TlsFront::start(before(protocol, tls), vec![shown]).await;
        let reason = reason(protocol, tls, &front).await;
        let heard = front.heard();
        let is_told = words.split('|').any(|words| reason.contains(words));
        let is_right = is_told && is_mum(&heard) && !reason.contains(PASSWORD);
        (!is_right).then(|| format!("{protocol:?} {tls:?} {shown:?}: {reason:?}, heard {heard:?}"))
    });
    let wrong: Vec<String> = join_all(played).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} failed:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_server_that_is_trusted_is_spoken_to_until_its_certificate_changes() {
    for (protocol, tls) in WAYS {
        let front = TlsFront::start(before(protocol, tls), vec![Shown::Good, Shown::OtherAuthority]).await;
        let first = reason(protocol, tls, &front).await;
        let came_inside = async {
            while front.heard().inside.is_empty() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let came_inside = timeout(Duration::from_secs(10), came_inside).await;
        assert!(came_inside.is_ok() && !first.contains("UnknownIssuer"), "{protocol:?} {tls:?}: {first}");
        let inside = front.heard().inside;
        let second = reason(protocol, tls, &front).await;
        let heard = front.heard();
        assert!(second.contains("UnknownIssuer"), "{protocol:?} {tls:?}: {second}");
        assert_eq!(heard.inside, inside, "{protocol:?} {tls:?}: no more was said");
        assert!(!heard.clear.to_ascii_uppercase().contains("AUTH"), "{heard:?}");
    }
}

fn before(protocol: Protocol, tls: TlsMode) -> Before {
    match (protocol, tls) {
        (Protocol::Smtp, TlsMode::StartTls) => Before::Smtp,
        (Protocol::Imap, TlsMode::StartTls) => Before::Imap,
        _ => Before::Nothing,
    }
}

/// Neither secrets nor names; of clear text only what leads to TLS, or TLS itself.
fn is_mum(heard: &Heard) -> bool {
    let clear = heard.clear.to_ascii_uppercase();
    let said = ["AUTH", "LOGIN", "SECRET", "SHOP@", "MAIL FROM"].iter().any(|word| clear.contains(word));
    !said && heard.inside.is_empty() && heard.connections >= 1
}

/// Returns what people read about the attempt, which must be one that is made again.
async fn reason(protocol: Protocol, tls: TlsMode, front: &TlsFront) -> String {
    match protocol {
        Protocol::Smtp => smtp(tls, front).await,
        Protocol::Imap => imap(tls, front).await,
    }
}

async fn smtp(tls: TlsMode, front: &TlsFront) -> String {
    let second = Duration::from_secs(10);
    let patience = Patience { connect: second, command: second, block: second, before_dot: second * 3, dot: second };
    let login = Some(Login { user: USER.to_owned(), secret: Secret::Password(SecretString::from(PASSWORD)) });
    let (host, ca_file) = ("localhost".to_owned(), Some(front.ca_file()));
    let settings = SmtpSettings { host, port: front.port, tls, login, ca_file };
    let mail = MailPayload {
        envelope_from: "support@lumencrafts.example".to_owned(),
        envelope_to: "anna@example.org".to_owned(),
        message_id: "ar.i1-answer.0123456789abcdef@lumencrafts.example".to_owned(),
        bytes: b"Subject: x\r\n\r\nHello\r\n".to_vec(),
        text: "Hello".to_owned(),
    };
    let (phase, _steps) = PhaseLog::pair();
    let access = OAuthTokens::for_login(settings.login.as_ref());
    match send_within(&settings, "lumencrafts.example", &mail, &phase, &access, patience).await {
        Receipt::Retry { reason, concerns: Concern::Account, .. } => reason,
        other => format!("no retry of the account: {other:?}"),
    }
}

async fn imap(tls: TlsMode, front: &TlsFront) -> String {
    let mut settings = over_tls(account(USER, front.port), tls, front.port, front.ca_file());
    "localhost".clone_into(&mut settings.imap.host);
    let channel = EmailChannel::new(settings);
    let (_ledger, inbox) = Ledger::open(Vec::new(), 0);
    let (stop, status) = (CancellationToken::new(), channel.status());
    let told = async {
        loop {
            let told = status.folders().values().find_map(|folder| folder.last_error.clone());
            if let Some((_, words)) = told {
                return words;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let outcome = tokio::select! {
        ended = channel.listen(inbox, stop.clone()) => format!("no retry of the account: {ended:?}"),
        told = timeout(Duration::from_secs(30), told) => told.unwrap_or_else(|_| "silence".to_owned()),
    };
    stop.cancel();
    outcome
}
