//! What servers do to us, row by row: tables of a phase and a behaviour, each with its outcome.

mod clock;
mod imap;
mod slow;
mod smtp;
mod tls;
