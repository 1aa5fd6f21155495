//! What people may do to a ticket, and what they read about their work: pure functions over records.

pub mod canned;
pub mod chart;
pub mod close;
pub mod complaints;
pub mod days;
pub mod figures;
pub mod schedule;
pub mod search;
pub mod sheet;
pub mod transition;
