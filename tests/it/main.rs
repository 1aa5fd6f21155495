//! One integration binary: every area is a module, every fixture lies under `tests/data/`.

mod architecture;
mod conditions;
mod email;
mod imap;
mod replies;
mod rules;
mod servers;
mod support;
mod telegram;
mod text;
