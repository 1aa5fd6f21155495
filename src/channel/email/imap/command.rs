//! The command layer: one command, its untagged answers, its tagged status. Knows tags, deadlines and refusals; knows
//! no mailbox.
//!
//! async-imap parses the responses and nothing else. Its typed calls answer `NO` with an empty success and take the end
//! of the stream for the end of an answer; here `NO`, `BAD`, `BYE`, a foreign tag and the end of the stream are errors.
//! Commands are written straight to the stream, so that no library's trace log ever holds a credential.

use std::{collections::BTreeSet, time::Duration};

use async_imap::{
    Client,
    imap_proto::{Capability, MailboxDatum, Outcome, Response, ResponseCode, Status},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, timeout, timeout_at},
};

use crate::channel::email::imap::{
    error::{ImapError, words},
    wire::Wire,
};

/// Time for the answer to one command; a FETCH may take longer as long as bytes arrive.
pub(super) const COMMAND: Duration = Duration::from_mins(1);

/// Untagged responses to one command: more is a flood. A catch-up of a hundred thousand messages has room.
const MAX_UNTAGGED: u32 = 200_000;

/// A connection that takes commands.
#[derive(Debug)]
pub(super) struct Commands {
    client: Client<Wire>,
    last_tag: u32,
    seen: Seen,
}

/// What the server mentioned in passing.
#[derive(Debug, Default)]
struct Seen {
    capabilities: BTreeSet<String>,
    news: bool,
}

/// How long to wait for the end of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// So long in all.
    Whole(Duration),
    /// So long without a byte: a slow line is no reason to give up, a silent one is.
    WithoutProgress(Duration),
}

/// One step of an exchange that the server leads.
enum Step {
    GoOn,
    Continue,
    Done(Result<(), ImapError>),
}

/// What IDLE ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// There may be new messages.
    News,
    /// The deadline passed in silence.
    Deadline,
}

impl Commands {
    /// Starts on a fresh stream; nothing was read from it.
    pub(super) fn new(wire: Wire) -> Self {
        Self { client: Client::new(wire), last_tag: 0, seen: Seen::default() }
    }

    /// Reads the greeting; true if it was `PREAUTH`.
    pub(super) async fn greeting(&mut self, wait: Duration) -> Result<bool, ImapError> {
        const DURING: &str = "the greeting";
        self.read(DURING, Patience::Whole(wait), Instant::now() + wait, |_, response| match response {
            Response::Data { status: Status::Ok, .. } => Ok(false),
            Response::Data { status: Status::PreAuth, .. } => Ok(true),
            Response::Data { outcome, .. } => Err(ImapError::Bye { during: DURING, words: spoken(outcome) }),
            _ => Err(ImapError::Protocol { during: DURING, what: "no greeting".to_owned() }),
        })
        .await?
    }

    /// Says whether the last list of capabilities holds this one (upper case, `AUTH=` included).
    pub(super) fn can(&self, capability: &str) -> bool {
        self.seen.capabilities.contains(capability)
    }

    /// Forgets what was announced so far: the caller is about to look for itself.
    pub(super) fn forget_news(&mut self) {
        self.seen.news = false;
    }

    /// Asks for the capabilities anew.
    pub(super) async fn ask_capabilities(&mut self) -> Result<(), ImapError> {
        self.seen.capabilities.clear();
        self.run("CAPABILITY", "CAPABILITY", Patience::Whole(COMMAND), |_| {}).await
    }

    /// Runs one command; `each` sees every untagged response. Returns after a tagged `OK`, else an error.
    pub(super) async fn run(
        &mut self,
        name: &'static str,
        line: &str,
        patience: Patience,
        each: impl FnMut(&Response<'_>),
    ) -> Result<(), ImapError> {
        let tag = self.begin(name, line).await?;
        self.finish(name, &tag, patience, each).await
    }

    /// Runs a login command: `line` may hold secrets, and so may the `answers` to the server's continuations. When they
    /// are used up, `then` is answered: what ends a refused exchange (empty for most mechanisms).
    pub(super) async fn log_in(
        &mut self,
        line: &SecretString,
        answers: &[SecretString],
        then: &str,
    ) -> Result<(), ImapError> {
        const NAME: &str = "the login";
        let tag = self.begin(NAME, line.expose_secret()).await?;
        let deadline = Instant::now() + COMMAND;
        let mut answers = answers.iter();
        let mut rounds = answers.len() + 2;
        loop {
            match self.step(NAME, &tag, deadline).await? {
                Step::GoOn => {}
                Step::Continue if rounds == 0 => {
                    return Err(ImapError::Protocol { during: NAME, what: "it asks without end".to_owned() });
                }
                Step::Continue => {
                    rounds -= 1;
                    let answer = answers.next().map_or(then, |answer| answer.expose_secret());
                    self.write(NAME, &format!("{answer}\r\n")).await?;
                }
                Step::Done(Err(ImapError::Refused { code, words, .. })) => {
                    return Err(ImapError::Login { code, words });
                }
                Step::Done(done) => return done,
            }
        }
    }

    /// Enters IDLE, waits for news until `deadline`, leaves IDLE. A refusal is an error of the command `IDLE`.
    pub(super) async fn idle(&mut self, deadline: Instant) -> Result<Woken, ImapError> {
        const NAME: &str = "IDLE";
        let tag = self.begin(NAME, NAME).await?;
        let until = Instant::now() + COMMAND;
        loop {
            match self.step(NAME, &tag, until).await? {
                Step::GoOn => {}
                Step::Continue => break,
                Step::Done(done) => {
                    done?;
                    return Err(ImapError::Protocol { during: NAME, what: "it ended before it began".to_owned() });
                }
            }
        }
        // What was announced between the last FETCH and the continuation makes no further event: the flag remembers it.
        let mut woken = Woken::News;
        let mut remarks = 0;
        while !self.seen.news {
            remarks += 1;
            if remarks > MAX_UNTAGGED {
                return Err(flood(NAME));
            }
            if Instant::now() >= deadline {
                woken = Woken::Deadline;
                break;
            }
            let Ok(response) = timeout_at(deadline, self.client.read_response()).await else {
                woken = Woken::Deadline;
                break;
            };
            if let Some(done) = self.seen.settle(NAME, &tag, received(NAME, response)?.parsed()) {
                // The server left IDLE by itself; it may do that, and we look what it wants to say.
                return done.map(|()| Woken::News);
            }
        }
        self.write(NAME, "DONE\r\n").await?;
        self.finish(NAME, &tag, Patience::Whole(COMMAND), |_| {}).await?;
        Ok(woken)
    }

    /// Says goodbye, also out of IDLE; waits `wait` at most and ignores what comes.
    pub(super) async fn log_out(&mut self, wait: Duration) {
        let goodbye = async {
            if self.write("LOGOUT", "DONE\r\nbye LOGOUT\r\n").await.is_ok() {
                while let Ok(Some(_)) = self.client.read_response().await {}
            }
        };
        // Best effort: the server ends the session anyway when the stream closes.
        drop(timeout(wait, goodbye).await);
    }

    async fn begin(&mut self, name: &'static str, line: &str) -> Result<String, ImapError> {
        self.last_tag += 1;
        let tag = format!("n{}", self.last_tag);
        self.write(name, &format!("{tag} {line}\r\n")).await?;
        Ok(tag)
    }

    async fn write(&mut self, name: &'static str, text: &str) -> Result<(), ImapError> {
        let wire = self.client.get_mut();
        let written = timeout(COMMAND, async {
            wire.write_all(text.as_bytes()).await?;
            wire.flush().await
        });
        let written = written.await.map_err(|_| ImapError::Timeout(name))?;
        written.map_err(|source| ImapError::Io { during: name, source })
    }

    async fn finish(
        &mut self,
        name: &'static str,
        tag: &str,
        patience: Patience,
        mut each: impl FnMut(&Response<'_>),
    ) -> Result<(), ImapError> {
        let deadline = Instant::now() + patience.length();
        for _ in 0..MAX_UNTAGGED {
            let step = self.read(name, patience, deadline, |seen, response| {
                let step = seen.step(name, tag, response);
                if matches!(step, Step::GoOn) {
                    each(response);
                }
                step
            });
            match step.await? {
                Step::GoOn => {}
                Step::Continue => {
                    return Err(ImapError::Protocol {
                        during: name,
                        what: "it asks for more than was said".to_owned(),
                    });
                }
                Step::Done(done) => return done,
            }
        }
        Err(flood(name))
    }

    async fn step(&mut self, name: &'static str, tag: &str, deadline: Instant) -> Result<Step, ImapError> {
        self.read(name, Patience::Whole(COMMAND), deadline, |seen, response| seen.step(name, tag, response)).await
    }

    /// Reads one response and shows it to `look`. Reading can be given up at any byte: what came stays in the parser's
    /// buffer.
    async fn read<T>(
        &mut self,
        name: &'static str,
        patience: Patience,
        mut deadline: Instant,
        look: impl FnOnce(&mut Seen, &Response<'_>) -> T,
    ) -> Result<T, ImapError> {
        if let Patience::WithoutProgress(wait) = patience {
            deadline = Instant::now() + wait;
        }
        loop {
            // A server that never stops talking never lets the timer have its turn.
            if Instant::now() >= deadline {
                return Err(ImapError::Timeout(name));
            }
            let before = self.client.get_ref().received();
            if let Ok(response) = timeout_at(deadline, self.client.read_response()).await {
                return Ok(look(&mut self.seen, received(name, response)?.parsed()));
            }
            match patience {
                Patience::WithoutProgress(wait) if self.client.get_ref().received() > before => {
                    deadline = Instant::now() + wait;
                }
                _ => return Err(ImapError::Timeout(name)),
            }
        }
    }
}

impl Seen {
    fn step(&mut self, name: &'static str, tag: &str, response: &Response<'_>) -> Step {
        if matches!(response, Response::Continue(_)) {
            return Step::Continue;
        }
        self.settle(name, tag, response).map_or(Step::GoOn, Step::Done)
    }

    /// Notes what any response may carry; returns the outcome if it ends the command.
    fn settle(&mut self, name: &'static str, tag: &str, response: &Response<'_>) -> Option<Result<(), ImapError>> {
        match response {
            Response::Done { tag: theirs, status, outcome } => {
                self.note(outcome);
                Some(if theirs.0 == tag { verdict(name, status, outcome) } else { Err(foreign_tag(name)) })
            }
            Response::Data { status: Status::Bye, outcome } => {
                Some(Err(ImapError::Bye { during: name, words: spoken(outcome) }))
            }
            Response::Data { outcome, .. } => {
                self.note(outcome);
                None
            }
            Response::Capabilities(list) => {
                self.learn(list);
                None
            }
            Response::MailboxData(MailboxDatum::Exists(_)) => {
                self.news = true;
                None
            }
            _ => None,
        }
    }

    fn note(&mut self, outcome: &Outcome<'_>) {
        if let Some(ResponseCode::Capabilities(list)) = &outcome.code {
            self.learn(list);
        }
    }

    fn learn(&mut self, list: &[Capability<'_>]) {
        self.capabilities = list
            .iter()
            .map(|capability| match capability {
                Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
                Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
                Capability::Atom(atom) => atom.to_ascii_uppercase(),
            })
            .collect();
    }
}

impl Patience {
    fn length(self) -> Duration {
        match self {
            Self::Whole(length) | Self::WithoutProgress(length) => length,
        }
    }
}

fn received<T>(during: &'static str, response: std::io::Result<Option<T>>) -> Result<T, ImapError> {
    match response {
        Ok(Some(response)) => Ok(response),
        Ok(None) => Err(ImapError::Closed(during)),
        // The parser's own error text quotes what it could not read: that may be a message and must not be repeated.
        Err(source) if source.kind() == std::io::ErrorKind::Other => {
            Err(ImapError::Protocol { during, what: "its answer cannot be read".to_owned() })
        }
        Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => Err(ImapError::Closed(during)),
        Err(source) => Err(ImapError::Io { during, source }),
    }
}

fn verdict(command: &'static str, status: &Status, outcome: &Outcome<'_>) -> Result<(), ImapError> {
    match status {
        Status::Ok => Ok(()),
        Status::No | Status::Bad => {
            let words = spoken(outcome);
            Err(ImapError::Refused { command, code: code(&words), words })
        }
        _ => Err(ImapError::Protocol { during: command, what: "an unknown status".to_owned() }),
    }
}

fn flood(during: &'static str) -> ImapError {
    ImapError::Protocol { during, what: format!("more than {MAX_UNTAGGED} answers to one command") }
}

fn foreign_tag(during: &'static str) -> ImapError {
    ImapError::Protocol { during, what: "it answered a command that was not given".to_owned() }
}

fn spoken(outcome: &Outcome<'_>) -> String {
    words(outcome.information.as_deref().unwrap_or_default())
}

/// Returns the response code at the head of a server's text; the parser knows only those of RFC 3501.
fn code(words: &str) -> Option<String> {
    let (code, _) = words.strip_prefix('[')?.split_once(']')?;
    Some(code.split(' ').next().unwrap_or_default().to_ascii_uppercase())
}
