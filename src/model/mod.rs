//! The nouns of the product as plain data: what a message, a thread, a ticket, a verdict is.
//!
//! Nothing here reads, writes, waits or asks the clock. Every other module speaks in these types, so they are the
//! contract between the pure core and the edges.

pub mod agent;
pub mod agent_command;
pub mod alarm;
pub mod audit;
pub mod authentication;
pub mod buyer;
pub mod closing;
pub mod commit;
pub mod context;
pub mod currency;
pub mod delivery;
pub mod figures;
pub mod holidays;
pub mod ids;
pub mod inbound;
pub mod language;
pub mod mode;
pub mod notice;
pub mod order;
pub mod outbound;
pub mod profile;
pub mod receive;
pub mod reload;
pub mod satisfaction;
pub mod search;
pub mod switch;
pub mod thread;
pub mod ticket;
pub mod time;
pub mod verdict;
pub mod webhook;
pub mod wire_id;
pub mod zone;
