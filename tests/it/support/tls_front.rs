//! A server that can do nothing but agree on TLS, well or badly, and notes what a client said before and after.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// What the server shows when TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A certificate of the trusted authority for `localhost`.
    Good,
    /// The same, ended years ago.
    Expired,
    /// The same, valid from years ahead.
    NotYet,
    /// For another name.
    OtherHost,
    /// Signed by itself.
    SelfSigned,
    /// Signed by an authority nobody knows.
    OtherAuthority,
    /// TLS 1.1, the newest the server has.
    Tls11,
    /// A refusal of every version offered.
    Refusal,
    /// No TLS at all.
    ClearText,
}

/// What comes before TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing.
    Nothing,
    /// STARTTLS of SMTP.
    Smtp,
    /// STARTTLS of IMAP.
    Imap,
}

/// What a client said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// Connections.
    pub(crate) connections: usize,
    /// In clear, lines.
    pub(crate) clear: String,
    /// Under TLS.
    pub(crate) inside: String,
}

/// The running server; stops when dropped.
pub(crate) struct TlsFront {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    folder: TempDir,
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl TlsFront {
    /// Starts a server; one of `shown` per connection, the last one repeats.
    pub(crate) async fn start(before: Before, shown: Vec<Shown>) -> Self {
        let authority = Authority::new("Lantern test authority");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("ca.pem"), &authority.pem).expect("the folder is writable");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let log = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let number = lock(&log).connections;
                lock(&log).connections += 1;
                let show = *shown.get(number).or(shown.last()).expect("something to show");
                // An error is a client that went away.
                let _ended = connection(socket, before, show, &authority, &log).await;
            }
        });
        Self { port, folder, heard, task }
    }

    /// Returns the file with the trusted authority.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Returns what was heard so far.
    pub(crate) fn heard(&self) -> Heard {
        lock(&self.heard).clone()
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("ring makes keys");
        let mut params = CertificateParams::new(Vec::new()).expect("no names to be wrong");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn connection(
    socket: TcpStream,
    before: Before,
    show: Shown,
    authority: &Authority,
    log: &Mutex<Heard>,
) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    if before != Before::Nothing {
        start_tls(&mut socket, before, log).await?;
    }
    let mut socket = socket.into_inner();
    let raw: &[u8] = match show {
        Shown::Tls11 => &server_hello_of_tls11(),
        Shown::Refusal => b"\x15\x03\x01\x00\x02\x02\x46",
        Shown::ClearText => b"220 localhost ESMTP\r\n* OK ready\r\n",
        _ => {
            let stream = TlsAcceptor::from(config(show, authority)).accept(socket).await?;
            return inside(stream, before, log).await;
        }
    };
    let mut hello = [0; 4096];
    let speaks_first = show == Shown::ClearText;
    if speaks_first || socket.read(&mut hello).await? > 0 {
        socket.write_all(raw).await?;
    }
    loop {
        let count = socket.read(&mut hello).await?;
        if count == 0 {
            return Ok(());
        }
        lock(log).clear.push_str(&String::from_utf8_lossy(&hello[..count]));
    }
}

async fn start_tls(socket: &mut BufReader<TcpStream>, before: Before, log: &Mutex<Heard>) -> std::io::Result<()> {
    let greeting: &[u8] = if before == Before::Smtp { b"220 front ESMTP\r\n" } else { b"* OK ready\r\n" };
    socket.get_mut().write_all(greeting).await?;
    let mut line = String::new();
    while socket.read_line(&mut line).await? > 0 {
        lock(log).clear.push_str(&line);
        let (tag, _) = line.split_once(' ').unwrap_or(("", ""));
        let answer = match (before, line.contains("STARTTLS")) {
            (Before::Imap, _) => format!("{tag} OK begin\r\n"),
            (_, true) => "220 begin\r\n".to_owned(),
            (_, false) => "250-front\r\n250 STARTTLS\r\n".to_owned(),
        };
        socket.get_mut().write_all(answer.as_bytes()).await?;
        if line.contains("STARTTLS") {
            return Ok(());
        }
        line.clear();
    }
    Ok(())
}

/// Greets, listens to one line, and leaves.
async fn inside(
    stream: tokio_rustls::server::TlsStream<TcpStream>,
    before: Before,
    log: &Mutex<Heard>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if before == Before::Nothing {
        // A client that wants the other protocol breaks off, which is as good.
        stream.get_mut().write_all(b"* OK ready\r\n").await?;
    }
    let mut line = String::new();
    // A client that breaks off has come inside all the same.
    let _read = stream.read_line(&mut line).await;
    lock(log).inside.push_str(if line.is_empty() { "nothing" } else { &line });
    Ok(())
}

fn config(show: Shown, authority: &Authority) -> Arc<ServerConfig> {
    let host = if show == Shown::OtherHost { "mail.other.example" } else { "localhost" };
    let mut params = CertificateParams::new(vec![host.to_owned()]).expect("a host name");
    let (from, to) = match show {
        Shown::Expired => (2019, 2020),
        Shown::NotYet => (2095, 2096),
        _ => (2019, 2096),
    };
    (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
    let key = KeyPair::generate().expect("ring makes keys");
    let made = match show {
        Shown::SelfSigned => params.self_signed(&key),
        Shown::OtherAuthority => params.signed_by(&key, &Authority::new("Somebody else").issuer),
        _ => params.signed_by(&key, &authority.issuer),
    };
    let certificate: CertificateDer<'static> = made.expect("a certificate").der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the key belongs to the certificate");
    Arc::new(config)
}

/// RFC 4346: version 3.2, a random, no session, `TLS_RSA_WITH_AES_128_CBC_SHA`, no compression.
fn server_hello_of_tls11() -> Vec<u8> {
    let mut hello = vec![0x16, 0x03, 0x02, 0x00, 0x2a, 0x02, 0x00, 0x00, 0x26, 0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0x00, 0x00, 0x2f, 0x00]);
    hello
}
