//! Receiving mail: hostile servers by script, honest ones for real.

pub(crate) mod account;
mod again;
mod copies;
mod dovecot;
mod many;
mod real;
mod scripts;
mod search;
mod sent;
