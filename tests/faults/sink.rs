//! The submission server of the fault suite: it answers at once, takes thousands of mails a second, and in bad weather
//! delays, refuses, defers and cuts connections at every phase. It remembers what reached the final dot and what it said
//! then, for that is the truth about what left the program.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    chance::Chance,
    truth::{Transaction, Truth, header, now_ns},
};

/// Shares in a hundred connections of each misbehaviour; what is left is friendly.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weather {
    /// The connection closes before a word is said.
    pub(crate) refuse: u64,
    /// 421, 451 or 452 at MAIL, RCPT or DATA.
    pub(crate) defer: u64,
    /// 550 at RCPT.
    pub(crate) reject: u64,
    /// The connection closes in the middle of the message.
    pub(crate) cut_body: u64,
    /// The final dot came; the connection closes without a reply, and the mail is thrown away.
    pub(crate) cut_dot: u64,
    /// The final dot came and the mail is taken; the connection closes without a reply.
    pub(crate) cut_reply: u64,
    /// 451 after the final dot.
    pub(crate) defer_dot: u64,
    /// 554 after the final dot.
    pub(crate) reject_dot: u64,
    /// The reply to the final dot takes up to a fifth of a second.
    pub(crate) slow: u64,
    /// The go-ahead for the message takes up to a fiftieth of a second.
    pub(crate) linger: u64,
}

impl Weather {
    /// Every misbehaviour, often enough to be met in a hundred mails.
    pub(crate) const STORM: Self = Self {
        refuse: 4,
        defer: 8,
        reject: 2,
        cut_body: 4,
        cut_dot: 3,
        cut_reply: 3,
        defer_dot: 4,
        reject_dot: 2,
        slow: 10,
        linger: 0,
    };

    /// Most messages are waited for somewhat before they may be written, some are deferred, few are answered late: what is
    /// under way is met at each of its steps.
    pub(crate) const HAZE: Self = Self {
        refuse: 0,
        defer: 2,
        reject: 0,
        cut_body: 1,
        cut_dot: 0,
        cut_reply: 0,
        defer_dot: 1,
        reject_dot: 0,
        slow: 1,
        linger: 70,
    };
}

/// What was said to the final dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// 250: taken.
    Taken,
    /// 4xx: not taken, and the client is told.
    Deferred,
    /// 5xx: not taken, and the client is told.
    Rejected,
    /// Nothing was said, and the mail was taken.
    SilentTaken,
    /// Nothing was said, and the mail was thrown away.
    SilentLost,
}

impl Reply {
    /// Says whether the mail went on to the buyer.
    pub(crate) fn delivers(self) -> bool {
        matches!(self, Self::Taken | Self::SilentTaken)
    }

    /// Says whether a client that hears nothing more must take the mail for sent.
    pub(crate) fn may_have_been_sent(self) -> bool {
        !matches!(self, Self::Deferred | Self::Rejected)
    }
}

/// One mail that came to its final dot.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// Envelope sender.
    pub(crate) sender: String,
    /// Its Message-ID, without brackets.
    pub(crate) message_id: String,
    /// The Message-ID that it answers, without brackets; empty if it answers none.
    pub(crate) in_reply_to: String,
    /// What was said.
    pub(crate) reply: Reply,
}

/// The listening server; its threads end with their connections.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    sky: Mutex<(Weather, Chance)>,
    arrivals: Mutex<Vec<Arrival>>,
    latest: Mutex<Option<(Arrival, Transaction)>>,
    connections: AtomicU64,
    talking: AtomicU64,
    truth: Truth,
}

/// What one connection is going to suffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kind,
    Refuse,
    Defer(&'static str),
    Reject,
    CutBody,
    Dot(Reply),
    Slow(u64),
    Linger(u64),
}

impl Sink {
    /// Listens on a free port, in fair weather.
    pub(crate) fn start(seed: u64, truth: Truth) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let shared = Arc::new(Shared {
            sky: Mutex::new((Weather::default(), Chance::new(seed))),
            arrivals: Mutex::default(),
            latest: Mutex::default(),
            connections: AtomicU64::default(),
            talking: AtomicU64::default(),
            truth,
        });
        let sink = Self { port, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // An error is a client that went away.
                thread::spawn(move || drop(serve(client, &shared)));
            }
        });
        sink
    }

    /// Returns where it listens, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes the weather for connections that come from now on.
    pub(crate) fn set(&self, weather: Weather) {
        held(&self.shared.sky).0 = weather;
    }

    /// Returns what came to a final dot so far.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        held(&self.shared.arrivals).clone()
    }

    /// Takes the last mail that was taken once more, as if it had been sent again word for word; none if there is none.
    pub(crate) fn echo(&self) -> Option<()> {
        let (arrival, mut seen) = held(&self.shared.latest).clone()?;
        seen.connection = self.shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
        (seen.start_ns, seen.data_ns, seen.dot_ns) = (now_ns(), Some(now_ns()), Some(now_ns()));
        held(&self.shared.arrivals).push(arrival);
        self.shared.truth.transaction(&seen);
        Some(())
    }

    /// Says whether nobody talks to it at this moment, so that all it saw is written down.
    pub(crate) fn is_idle(&self) -> bool {
        self.shared.talking.load(Ordering::SeqCst) == 0
    }

    /// Returns how many mails came to a final dot so far.
    pub(crate) fn dots(&self) -> usize {
        held(&self.shared.arrivals).len()
    }
}

impl Shared {
    fn fate(&self) -> Fate {
        let mut sky = held(&self.sky);
        let (weather, chance) = &mut *sky;
        let mut drawn = chance.below(100);
        let defers = ["421 4.3.2 closing", "451 4.7.1 greylisted", "452 4.2.2 full"];
        let (slow, linger) = (chance.between(1, 200), chance.between(1, 20));
        let fates = [
            (weather.refuse, Fate::Refuse),
            (weather.defer, Fate::Defer(chance.one(&defers))),
            (weather.reject, Fate::Reject),
            (weather.cut_body, Fate::CutBody),
            (weather.cut_dot, Fate::Dot(Reply::SilentLost)),
            (weather.cut_reply, Fate::Dot(Reply::SilentTaken)),
            (weather.defer_dot, Fate::Dot(Reply::Deferred)),
            (weather.reject_dot, Fate::Dot(Reply::Rejected)),
            (weather.slow, Fate::Slow(slow)),
            (weather.linger, Fate::Linger(linger)),
        ];
        for (share, fate) in fates {
            if drawn < share {
                return fate;
            }
            drawn -= share;
        }
        Fate::Kind
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let fate = shared.fate();
    let connection = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
    if fate == Fate::Refuse {
        return Ok(());
    }
    shared.talking.fetch_add(1, Ordering::SeqCst);
    let seen = Transaction { connection, ..Transaction::default() };
    let mut talk = Talk { stream: BufReader::new(stream), shared, fate, seen, arrival: None };
    let ended = talk.stream.get_ref().set_nodelay(true).and_then(|()| talk.run());
    talk.ended();
    shared.talking.fetch_sub(1, Ordering::SeqCst);
    ended
}

struct Talk<'a> {
    stream: BufReader<TcpStream>,
    shared: &'a Shared,
    fate: Fate,
    seen: Transaction,
    /// What `seen` was taken as.
    arrival: Option<Arrival>,
}

impl Talk<'_> {
    /// Answers commands until the connection ends.
    fn run(&mut self) -> io::Result<()> {
        self.say("220 sink.example ESMTP")?;
        while let Some(line) = self.line()? {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
            if verb == "MAIL" {
                self.ended();
                self.seen.start_ns = now_ns();
                self.seen.phase = "mail";
            }
            if !self.answer(&verb, &line)? {
                break;
            }
        }
        Ok(())
    }

    /// Answers one command; false ends the connection.
    fn answer(&mut self, verb: &str, line: &str) -> io::Result<bool> {
        // Which command is refused depends on the connection, so that each of them is met.
        let turn = self.seen.connection % 3;
        let named = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match (verb, self.fate) {
            ("EHLO", _) => self.say("250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            ("MAIL", fate) => {
                self.seen.from = named();
                let refused = if let Fate::Defer(reply) = fate { Some(reply).filter(|_| turn == 0) } else { None };
                self.say(refused.unwrap_or("250 2.1.0 ok"))?;
            }
            ("RCPT", fate) => {
                self.seen.phase = "rcpt";
                self.seen.to.push(named());
                match fate {
                    Fate::Defer(reply) if turn == 1 => self.say(reply)?,
                    Fate::Reject => self.say("550 5.1.1 no such user")?,
                    _ => self.say("250 2.1.5 ok")?,
                }
            }
            ("DATA", Fate::Defer(reply)) => {
                self.seen.phase = "data";
                self.say(reply)?;
            }
            ("DATA", _) => return self.message(),
            ("QUIT", _) => {
                self.ended();
                self.say("221 bye")?;
                return Ok(false);
            }
            _ => self.say("250 ok")?,
        }
        Ok(true)
    }

    fn message(&mut self) -> io::Result<bool> {
        self.seen.phase = "data";
        if let Fate::Linger(milliseconds) = self.fate {
            thread::sleep(Duration::from_millis(milliseconds));
        }
        self.seen.data_ns = Some(now_ns());
        self.say("354 go ahead")?;
        let mut bytes = Vec::new();
        while let Some(line) = self.line()? {
            self.seen.phase = "body";
            if self.fate == Fate::CutBody {
                return Ok(false);
            }
            if line != b".\r\n" {
                bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                continue;
            }
            let reply = if let Fate::Dot(reply) = self.fate { reply } else { Reply::Taken };
            self.arrived(bytes, reply);
            if let Fate::Slow(milliseconds) = self.fate {
                thread::sleep(Duration::from_millis(milliseconds));
            }
            let words = match reply {
                Reply::Taken => "250 2.0.0 queued",
                Reply::Deferred => "451 4.3.0 try again",
                Reply::Rejected => "554 5.6.0 not like this",
                Reply::SilentTaken | Reply::SilentLost => return Ok(false),
            };
            self.say(words)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Remembers the mail before a word is said: what the client does not hear has happened all the same.
    fn arrived(&mut self, bytes: Vec<u8>, reply: Reply) {
        self.seen.dot_ns = Some(now_ns());
        self.seen.phase = "dot";
        self.seen.taken = reply.delivers();
        self.seen.reply = None;
        self.seen.written = false;
        let id = |name: &str| {
            let value = header(&bytes, name).unwrap_or_default();
            value.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
        };
        let arrival = Arrival {
            sender: self.seen.from.clone(),
            message_id: id("message-id"),
            in_reply_to: id("in-reply-to"),
            reply,
        };
        self.seen.message = Some(bytes);
        self.arrival = (reply == Reply::Taken).then(|| arrival.clone());
        held(&self.shared.arrivals).push(arrival);
    }

    /// Writes the transaction down, if there is one.
    fn ended(&mut self) {
        let connection = self.seen.connection;
        let seen = std::mem::replace(&mut self.seen, Transaction { connection, ..Transaction::default() });
        if !seen.phase.is_empty() {
            self.shared.truth.transaction(&seen);
        }
        if let (Some(arrival), true) = (self.arrival.take(), seen.written) {
            *held(&self.shared.latest) = Some((arrival, seen));
        }
    }

    fn say(&mut self, words: &str) -> io::Result<()> {
        self.seen.reply = Some(words.to_owned());
        self.seen.written = false;
        self.stream.get_mut().write_all(format!("{words}\r\n").as_bytes())?;
        self.seen.written = true;
        Ok(())
    }

    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line)?;
        Ok((read > 0).then_some(line))
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
