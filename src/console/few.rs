//! So many connections at once, and none on which nothing is said: a process that answers mail has sockets for that first.

use std::{
    future::Future as _,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};

/// More than the browsers of a large desk and a proxy keep open; further ones wait to be accepted.
const AT_ONCE: usize = 512;

/// Longer than a page takes, and than the pause between two signs of life of a stream.
const QUIET: Duration = Duration::from_secs(75);

/// A listener that keeps few connections.
pub(super) struct Few {
    listener: TcpListener,
    room: Arc<Semaphore>,
}

impl Few {
    /// Takes over a listener.
    pub(super) fn new(listener: TcpListener) -> Self {
        Self::at_once(listener, AT_ONCE)
    }

    fn at_once(listener: TcpListener, most: usize) -> Self {
        Self { listener, room: Arc::new(Semaphore::new(most)) }
    }
}

impl Listener for Few {
    type Io = Kept;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Kept, SocketAddr) {
        // The semaphore is never closed; without a place a connection would be one too many, not one too few.
        let room = Arc::clone(&self.room).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Kept { stream, until: Box::pin(tokio::time::sleep(QUIET)), _room: room }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection with its place; it ends when nothing is said for long.
pub(super) struct Kept {
    stream: TcpStream,
    until: Pin<Box<Sleep>>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Kept {
    fn or_over<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.until.as_mut().reset(Instant::now() + QUIET);
            return done;
        }
        self.until.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Kept {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let done = Pin::new(&mut this.stream).poll_read(cx, buf);
        this.or_over(cx, done)
    }
}

impl AsyncWrite for Kept {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let done = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.or_over(cx, done)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Longer than a connection on this machine takes to be accepted, by far.
    const LONG: Duration = Duration::from_secs(5);
    /// Not quite as long as nothing may be said.
    const ALMOST: Duration = Duration::from_secs(QUIET.as_secs() - 1);

    /// Opens a listener with room for two.
    async fn two() -> (Few, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        (Few::at_once(listener, 2), address)
    }

    #[tokio::test]
    async fn one_connection_too_many_waits_until_another_has_ended() {
        let (mut few, address) = two().await;
        let mut browsers = Vec::new();
        for _ in 0..3 {
            browsers.push(TcpStream::connect(address).await.expect("the system takes it"));
        }
        let first = few.accept().await.0;
        let second = few.accept().await.0;
        let mut third = Box::pin(few.accept());
        let waits = tokio::time::timeout(Duration::from_millis(50), third.as_mut()).await;
        assert!(waits.is_err(), "two are served, and no third");
        drop(first);
        let (mut third, _) = tokio::time::timeout(LONG, third).await.expect("there is a place again");
        browsers[2].write_all(b"hello").await.expect("it is open");
        let mut heard = [0; 5];
        third.read_exact(&mut heard).await.expect("it is the one that waited");
        assert_eq!((&heard, few.room.available_permits()), (b"hello", 0));
        drop((second, third));
        assert_eq!(few.room.available_permits(), 2);
    }

    #[tokio::test]
    async fn connection_on_which_nothing_is_said_ends_and_one_that_speaks_goes_on() {
        let (mut few, address) = two().await;
        let mut browser = TcpStream::connect(address).await.expect("the system takes it");
        let mut kept = few.accept().await.0;
        tokio::time::pause();
        tokio::time::advance(ALMOST).await;
        tokio::time::resume();
        browser.write_all(b"hello").await.expect("it is open");
        let mut heard = [0; 5];
        kept.read_exact(&mut heard).await.expect("its time was not over");
        tokio::time::pause();
        // The clock of this test goes on by itself as soon as everybody waits.
        let begun = Instant::now();
        let error = kept.read_exact(&mut heard).await.expect_err("nobody says anything");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() > ALMOST, "the word began a new time: {:?}", begun.elapsed());
    }
}
