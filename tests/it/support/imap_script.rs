//! A scripted IMAP server for replies that no honest server gives, and the little language its scripts are written in.
//!
//! A script is a text file; each line is one step:
//!
//! | line | meaning |
//! |---|---|
//! | `# …` | a remark |
//! | `S: …` | the server sends the line; `$` at its start is the tag of the client's last command |
//! | `C: …` | the client must send a tagged command that begins so |
//! | `C= …` | the client must send exactly this line, without a tag |
//! | `@login`, `@select 1 8` | the usual exchange; the numbers are UIDVALIDITY and UIDNEXT |
//! | `X: next` | the server closes the connection; what follows is for the next one |
//! | `X: silence` | the server says nothing more until the client closes |
//! | `X: keepalives` | the server says `* OK Still here` every two minutes until the client speaks |
//! | `X: quiet …` | the server plays a mailbox in which nothing happens until a command begins so |
//! | `X: trickle 45 …` | the server sends the line in pieces, one each so many seconds |
//! | `X: flood 1000000 …` | the server sends the line so often |
//! | `X: endless` | the server sends a line that never ends |
//! | `X: mailbox 5 7,8` | the honest mailbox, from now on: UIDVALIDITY and UIDs |
//! | `X: serve …` | the server is honest until a command begins so; without one, until the client closes |
//! | `X: hold` | the server waits until the test lets it go on |
//! | `X: again` | the server closes the connection; what follows is for all later ones, whether they end early or not |
//! | `X: done` | the end: the client is told to stop |
//!
//! In a line that is sent, `\r`, `\n` and `\x80` are bytes, and `<<text>>` is a literal with that text.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use mail_parser::MessageParser;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::spawn_blocking,
    time::{advance, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    imap_mailbox::Mailbox,
    truth::{Delivered, Truth, now_ns},
};

/// Lines of the usual login on a server that offers what most do.
const LOGIN: &str = "\
S: * OK ready
C: CAPABILITY
S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN
S: $ OK done
C: AUTHENTICATE PLAIN AHNob3BAZXhhbXBsZS5jb20Ac2VjcmV0
S: $ OK logged in
C: CAPABILITY
S: * CAPABILITY IMAP4rev1 IDLE
S: $ OK done";

/// A surprise where the script allows for it.
const GONE: &str = "the client was gone";

/// Bytes of one piece of a line that trickles.
const TRICKLED: usize = 4;

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send these bytes; `true`: after the last tag.
    Send(Vec<u8>, bool),
    /// Expect a tagged command.
    Command(String),
    /// Expect a line without a tag.
    Line(String),
    /// Say nothing more.
    Silence,
    /// Say that the server is still there.
    Keepalives,
    /// Play a quiet mailbox until this command comes.
    Quiet(String),
    /// Send a line slowly.
    Trickle(Duration, Vec<u8>),
    /// Send one line many times.
    Flood(u32, Vec<u8>),
    /// Send a line that never ends.
    Endless,
    /// The honest mailbox is this one.
    Mailbox(Mailbox),
    /// Be honest until this command comes, or for ever.
    Serve(Option<String>),
    /// Wait for the test.
    Hold,
    /// What follows is for all later connections.
    Again,
    /// Tell the client to stop.
    Done,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct ScriptedServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    release: Arc<Notify>,
}

/// What the server saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Bytes, lines and connections that passed; a number that stands still means that nothing happens.
    pub(crate) steps: usize,
    /// Connections taken.
    pub(crate) connections: usize,
    /// Every line of every client.
    pub(crate) lines: Vec<String>,
    /// The server waits for the test.
    pub(crate) is_holding: bool,
    /// How often an honest server without anything left to play was asked for news.
    pub(crate) rests: usize,
    /// What the script did not expect; empty in a good run.
    pub(crate) surprises: Vec<String>,
}

impl ScriptedServer {
    /// Starts a server that plays one list of steps per connection; `done` is cancelled at `X: done`.
    pub(crate) async fn start(script: Vec<Vec<Step>>, done: CancellationToken) -> Self {
        Self::launch(script, done, None).await
    }

    /// Starts a server that writes down which mails it shows as this account's: a mail is delivered when it is shown
    /// for the first time.
    pub(crate) async fn start_recorded(
        script: Vec<Vec<Step>>,
        done: CancellationToken,
        truth: &Truth,
        account: &'static str,
    ) -> Self {
        let shown = Shown { truth: truth.clone(), account, nonces: Mutex::default() };
        Self::launch(script, done, Some(shown)).await
    }

    async fn launch(script: Vec<Vec<Step>>, done: CancellationToken, shown: Option<Shown>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (shared, release) = (Arc::clone(&seen), Arc::new(Notify::new()));
        let held = Arc::clone(&release);
        tokio::spawn(async move {
            let again = script.last().filter(|steps| steps.first() == Some(&Step::Again)).cloned();
            let mut script = script.into_iter();
            let mut mailbox = Mailbox::default();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a socket");
                note(&shared, |seen| (seen.steps, seen.connections) = (seen.steps + 1, seen.connections + 1));
                let Some(steps) = script.next().or_else(|| again.clone()) else {
                    note(&shared, |seen| seen.surprises.push("a connection too many".to_owned()));
                    done.cancel();
                    continue;
                };
                let reader = BufReader::new(stream);
                let mut played = Player {
                    reader,
                    tag: String::new(),
                    seen: &shared,
                    done: &done,
                    release: &held,
                    mailbox: &mut mailbox,
                    shown: shown.as_ref(),
                };
                let ended = played.play(&steps).await;
                // Where later connections are provided for, a client may leave when it has seen enough.
                let may_leave = again.is_some() && ended.as_ref().is_err_and(|surprise| surprise.contains(GONE));
                if let Err(surprise) = ended
                    && !may_leave
                {
                    note(&shared, |seen| seen.surprises.push(surprise));
                    done.cancel();
                }
            }
        });
        Self { address, seen, release }
    }

    /// Lets a server that waits go on.
    pub(crate) fn release(&self) {
        note(&self.seen, |seen| seen.is_holding = false);
        self.release.notify_one();
    }

    /// Moves the clock whenever the server had nothing to do for a moment: by little at first, because bytes may still be
    /// on their way, then in larger steps. A blocking task is always running, which keeps the clock from jumping by
    /// itself.
    pub(crate) async fn run_ahead(&self) -> Infallible {
        let (mut steps, mut idle) = (0, 0_u32);
        loop {
            spawn_blocking(|| thread::sleep(Duration::from_millis(4))).await.expect("sleeping cannot fail");
            let now = self.seen().steps;
            idle = if now == steps { idle + 1 } else { 0 };
            steps = now;
            match idle {
                0..2 => {}
                2..10 => advance(Duration::from_millis(500)).await,
                _ => advance(Duration::from_secs(5)).await,
            }
        }
    }

    /// Returns what was seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn note(seen: &Mutex<Seen>, change: impl FnOnce(&mut Seen)) {
    change(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
}

struct Player<'a> {
    reader: BufReader<TcpStream>,
    tag: String,
    seen: &'a Mutex<Seen>,
    done: &'a CancellationToken,
    release: &'a Notify,
    mailbox: &'a mut Mailbox,
    shown: Option<&'a Shown>,
}

/// Which mails were shown, for the truth of a run.
struct Shown {
    truth: Truth,
    account: &'static str,
    nonces: Mutex<BTreeSet<String>>,
}

impl Shown {
    /// Looks for a mail in what was sent: one with a Message-ID.
    fn look(&self, bytes: &[u8], start_ns: u64) {
        let Some(mail) = MessageParser::default().parse(mail_in(bytes)) else { return };
        let Some(nonce) = mail.message_id().and_then(|id| id.split('@').next()) else { return };
        let from = mail.from().and_then(|from| from.first()).and_then(|from| from.address()).unwrap_or_default();
        let account = self.account;
        if !self.nonces.lock().unwrap_or_else(PoisonError::into_inner).insert(nonce.to_owned()) {
            let again = json!({"nonce": nonce, "account": account, "why": "shown"});
            return self.truth.since(start_ns, "mailbox", "again", again);
        }
        let delivered = Delivered { nonce, account, from, conversation: nonce, expect: "any" };
        self.truth.delivered(start_ns, &delivered);
    }
}

/// Returns what follows the announcement of a literal.
fn mail_in(bytes: &[u8]) -> &[u8] {
    let end = bytes.windows(3).position(|window| window == b"}\r\n");
    end.map_or(&[], |end| &bytes[end + 3..])
}

impl Player<'_> {
    async fn play(&mut self, steps: &[Step]) -> Result<(), String> {
        for step in steps {
            match step {
                Step::Send(bytes, tagged) => {
                    let tag = if *tagged { self.tag.clone() } else { String::new() };
                    self.send(&[tag.as_bytes(), bytes].concat()).await?;
                }
                Step::Command(expected) => {
                    let line = self.line().await?.ok_or(format!("the client closed instead of {expected:?}"))?;
                    let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
                    if !command.starts_with(expected.as_str()) {
                        return Err(format!("expected {expected:?}, the client said {line:?}"));
                    }
                    tag.clone_into(&mut self.tag);
                }
                Step::Line(expected) => {
                    let line = self.line().await?;
                    if line.as_ref() != Some(expected) {
                        return Err(format!("expected the line {expected:?}, the client said {line:?}"));
                    }
                }
                Step::Silence => while self.line().await?.is_some() {},
                Step::Keepalives => self.keepalives().await?,
                Step::Quiet(until) => self.quiet(until).await?,
                Step::Trickle(pause, line) => {
                    for piece in line.chunks(TRICKLED) {
                        sleep(*pause).await;
                        self.send(piece).await?;
                    }
                }
                Step::Flood(count, line) => self.flood(*count, line).await,
                Step::Endless => self.flood(100_000, &[b'a'; 1024]).await,
                Step::Mailbox(mailbox) => self.mailbox.clone_from(mailbox),
                Step::Serve(until) => self.serve(until.as_deref()).await?,
                Step::Hold => {
                    note(self.seen, |seen| seen.is_holding = true);
                    self.release.notified().await;
                }
                Step::Again => {}
                Step::Done => {
                    self.done.cancel();
                    while self.line().await?.is_some() {}
                }
            }
        }
        Ok(())
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        note(self.seen, |seen| seen.steps += 1);
        let start_ns = now_ns();
        let sent = self.reader.get_mut().write_all(bytes).await;
        if let Some(shown) = self.shown.filter(|_| sent.is_ok()) {
            shown.look(bytes, start_ns);
        }
        sent.map_err(|error| format!("{GONE}: {error}"))
    }

    async fn line(&mut self) -> Result<Option<String>, String> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
        note(self.seen, |seen| {
            seen.steps += 1;
            seen.lines.push(text.clone());
        });
        Ok(Some(text))
    }

    /// Sends until the client speaks; what it says is read by the next step.
    async fn keepalives(&mut self) -> Result<(), String> {
        while timeout(Duration::from_mins(2), self.reader.fill_buf()).await.is_err() {
            self.send(b"* OK Still here\r\n").await?;
        }
        Ok(())
    }

    /// Answers what a client asks of a mailbox without news.
    async fn quiet(&mut self, until: &str) -> Result<(), String> {
        loop {
            let line = self.line().await?.ok_or(format!("the client closed instead of {until:?}"))?;
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            if command.starts_with(until) {
                tag.clone_into(&mut self.tag);
                return Ok(());
            }
            if command == "IDLE" {
                self.send(b"+ idling\r\n").await?;
                self.keepalives().await?;
                self.line().await?;
            }
            self.send(format!("{tag} OK done\r\n").as_bytes()).await?;
        }
    }

    /// Answers as the mailbox is.
    async fn serve(&mut self, until: Option<&str>) -> Result<(), String> {
        loop {
            let Some(line) = self.line().await? else {
                return until.map_or(Ok(()), |until| Err(format!("the client closed instead of {until:?}")));
            };
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            if until.is_some_and(|until| command.starts_with(until)) {
                tag.clone_into(&mut self.tag);
                return Ok(());
            }
            if until.is_none() && (command == "IDLE" || command == "NOOP") {
                note(self.seen, |seen| seen.rests += 1);
            }
            if command == "IDLE" {
                self.send(b"+ idling\r\n").await?;
                self.line().await?;
            }
            let answer = format!("{}{tag} OK done\r\n", self.mailbox.answer(command));
            self.send(answer.as_bytes()).await?;
        }
    }

    async fn flood(&mut self, count: u32, line: &[u8]) {
        let block = line.repeat(1000);
        for _ in 0..count.div_ceil(1000) {
            note(self.seen, |seen| seen.steps += 1);
            // The client may well hang up in the middle.
            if self.reader.get_mut().write_all(&block).await.is_err() {
                return;
            }
        }
    }
}

/// Reads a script; one list of steps per connection.
pub(crate) fn read(text: &str) -> Vec<Vec<Step>> {
    let mut connections = vec![Vec::new()];
    for line in text.lines().flat_map(expand) {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "X: next" || line == "X: again" {
            connections.push(Vec::new());
        }
        if line == "X: next" {
            continue;
        }
        connections.last_mut().expect("there is always one").push(step(line));
    }
    connections
}

fn expand(line: &str) -> Vec<String> {
    if line == "@login" {
        return LOGIN.lines().map(str::to_owned).collect();
    }
    let Some(rest) = line.strip_prefix("@select ") else { return vec![line.to_owned()] };
    let (validity, next) = rest.split_once(' ').expect("@select UIDVALIDITY UIDNEXT");
    let exists = next.parse::<u32>().expect("UIDNEXT").saturating_sub(1).min(3);
    vec![
        "C: SELECT \"INBOX\"".to_owned(),
        format!("S: * {exists} EXISTS"),
        format!("S: * OK [UIDVALIDITY {validity}] valid"),
        format!("S: * OK [UIDNEXT {next}] next"),
        "S: $ OK [READ-WRITE] selected".to_owned(),
    ]
}

fn step(line: &str) -> Step {
    let (kind, rest) = line.split_at(2);
    let rest = rest.trim_start();
    match (kind, rest) {
        ("S:", rest) => {
            let (text, tagged) = rest.strip_prefix('$').map_or((rest, false), |rest| (rest, true));
            Step::Send(bytes(text), tagged)
        }
        ("C:", rest) => Step::Command(rest.to_owned()),
        ("C=", rest) => Step::Line(rest.to_owned()),
        ("X:", "silence") => Step::Silence,
        ("X:", "keepalives") => Step::Keepalives,
        ("X:", "endless") => Step::Endless,
        ("X:", "done") => Step::Done,
        ("X:", "hold") => Step::Hold,
        ("X:", "again") => Step::Again,
        ("X:", "serve") => Step::Serve(None),
        ("X:", rest) if rest.starts_with("serve ") => Step::Serve(Some(rest["serve ".len()..].to_owned())),
        ("X:", rest) if rest.starts_with("mailbox ") => Step::Mailbox(Mailbox::read(&rest["mailbox ".len()..])),
        ("X:", rest) if rest.starts_with("quiet ") => Step::Quiet(rest["quiet ".len()..].to_owned()),
        ("X:", rest) if rest.starts_with("trickle ") => {
            let (seconds, text) = rest["trickle ".len()..].split_once(' ').expect("X: trickle SECONDS LINE");
            Step::Trickle(Duration::from_secs(seconds.parse().expect("seconds")), bytes(text))
        }
        ("X:", rest) => {
            let rest = rest.strip_prefix("flood ").unwrap_or_else(|| panic!("unknown step {line:?}"));
            let (count, text) = rest.split_once(' ').expect("X: flood COUNT LINE");
            Step::Flood(count.parse().expect("a count"), bytes(text))
        }
        _ => panic!("unknown step {line:?}"),
    }
}

/// Returns the bytes of a line: escapes resolved, literals announced, the line end added.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<<") {
        let (inside, after) = after.split_once(">>").expect("a literal ends with >>");
        out.extend(unescaped(before));
        let literal = unescaped(inside);
        out.extend(format!("{{{}}}\r\n", literal.len()).bytes());
        out.extend(literal);
        rest = after;
    }
    out.extend(unescaped(rest));
    out.extend(b"\r\n");
    out
}

fn unescaped(text: &str) -> Vec<u8> {
    let text = text.replace("\\r", "\r").replace("\\n", "\n");
    let mut out = Vec::new();
    let mut parts = text.split("\\x");
    out.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        out.push(u8::from_str_radix(&part[..2], 16).expect("two hexadecimal digits"));
        out.extend(part[2..].bytes());
    }
    out
}
