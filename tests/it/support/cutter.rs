//! A way to PostgreSQL that breaks exactly at a COMMIT: before the server gets it, or after the server did it and before
//! the client hears so.
//!
//! It listens on the loopback address and passes every message on to the cluster's socket; a cut is asked for once and
//! hits the next COMMIT of any connection.

use std::{
    io::{self, Read, Write as _},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering},
    },
    thread,
};

/// Where the way breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cut {
    /// The server never gets the COMMIT.
    Before = 1,
    /// The server commits, the client never hears of it.
    After = 2,
}

/// The running proxy; it serves until the process ends.
pub(crate) struct Cutter {
    port: u16,
    plan: Arc<Plan>,
}

struct Plan {
    socket: PathBuf,
    next: AtomicU8,
    cuts: AtomicU32,
}

/// The kind of a simple query, and of the server's "done".
const QUERY: u8 = b'Q';
const COMPLETE: u8 = b'C';

impl Cutter {
    /// Listens, and passes on to the server behind that socket.
    pub(crate) fn start(socket: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let plan = Arc::new(Plan { socket: socket.to_owned(), next: AtomicU8::new(0), cuts: AtomicU32::new(0) });
        let shared = Arc::clone(&plan);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let plan = Arc::clone(&shared);
                thread::spawn(move || plan.pass(&client));
            }
        });
        Self { port, plan }
    }

    /// Returns the address of a database behind the proxy.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://nightdesk@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Cuts at the next COMMIT.
    pub(crate) fn cut(&self, cut: Cut) {
        self.plan.next.store(cut as u8, Ordering::SeqCst);
    }

    /// Returns how often it was cut.
    pub(crate) fn cuts(&self) -> u32 {
        self.plan.cuts.load(Ordering::SeqCst)
    }
}

impl Plan {
    fn pass(&self, client: &TcpStream) {
        let Ok(server) = UnixStream::connect(&self.socket) else { return };
        let swallowing = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                // An error is an end of either side; both then end.
                let _ended = answers(&server, client, &swallowing);
                part(client, &server);
            });
            let _ended = self.questions(client, &server, &swallowing);
            part(client, &server);
        });
    }

    /// Passes the client's messages on, whole ones only.
    fn questions(&self, mut client: &TcpStream, mut server: &UnixStream, swallowing: &AtomicBool) -> io::Result<()> {
        // The first message has no kind.
        let hello = body(&mut client)?;
        server.write_all(&hello)?;
        loop {
            let message = message(&mut client)?;
            if message[0] == QUERY && message[5..].starts_with(b"COMMIT") {
                match self.next.swap(0, Ordering::SeqCst) {
                    cut if cut == Cut::Before as u8 => {
                        self.cuts.fetch_add(1, Ordering::SeqCst);
                        return Ok(());
                    }
                    cut if cut == Cut::After as u8 => {
                        self.cuts.fetch_add(1, Ordering::SeqCst);
                        swallowing.store(true, Ordering::SeqCst);
                    }
                    _ => {}
                }
            }
            server.write_all(&message)?;
        }
    }
}

/// Passes the server's messages on; ends at the answer that is to be swallowed.
fn answers(mut server: &UnixStream, mut client: &TcpStream, swallowing: &AtomicBool) -> io::Result<()> {
    loop {
        let message = message(&mut server)?;
        if swallowing.load(Ordering::SeqCst) {
            if message[0] == COMPLETE {
                return Ok(());
            }
            continue;
        }
        client.write_all(&message)?;
    }
}

fn message(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut kind = [0];
    from.read_exact(&mut kind)?;
    let mut message = kind.to_vec();
    message.extend(body(from)?);
    Ok(message)
}

/// Reads a length, which counts itself, and what it counts.
fn body(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut body = length.to_vec();
    body.resize(u32::from_be_bytes(length).max(4) as usize, 0);
    from.read_exact(&mut body[4..])?;
    Ok(body)
}

fn part(client: &TcpStream, server: &UnixStream) {
    // Either may be closed already.
    let _client = client.shutdown(Shutdown::Both);
    let _server = server.shutdown(Shutdown::Both);
}
