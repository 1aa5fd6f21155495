//! One integration binary: every area is a module, every fixture lies under `tests/data/`.

mod architecture;
mod conditions;
mod replies;
mod rules;
mod text;
