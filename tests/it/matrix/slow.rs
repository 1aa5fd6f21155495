//! Peers that are slow, half gone or broken off after any number of bytes: every wait ends, and what the server took is never
//! sent again.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use nightdesk::{
    channel::{
        Channel as _, FolderState, PhaseLog,
        email::{
            EmailChannel, Login, Secret, SmtpSettings, TlsMode,
            oauth::OAuthTokens,
            smtp::{Patience, send_within},
        },
    },
    model::{
        ids::AccountName,
        outbound::{MailPayload, Receipt},
        receive::FolderMark,
    },
};
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    imap::account::account,
    support::{
        imap_script::{ScriptedServer, read},
        ledger::Ledger,
        smtp_sink::{Act, Plan, Script, SmtpSink},
    },
};

const SECOND: Duration = Duration::from_secs(1);

/// One byte of a slow server.
const SLOW: Duration = Duration::from_millis(200);

/// What a busy machine may add to any wait.
const SLACK: Duration = Duration::from_secs(10);

const PATIENT: Patience = Patience {
    connect: SECOND.saturating_mul(8),
    command: SECOND.saturating_mul(12),
    block: SECOND.saturating_mul(12),
    before_dot: SECOND.saturating_mul(60),
    dot: SECOND.saturating_mul(12),
};

/// Connections broken off at a time.
const AT_ONCE: usize = 8;

/// A connection passes so many bytes from the client, or from the server, and is then reset.
#[derive(Debug, Clone, Copy)]
struct Cut {
    from_client: usize,
    from_server: usize,
}

const WHOLE: usize = usize::MAX;

#[tokio::test]
async fn a_server_of_one_byte_in_200_ms_gets_the_message() {
    let slowly = |text| Act::Drip(SLOW, text);
    let script = Script {
        greeting: slowly("220 a\\r\\n"),
        ehlo: slowly("250-a\\r\\n250 AUTH PLAIN\\r\\n"),
        auth: slowly("235 a\\r\\n"),
        mail: slowly("250 a\\r\\n"),
        rcpt: slowly("250 a\\r\\n"),
        data: slowly("354 a\\r\\n"),
        dot: slowly("250 took it\\r\\n"),
        ..Script::default()
    };
    let sink = SmtpSink::start(Plan { scripts: vec![script], ..Plan::default() }).await;
    let receipt = send(sink.port, PATIENT).await;
    assert_eq!(receipt, Receipt::Sent { proof: "250 took it".to_owned() });
}

#[tokio::test]
async fn a_reply_that_is_not_whole_in_time_ends_the_attempt() {
    let patience = Patience { command: SECOND * 2, dot: SECOND * 2, ..PATIENT };
    let endless =
        Act::Drip(SLOW, "250-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    let before = Script { rcpt: endless.clone(), ..Script::default() };
    let after = Script { dot: endless, ..Script::default() };
    let sink = SmtpSink::start(Plan { scripts: vec![before, after], ..Plan::default() }).await;
    let started = Instant::now();
    let receipt = send(sink.port, patience).await;
    assert!(matches!(receipt, Receipt::Retry { .. }), "{receipt:?}");
    assert!(started.elapsed() < patience.command + SLACK, "{:?}", started.elapsed());
    let started = Instant::now();
    let receipt = send(sink.port, patience).await;
    assert!(matches!(receipt, Receipt::Uncertain { .. }), "{receipt:?}");
    assert!(started.elapsed() < patience.dot + SLACK, "{:?}", started.elapsed());
}

#[tokio::test]
async fn commands_answered_just_in_time_do_not_hold_up_the_account_for_ever() {
    let patience = Patience { before_dot: SECOND * 3, ..PATIENT };
    let late = Act::Drip(SLOW, "250 aaaa\\r\\n");
    let script = Script { mail: late.clone(), rcpt: late, ..Script::default() };
    let sink = SmtpSink::start(Plan { scripts: vec![script], ..Plan::default() }).await;
    let started = Instant::now();
    let receipt = send(sink.port, patience).await;
    let Receipt::Retry { reason, .. } = &receipt else { panic!("{receipt:?}") };
    assert!(reason.contains("took more than 3 s"), "{reason}");
    assert!(started.elapsed() < patience.before_dot + SLACK, "{:?}", started.elapsed());
    assert!(sink.taken().is_empty());
}

#[tokio::test]
async fn a_black_hole_behind_an_open_port_is_left_in_time() {
    // Nobody accepts: the system completes the connection, and nothing is ever read or said.
    let hole = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = hole.local_addr().expect("a bound port").port();
    let patience = Patience { command: SECOND, ..PATIENT };
    for tls in [TlsMode::None, TlsMode::Implicit, TlsMode::StartTls] {
        let started = Instant::now();
        let receipt = send_over(port, tls, patience).await;
        let Receipt::Retry { reason, .. } = &receipt else { panic!("{receipt:?}") };
        assert!(reason.contains("no reply within 1 s"), "{tls:?}: {reason}");
        assert!(started.elapsed() < patience.command + SLACK, "{tls:?}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_reset_after_any_number_of_bytes_never_leads_to_a_second_copy() {
    let all = (0..420).step_by(6);
    let cuts = all.clone().map(|bytes| Cut { from_client: bytes, from_server: WHOLE });
    let cuts: Vec<Cut> = cuts.chain(all.map(|bytes| Cut { from_client: WHOLE, from_server: bytes })).collect();
    let played = stream::iter(cuts).map(async |cut| {
        let sink = SmtpSink::start(Plan::default()).await;
        let port = cutting(sink.port, cut).await;
        let receipt = send(port, PATIENT).await;
        let repeats = matches!(receipt, Receipt::Retry { .. });
        let is_right = match &receipt {
            Receipt::Retry { .. } => sink.taken().is_empty(),
            Receipt::Sent { .. } => sink.taken().len() == 1,
            Receipt::Uncertain { .. } => sink.taken().len() <= 1,
            Receipt::Failed { .. } => false,
        };
        let again = if repeats { Some(send(sink.port, PATIENT).await) } else { None };
        let is_right = is_right && again.is_none_or(|again| matches!(again, Receipt::Sent { .. }));
        (!is_right || sink.taken().len() > 1).then(|| format!("{cut:?}: {receipt:?}, {:?}", sink.taken()))
    });
    let wrong: Vec<String> = played.buffer_unordered(AT_ONCE).filter_map(async |wrong| wrong).collect().await;
    assert!(wrong.is_empty(), "{} failed:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_mailbox_broken_off_after_any_number_of_bytes_is_read_to_the_end_once() {
    let cuts = (0..900).step_by(30).map(|bytes| Cut { from_client: WHOLE, from_server: bytes });
    let cuts: Vec<Cut> = cuts.chain((0..240).step_by(20).map(|b| Cut { from_client: b, from_server: WHOLE })).collect();
    let played = stream::iter(cuts).map(async |cut| {
        let script = "X: mailbox 5 7,8\nS: * OK ready\nX: serve\nX: again\nS: * OK ready\nX: serve\n";
        let server = ScriptedServer::start(read(script), CancellationToken::new()).await;
        let port = cutting(server.address.port(), cut).await;
        let read = mailbox(port).await;
        (read != ["7", "8"]).then(|| format!("{cut:?}: {read:?}"))
    });
    let wrong: Vec<String> = played.buffer_unordered(AT_ONCE * 2).filter_map(async |wrong| wrong).collect().await;
    assert!(wrong.is_empty(), "{} failed:\n{}", wrong.len(), wrong.join("\n"));
}

async fn send(port: u16, patience: Patience) -> Receipt {
    send_over(port, TlsMode::None, patience).await
}

async fn send_over(port: u16, tls: TlsMode, patience: Patience) -> Receipt {
    let login = Some(Login { user: "u".to_owned(), secret: Secret::Password(SecretString::from("p".to_owned())) });
    let settings = SmtpSettings { host: "127.0.0.1".to_owned(), port, tls, login, ca_file: None };
    let mail = MailPayload {
        envelope_from: "support@lumencrafts.example".to_owned(),
        envelope_to: "anna@example.org".to_owned(),
        message_id: "ar.i1-answer.0123456789abcdef@lumencrafts.example".to_owned(),
        bytes: b"Subject: one\r\n\r\nHello, your parcel left us this morning.\r\n".repeat(3),
        text: "Hello".to_owned(),
    };
    let (phase, mut steps) = PhaseLog::pair();
    let access = OAuthTokens::for_login(settings.login.as_ref());
    let writer = async {
        while let Some((_, done)) = steps.recv().await {
            done.send(Ok(())).expect("the sender waits");
        }
    };
    let sender = async {
        let receipt = send_within(&settings, "lumencrafts.example", &mail, &phase, &access, patience).await;
        drop(phase);
        receipt
    };
    tokio::join!(sender, writer).0
}

/// Reads a mailbox until both its mails are there; returns the UIDs stored.
async fn mailbox(port: u16) -> Vec<String> {
    let mark = FolderMark {
        account: AccountName::new("shop"),
        folder: "INBOX".to_owned(),
        uid_validity: 5,
        uid: 6,
        first_uid: 6,
        go_live: "2026-11-01T00:00:00Z".parse().expect("a timestamp"),
    };
    let (ledger, inbox) = Ledger::open(vec![FolderState { mark, newest: None }], 0);
    let channel = EmailChannel::new(account("shop@example.com", port));
    let stop = CancellationToken::new();
    let all = async {
        let deadline = Instant::now() + SECOND * 30;
        while ledger.rows().len() < 2 && Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(channel.listen(inbox, stop.clone()), all);
    ended.expect("no reason to give up");
    let keys = ledger.rows().into_iter().map(|row| row.key.as_text());
    keys.map(|key| ["7", "8"].into_iter().find(|uid| key.contains(&format!(":{uid}"))).unwrap_or("?").to_owned())
        .collect()
}

/// Stands in front of a server; the first connection is cut, all later ones are not.
async fn cutting(server: u16, cut: Cut) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("a bound port").port();
    tokio::spawn(async move {
        let mut cut = Some(cut);
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", server)).await.expect("the server listens");
            tokio::spawn(pass(client, server, cut.take().unwrap_or(Cut { from_client: WHOLE, from_server: WHOLE })));
        }
    });
    port
}

async fn pass(mut client: TcpStream, mut server: TcpStream, cut: Cut) {
    {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        tokio::select! {
            () = forward(&mut from_client, &mut to_server, cut.from_client) => {}
            () = forward(&mut from_server, &mut to_client, cut.from_server) => {}
        }
    }
    // An error means that it is reset already.
    let _reset = (client.set_zero_linger(), server.set_zero_linger());
}

async fn forward(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    mut bytes: usize,
) {
    let mut buffer = [0; 512];
    while bytes > 0 {
        let room = bytes.min(buffer.len());
        let Ok(count @ 1..) = from.read(&mut buffer[..room]).await else { return };
        bytes -= count;
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
