//! Receiving mail: hostile servers by script, honest ones for real.

mod account;
mod dovecot;
mod real;
mod scripts;
