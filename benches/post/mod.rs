//! The world around the service for the pipeline's benchmark: one IMAP server with the mailboxes of all accounts, and one
//! submission server that takes the answers and says 250 at once. Both speak over loopback and keep nothing on a disk, so
//! that they cost as little as peers can; they share the machine's cores with the service.

pub(crate) mod letter;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use self::letter::letter;

/// The running servers.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    /// Where mail is read.
    pub(crate) imap: u16,
    /// Where mail is sent.
    pub(crate) smtp: u16,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// How many mails each mailbox holds; mail `n` of all lies in the mailbox `n % mailboxes`.
    mailboxes: Vec<watch::Sender<u32>>,
    /// How many listeners wait for news.
    idling: watch::Sender<usize>,
    mails: Mutex<Vec<Mail>>,
    answered: watch::Sender<u32>,
}

/// What is known of one mail of a buyer.
#[derive(Debug, Clone, Copy, Default)]
struct Mail {
    published: Option<Instant>,
    answered: Option<Instant>,
}

impl Post {
    /// Starts both servers with so many empty mailboxes, and room for so many mails.
    pub(crate) async fn start(mailboxes: u32, mails: u32) -> Self {
        let state = Arc::new(State {
            mailboxes: (0..mailboxes).map(|_| watch::Sender::new(0)).collect(),
            idling: watch::Sender::new(0),
            mails: Mutex::new(vec![Mail::default(); mails as usize]),
            answered: watch::Sender::new(0),
        });
        let (imap, smtp) = (listener().await, listener().await);
        let number = |listener: &TcpListener| listener.local_addr().expect("it listens").port();
        let post = Self { imap: number(&imap), smtp: number(&smtp), state: state.clone() };
        let readers = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = imap.accept().await {
                tokio::spawn(serve_imap(stream, readers.clone()));
            }
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = smtp.accept().await {
                tokio::spawn(serve_smtp(stream, state.clone()));
            }
        });
        post
    }

    /// Waits until every mailbox is listened to.
    pub(crate) async fn listened_to(&self) {
        let wanted = self.state.mailboxes.len();
        self.state.idling.subscribe().wait_for(|idling| *idling >= wanted).await.expect("the servers run");
    }

    /// Lets the mails from `from` to below `to` lie in the mailboxes.
    pub(crate) fn publish(&self, from: u32, to: u32) {
        let now = Instant::now();
        let mut mails = self.state.mails.lock().unwrap_or_else(PoisonError::into_inner);
        for mail in &mut mails[from as usize..to as usize] {
            mail.published = Some(now);
        }
        drop(mails);
        let mailboxes = u32::try_from(self.state.mailboxes.len()).expect("a handful");
        for (place, mailbox) in (0..).zip(&self.state.mailboxes) {
            mailbox.send_replace((to + mailboxes - 1 - place) / mailboxes);
        }
    }

    /// Waits until more than so many mails are answered; returns how many are.
    pub(crate) async fn answered(&self, more_than: u32) -> u32 {
        *self.state.answered.subscribe().wait_for(|count| *count > more_than).await.expect("the servers run")
    }

    /// Returns from publishing to the final dot, in milliseconds, of every mail that was answered.
    pub(crate) fn waits(&self) -> Vec<f64> {
        let mails = self.state.mails.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |mail: &Mail| Some(mail.answered?.duration_since(mail.published?).as_secs_f64() * 1e3);
        mails.iter().filter_map(wait).collect()
    }
}

impl State {
    /// Notes the answer to a mail; a second one is the end of the benchmark.
    fn note(&self, number: usize) {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        let before = mails[number].answered.replace(Instant::now());
        drop(mails);
        assert!(before.is_none(), "mail {number} was answered twice");
        self.answered.send_modify(|count| *count += 1);
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("the loopback interface has free ports")
}

/// One connection of the program to a mailbox.
struct Session {
    lines: BufReader<OwnedReadHalf>,
    answers: OwnedWriteHalf,
    state: Arc<State>,
    mailbox: usize,
    /// How many mails the other side was told of.
    told: u32,
}

async fn serve_imap(stream: TcpStream, state: Arc<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, answers) = stream.into_split();
    let mut session = Session { lines: BufReader::new(read), answers, state, mailbox: 0, told: 0 };
    session.say(b"* OK ready\r\n").await?;
    while let Some(line) = session.line().await? {
        let mut words = line.splitn(3, ' ');
        let [tag, command, rest] = std::array::from_fn(|_| words.next().unwrap_or_default());
        let mut answer = Vec::new();
        match command {
            "CAPABILITY" => answer.extend(b"* CAPABILITY IMAP4rev1 IDLE\r\n"),
            // The user is named like the number of the mailbox.
            "LOGIN" => session.mailbox = rest.split('"').nth(1).and_then(|user| user.parse().ok()).unwrap_or(0),
            "SELECT" => {
                let count = session.count();
                let said = format!("* {count} EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT {}] x\r\n", count + 1);
                answer.extend(said.as_bytes());
            }
            "UID" => session.fetch(rest, &mut answer),
            "IDLE" => session.idle().await?,
            _ => {}
        }
        answer.extend(format!("{tag} OK done\r\n").as_bytes());
        session.say(&answer).await?;
    }
    Ok(())
}

impl Session {
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).await?;
        Ok((read > 0).then(|| line.trim_end().to_owned()))
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.answers.write_all(bytes).await
    }

    fn count(&self) -> u32 {
        *self.state.mailboxes[self.mailbox].borrow()
    }

    /// Answers `FETCH <n>:* (… RFC822.SIZE …)` and `FETCH <n> (… BODY.PEEK[])`; a search finds nothing.
    fn fetch(&mut self, rest: &str, answer: &mut Vec<u8>) {
        let mut words = rest.split(' ');
        let (Some("FETCH"), Some(set)) = (words.next(), words.next()) else { return };
        let first: u32 = set.split(':').next().and_then(|uid| uid.parse().ok()).unwrap_or(1);
        let mailboxes = u32::try_from(self.state.mailboxes.len()).expect("a handful");
        let mailbox = u32::try_from(self.mailbox).expect("a handful");
        let number = |uid: u32| (uid - 1) * mailboxes + mailbox;
        if rest.contains("BODY.PEEK") {
            let mail = letter(number(first));
            answer.extend(format!("* {first} FETCH (UID {first} BODY[] {{{}}}\r\n{mail})\r\n", mail.len()).as_bytes());
            return;
        }
        self.told = self.count();
        // Whole seconds; rounded up, so that no mail is older than the service.
        let taken = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1)).strftime("%d-%b-%Y %H:%M:%S +0000");
        for uid in first..=self.told {
            let size = letter(number(uid)).len();
            let said = format!("* {uid} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE \"{taken}\")\r\n");
            answer.extend(said.as_bytes());
        }
    }

    /// Pushes news until the other side has enough.
    async fn idle(&mut self) -> io::Result<()> {
        let mut news = self.state.mailboxes[self.mailbox].subscribe();
        self.say(b"+ idling\r\n").await?;
        self.state.idling.send_modify(|idling| *idling += 1);
        let told = self.told;
        let mut done = String::new();
        let news = async { *news.wait_for(|count| *count > told).await.expect("the servers run") };
        let count = tokio::select! {
            read = self.lines.read_line(&mut done) => {
                read?;
                None
            }
            count = news => Some(count),
        };
        if let Some(count) = count {
            self.say(format!("* {count} EXISTS\r\n").as_bytes()).await?;
            self.line().await?;
        }
        self.state.idling.send_modify(|idling| *idling -= 1);
        Ok(())
    }
}

async fn serve_smtp(stream: TcpStream, state: Arc<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut answers) = stream.into_split();
    let mut lines = BufReader::new(read);
    answers.write_all(b"220 ready\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let said: &[u8] = match line.get(..4).unwrap_or_default() {
            "EHLO" => b"250-post\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n",
            "DATA" => {
                answers.write_all(b"354 go on\r\n").await?;
                let number = taken(&mut lines).await?;
                state.note(number);
                b"250 taken\r\n"
            }
            "QUIT" => {
                answers.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 fine\r\n",
        };
        answers.write_all(said).await?;
    }
}

/// Reads a message up to its final dot; returns the number of the mail that it answers.
async fn taken(lines: &mut BufReader<OwnedReadHalf>) -> io::Result<usize> {
    let mut answered = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut *lines).take(1 << 20).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return answered.ok_or_else(|| io::Error::other("an answer to no mail"));
        }
        let text = String::from_utf8_lossy(&line);
        if let Some(id) = text.strip_prefix("In-Reply-To: <") {
            answered = id.split('.').next().and_then(|number| number.parse().ok());
        }
    }
}
