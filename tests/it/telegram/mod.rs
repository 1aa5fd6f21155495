//! The Telegram channel against a scripted Bot API server, and its parser against updates as Telegram sends them.

mod composing;
mod ledger;
mod polling;
mod secrets;
mod sending;
mod server;
mod updates;
