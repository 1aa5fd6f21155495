//! One integration binary: every area is a module, every fixture lies under `tests/data/`.

mod architecture;
mod cli;
mod conditions;
mod decisions;
mod docs;
mod email;
mod ending;
mod entities;
mod faults;
mod fuzz;
mod guards;
mod hostile;
mod imap;
mod lints;
mod negation;
mod pipeline;
mod quality;
mod replies;
mod rules;
mod scripts;
mod servers;
mod store;
mod stories;
mod support;
mod telegram;
mod text;
