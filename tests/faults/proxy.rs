//! A wire that can be cut: stands between the program and a server, forwards everything, and breaks connections by
//! chance: any time, or at a COMMIT, before the server hears it or after the server has done it and before it can say so.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crate::chance::Chance;

/// How PostgreSQL's protocol says it; both databases' drivers end a transaction by a simple query.
const COMMIT: &[u8] = b"COMMIT\0";

/// How long the server is given to do what it was told, before the wire is cut in front of its answer.
const DONE: Duration = Duration::from_millis(50);

/// Shares of misfortune.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cuts {
    /// In a thousand packets of either side: the connection breaks.
    pub(crate) packet: u64,
    /// In a hundred COMMITs: the server never hears it.
    pub(crate) before_commit: u64,
    /// In a hundred COMMITs: the server does it, and its answer is lost.
    pub(crate) after_commit: u64,
}

/// A listening proxy; its threads end with their connections.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: AtomicU16,
    luck: Mutex<(Cuts, Chance)>,
    cut: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Luck {
    Fine,
    Now,
    Later,
}

impl Proxy {
    /// Stands in front of a server on the loopback address; nothing is cut at first.
    pub(crate) fn before(server: u16, seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let shared = Arc::new(Shared {
            server: AtomicU16::new(server),
            luck: Mutex::new((Cuts::default(), Chance::new(seed))),
            cut: AtomicU64::new(0),
        });
        let proxy = Self { port, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = shared.server.load(Ordering::SeqCst);
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { continue };
                join(&client, &server, &shared);
            }
        });
        proxy
    }

    /// Returns where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes what is cut from now on.
    pub(crate) fn set(&self, cuts: Cuts) {
        self.shared.luck.lock().unwrap_or_else(PoisonError::into_inner).0 = cuts;
    }

    /// Returns how many connections were cut.
    pub(crate) fn cut(&self) -> u64 {
        self.shared.cut.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn luck(&self, packet: &[u8], from_client: bool) -> Luck {
        let mut luck = self.luck.lock().unwrap_or_else(PoisonError::into_inner);
        let (cuts, chance) = &mut *luck;
        let commits = from_client && packet.windows(COMMIT.len()).any(|window| window == COMMIT);
        let drawn = chance.below(100);
        if commits && drawn < cuts.before_commit {
            return Luck::Now;
        }
        if commits && drawn < cuts.before_commit + cuts.after_commit {
            return Luck::Later;
        }
        if chance.below(1000) < cuts.packet { Luck::Now } else { Luck::Fine }
    }
}

fn join(client: &TcpStream, server: &TcpStream, shared: &Arc<Shared>) {
    for (from, to, from_client) in [(client, server, true), (server, client, false)] {
        // A socket that cannot be shared is one that is closed already.
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
        let shared = Arc::clone(shared);
        thread::spawn(move || forward(from, to, from_client, &shared));
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, from_client: bool, shared: &Shared) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let luck = shared.luck(&buffer[..count], from_client);
        match luck {
            Luck::Fine => {
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
                continue;
            }
            Luck::Now => {}
            Luck::Later => {
                // The answer must not slip through: nothing more is read from the server's side of this connection.
                drop(from.shutdown(Shutdown::Write));
                drop(to.write_all(&buffer[..count]));
                thread::sleep(DONE);
            }
        }
        shared.cut.fetch_add(1, Ordering::SeqCst);
        break;
    }
    // An error means that the other side is gone already.
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}
