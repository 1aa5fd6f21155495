//! What people see: the console of the real program in a real browser, with real mail servers behind it.

mod day;
mod desk;
mod door;
mod drafts;
mod driver;
mod hostile;
mod keys;
mod looks;
mod page;
mod payloads;
mod pictures;
mod strangers;
mod working;
