//! A gate between the program and a server: it lets a mail through to the final dot and then holds the server's reply
//! back until it is opened. So a test can stop time at the one moment that matters.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::shop::until_in;

/// What ends a mail on the wire.
const FINAL_DOT: &[u8] = b"\r\n.\r\n";

/// A listening gate, closed at first; its threads end with their connections.
pub(crate) struct Gate {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    open: AtomicBool,
    dots: AtomicUsize,
}

impl Gate {
    /// Stands in front of a server that speaks without TLS.
    pub(crate) fn before(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { continue };
                join(client, server, &shared);
            }
        });
        Self { port, state }
    }

    /// Returns where it listens, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until that many mails have come to their final dot.
    pub(crate) fn until_dots(&self, count: usize) {
        until_in(&format!("{count} final dots at the gate"), || (self.dots() >= count).then_some(()));
    }

    /// Returns how many mails have come to their final dot.
    pub(crate) fn dots(&self) -> usize {
        self.state.dots.load(Ordering::SeqCst)
    }

    /// Lets the held replies go, and all later ones.
    pub(crate) fn open(&self) {
        self.state.open.store(true, Ordering::SeqCst);
    }
}

fn join(client: TcpStream, server: TcpStream, state: &Arc<State>) {
    let (reader, writer) = (copy(&client), copy(&server));
    let held = Arc::new(AtomicBool::new(false));
    let (shared, holds) = (Arc::clone(state), Arc::clone(&held));
    thread::spawn(move || forward(reader, writer, &shared, &holds));
    let shared = Arc::clone(state);
    thread::spawn(move || back(server, client, &shared, &held));
}

/// Client to server: everything at once, with an eye on the final dot.
fn forward(mut from: TcpStream, mut to: TcpStream, state: &State, held: &AtomicBool) {
    let mut tail = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        tail.extend_from_slice(&buffer[..count]);
        if tail.ends_with(FINAL_DOT) {
            held.store(true, Ordering::SeqCst);
            state.dots.fetch_add(1, Ordering::SeqCst);
        }
        tail.drain(..tail.len().saturating_sub(FINAL_DOT.len()));
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    // An error means that the other side is gone already.
    drop(to.shutdown(std::net::Shutdown::Write));
}

/// Server to client: held back after the final dot until the gate opens.
fn back(mut from: TcpStream, mut to: TcpStream, state: &State, held: &AtomicBool) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        while held.load(Ordering::SeqCst) && !state.open.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    drop(to.shutdown(std::net::Shutdown::Write));
}

fn copy(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be shared")
}
