//! A submission server that does what a script says at every phase, and remembers what it was given.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

use super::{truth::Truth, witness::Witness};

/// What the server does when a phase comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// The usual friendly reply.
    Accept,
    /// This reply, CRLF added.
    Say(&'static str),
    /// These bytes as they are, then the connection closes.
    SayAndCut(&'static str),
    /// The connection closes without a word.
    Cut,
    /// Silence until the client goes away.
    Stall,
    /// These bytes as they are, `\\r` and `\\n` resolved.
    Raw(&'static str),
    /// The same, one byte at a time, each after this pause.
    Drip(Duration, &'static str),
    /// These bytes again and again until the client goes away.
    Endless(&'static str),
    /// These bytes as they are, `\\r` and `\\n` resolved, then the connection closes.
    Leave(&'static str),
    /// The connection is reset.
    Reset,
    /// The connection closes, and a message that has come is thrown away.
    Forget,
}

impl Act {
    /// Says whether a server that does this after the final dot has kept the message.
    fn keeps(&self) -> bool {
        match self {
            Self::Accept | Self::Cut | Self::Stall | Self::Endless(_) | Self::Reset => true,
            Self::Say(reply)
            | Self::SayAndCut(reply)
            | Self::Raw(reply)
            | Self::Drip(_, reply)
            | Self::Leave(reply) => !reply.starts_with(['4', '5']),
            Self::Forget => false,
        }
    }
}

/// One connection's script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    /// At connecting.
    pub(crate) greeting: Act,
    /// At EHLO.
    pub(crate) ehlo: Act,
    /// At STARTTLS.
    pub(crate) starttls: Act,
    /// At the last line of AUTH.
    pub(crate) auth: Act,
    /// At MAIL.
    pub(crate) mail: Act,
    /// At RCPT.
    pub(crate) rcpt: Act,
    /// At DATA.
    pub(crate) data: Act,
    /// After the first line of the message, noted as the command `body cut` or `body said`.
    pub(crate) body: Act,
    /// After the final dot.
    pub(crate) dot: Act,
    /// At QUIT.
    pub(crate) quit: Act,
}

impl Default for Script {
    fn default() -> Self {
        let accept = Act::Accept;
        Self {
            greeting: accept.clone(),
            ehlo: accept.clone(),
            starttls: accept.clone(),
            auth: accept.clone(),
            mail: accept.clone(),
            rcpt: accept.clone(),
            data: accept.clone(),
            body: accept.clone(),
            dot: accept.clone(),
            quit: accept,
        }
    }
}

/// How the server protects connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// Not at all.
    Clear,
    /// STARTTLS is offered.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

/// What the server offers and does.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// TLS.
    pub(crate) protection: Protection,
    /// Extensions named after EHLO, besides STARTTLS.
    pub(crate) extensions: Vec<&'static str>,
    /// One per connection; the last one repeats.
    pub(crate) scripts: Vec<Script>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            protection: Protection::Clear,
            extensions: vec!["8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN XOAUTH2"],
            scripts: vec![Script::default()],
        }
    }
}

/// A mail that reached the final dot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Taken {
    /// The whole MAIL line.
    pub(crate) mail: String,
    /// The whole RCPT line.
    pub(crate) rcpt: String,
    /// The message, dots unstuffed, CRLF kept.
    pub(crate) bytes: Vec<u8>,
    /// The message came over TLS.
    pub(crate) over_tls: bool,
}

/// The running server; stops when dropped.
#[derive(Debug)]
pub(crate) struct SmtpSink {
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    log: Arc<Log>,
    certificate: TempDir,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Log {
    taken: Mutex<Vec<Taken>>,
    commands: Mutex<Vec<String>>,
    arriving: AtomicUsize,
    closed: AtomicUsize,
}

/// A connection that can end with a reset.
trait Reset {
    fn reset_at_close(&self);
}

impl Reset for TcpStream {
    fn reset_at_close(&self) {
        self.set_zero_linger().expect("an open socket");
    }
}

impl Reset for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset_at_close(&self) {
        self.get_ref().0.reset_at_close();
    }
}

impl SmtpSink {
    /// Starts a server on a free port.
    pub(crate) async fn start(plan: Plan) -> Self {
        Self::launch(plan, None).await
    }

    /// Starts a server that writes down what it sees. It keeps what comes to its final dot, unless it is to say 4xx or
    /// 5xx then: whoever hears nothing cannot know.
    pub(crate) async fn start_recorded(plan: Plan, truth: &Truth) -> Self {
        Self::launch(plan, Some(truth.clone())).await
    }

    async fn launch(plan: Plan, truth: Option<Truth>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let certificate = tempfile::tempdir().expect("a temporary folder");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
            .expect("a self-signed certificate");
        std::fs::write(certificate.path().join("ca.pem"), made.cert.pem()).expect("the folder is writable");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the default versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("the key belongs to the certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let log = Arc::new(Log::default());
        let task = tokio::spawn(serve(listener, plan, acceptor, Arc::clone(&log), truth));
        Self { port, log, certificate, task }
    }

    /// Returns the file that makes a client trust this server.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.certificate.path().join("ca.pem")
    }

    /// Returns the mails that reached the final dot, in order.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.log.taken.lock().expect("no holder panics").clone()
    }

    /// Returns how many bytes of the present or last message came in whole lines.
    pub(crate) fn arriving(&self) -> usize {
        self.log.arriving.load(Ordering::SeqCst)
    }

    /// Returns how many connections are over.
    pub(crate) fn closed(&self) -> usize {
        self.log.closed.load(Ordering::SeqCst)
    }

    /// Returns every command line received, in order, AUTH lines decoded.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.log.commands.lock().expect("no holder panics").clone()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, plan: Plan, acceptor: TlsAcceptor, log: Arc<Log>, truth: Option<Truth>) {
    let mut connections = 0;
    while let Ok((socket, _)) = listener.accept().await {
        let script = plan.scripts.get(connections).or(plan.scripts.last()).cloned().unwrap_or_default();
        connections += 1;
        let (plan, acceptor, log) = (plan.clone(), acceptor.clone(), Arc::clone(&log));
        let witness = Witness::of(truth.as_ref(), connections);
        tokio::spawn(async move {
            // An error is a client that went away.
            let _ended = connection(socket, &plan, &script, &acceptor, &log, witness).await;
            log.closed.fetch_add(1, Ordering::SeqCst);
        });
    }
}

async fn connection(
    socket: TcpStream,
    plan: &Plan,
    script: &Script,
    acceptor: &TlsAcceptor,
    log: &Log,
    witness: Witness,
) -> std::io::Result<()> {
    if plan.protection == Protection::Implicit {
        let stream = acceptor.accept(socket).await?;
        return Session::new(stream, plan, script, log, witness, true).run(true).await.map(|_| ());
    }
    let mut session = Session::new(socket, plan, script, log, witness, false);
    if session.run(true).await? {
        let stream = acceptor.accept(session.stream.into_inner()).await?;
        Session::new(stream, plan, script, log, session.witness, true).run(false).await?;
    }
    Ok(())
}

struct Session<'a, S> {
    stream: BufReader<S>,
    plan: &'a Plan,
    script: &'a Script,
    log: &'a Log,
    witness: Witness,
    is_tls: bool,
    current: Taken,
}

/// The connection is over.
struct Over;

impl<'a, S: AsyncRead + AsyncWrite + Reset + Unpin> Session<'a, S> {
    fn new(stream: S, plan: &'a Plan, script: &'a Script, log: &'a Log, witness: Witness, is_tls: bool) -> Self {
        Self { stream: BufReader::new(stream), plan, script, log, witness, is_tls, current: Taken::default() }
    }

    /// Talks until the end; returns whether the client wants TLS now.
    async fn run(&mut self, greets: bool) -> std::io::Result<bool> {
        if greets && self.act(&self.script.greeting, "220 sink.example ESMTP").await?.is_err() {
            return Ok(false);
        }
        while let Some(line) = self.line().await? {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
            self.record(&line);
            self.witness.command(&verb, &line);
            let goes_on = match verb.as_str() {
                "EHLO" => {
                    let usual = self.capabilities();
                    self.act(&self.script.ehlo, &usual).await?
                }
                "STARTTLS" => {
                    let outcome = self.act(&self.script.starttls, "220 go ahead").await?;
                    if outcome.is_ok() && self.script.starttls == Act::Accept {
                        return Ok(true);
                    }
                    outcome
                }
                "AUTH" => self.auth(&line).await?,
                "MAIL" => {
                    self.current = Taken { mail: line, over_tls: self.is_tls, ..Taken::default() };
                    self.act(&self.script.mail, "250 2.1.0 ok").await?
                }
                "RCPT" => {
                    self.current.rcpt = line;
                    self.act(&self.script.rcpt, "250 2.1.5 ok").await?
                }
                "DATA" => self.data().await?,
                "QUIT" => self.act(&self.script.quit, "221 bye").await?.and(Err(Over)),
                _ => self.act(&Act::Accept, "250 ok").await?,
            };
            if goes_on.is_err() {
                return Ok(false);
            }
        }
        Ok(false)
    }

    fn capabilities(&self) -> String {
        let mut names = vec!["sink.example"];
        names.extend(&self.plan.extensions);
        if self.plan.protection == Protection::StartTls && !self.is_tls {
            names.push("STARTTLS");
        }
        let last = names.len() - 1;
        let lines: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(index, name)| format!("250{}{name}", if index == last { ' ' } else { '-' }))
            .collect();
        lines.join("\r\n")
    }

    async fn auth(&mut self, line: &str) -> std::io::Result<Result<(), Over>> {
        let mut words = line.split(' ').skip(1);
        let mechanism = words.next().unwrap_or("").to_ascii_uppercase();
        if let Some(initial) = words.next() {
            self.record(&format!("auth {mechanism} {}", decoded(initial)));
        }
        if mechanism == "LOGIN" {
            for prompt in ["Username:", "Password:"] {
                self.write(&format!("334 {}\r\n", STANDARD.encode(prompt))).await?;
                let answer = self.line().await?.unwrap_or_default();
                self.record(&format!("auth LOGIN {}", decoded(String::from_utf8_lossy(&answer).trim())));
            }
        }
        self.act(&self.script.auth, "235 2.7.0 welcome").await
    }

    async fn data(&mut self) -> std::io::Result<Result<(), Over>> {
        let outcome = self.act(&self.script.data, "354 go ahead").await?;
        let takes_message = match &self.script.data {
            Act::Accept => true,
            Act::Say(reply) | Act::Raw(reply) | Act::Drip(_, reply) => reply.starts_with("354"),
            _ => false,
        };
        if outcome.is_err() || !takes_message {
            return Ok(outcome);
        }
        let mut said = false;
        while let Some(line) = self.line().await? {
            if !std::mem::replace(&mut said, true) {
                match &self.script.body {
                    Act::Accept => {}
                    Act::Cut => {
                        self.stream.get_mut().shutdown().await?;
                        self.record("body cut");
                        return Ok(Err(Over));
                    }
                    act => {
                        if let Act::Endless(text) = act {
                            self.write(&resolved(text)).await?;
                        }
                        if matches!(act, Act::Endless(_) | Act::Stall) {
                            self.record("body said");
                        }
                        if self.act(act, "").await?.is_err() {
                            return Ok(Err(Over));
                        }
                        self.record("body said");
                    }
                }
            }
            if line == b".\r\n" {
                let taken = std::mem::take(&mut self.current);
                self.witness.dot(&taken.bytes, self.script.dot.keeps());
                if self.script.dot != Act::Forget {
                    self.log.taken.lock().expect("no holder panics").push(taken);
                }
                return self.act(&self.script.dot, "250 2.0.0 queued as 4C1A2").await;
            }
            let unstuffed = if line.first() == Some(&b'.') { &line[1..] } else { &line[..] };
            self.current.bytes.extend_from_slice(unstuffed);
            self.log.arriving.store(self.current.bytes.len(), Ordering::SeqCst);
        }
        Ok(Err(Over))
    }

    /// Does what the script says; an error means that the connection is over.
    async fn act(&mut self, act: &Act, usual: &str) -> std::io::Result<Result<(), Over>> {
        match act {
            Act::Accept => self.write(&format!("{usual}\r\n")).await?,
            Act::Say(reply) => self.write(&format!("{reply}\r\n")).await?,
            Act::SayAndCut(reply) => {
                self.write(reply).await?;
                return Ok(Err(Over));
            }
            Act::Raw(text) => self.write(&resolved(text)).await?,
            Act::Drip(pause, text) => {
                for byte in resolved(text).chars() {
                    sleep(*pause).await;
                    self.write(byte.encode_utf8(&mut [0; 4])).await?;
                }
            }
            Act::Endless(text) => loop {
                self.write(&resolved(text)).await?;
            },
            Act::Leave(text) => {
                self.write(&resolved(text)).await?;
                return Ok(Err(Over));
            }
            Act::Reset => {
                self.stream.get_ref().reset_at_close();
                return Ok(Err(Over));
            }
            Act::Cut | Act::Forget => return Ok(Err(Over)),
            Act::Stall => {
                while self.line().await?.is_some() {}
                return Ok(Err(Over));
            }
        }
        Ok(Ok(()))
    }

    async fn write(&mut self, bytes: &str) -> std::io::Result<()> {
        let written = self.stream.get_mut().write_all(bytes.as_bytes()).await;
        let written = if written.is_ok() { self.stream.get_mut().flush().await } else { written };
        self.witness.said(bytes, written.is_ok());
        written
    }

    async fn line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line).await?;
        if read > 0 {
            self.witness.line();
        }
        Ok((read > 0).then_some(line))
    }

    fn record(&self, line: &str) {
        self.log.commands.lock().expect("no holder panics").push(line.to_owned());
    }
}

fn resolved(text: &str) -> String {
    text.replace("\\r", "\r").replace("\\n", "\n")
}

fn decoded(word: &str) -> String {
    STANDARD.decode(word).map_or_else(|_| word.to_owned(), |bytes| String::from_utf8_lossy(&bytes).replace('\0', "|"))
}
