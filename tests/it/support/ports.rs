//! Ports for servers of tests that run beside one another.

use std::{
    net::{Ipv4Addr, TcpListener},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Where the search begins; below 32768, from where Linux takes ports for outgoing connections, so that a server can
/// be stopped and started again on its own port.
const FIRST: u32 = 10_000;

/// How many ports are searched.
const SPAN: u32 = 22_000;

/// Ports one process goes through before it comes into another's.
const STRIDE: u32 = 40;

/// Returns different ports on which nobody listens on the loopback address. Processes begin at different places, so two
/// tests seldom see the same ones; a server that still finds its port taken asks again.
pub(crate) fn free<const N: usize>() -> [u16; N] {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    std::array::from_fn(|_| {
        for _ in 0..SPAN {
            let step = ASKED.fetch_add(1, Ordering::Relaxed);
            let offset = process::id().wrapping_mul(STRIDE).wrapping_add(step) % SPAN;
            let port = u16::try_from(FIRST + offset).expect("FIRST + SPAN is below 65536");
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return port;
            }
        }
        panic!("no free port between {FIRST} and {}", FIRST + SPAN)
    })
}
