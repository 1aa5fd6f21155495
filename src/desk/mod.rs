//! What people may do to a ticket, and what they read about their work: pure functions over records.

pub mod chart;
pub mod days;
pub mod figures;
pub mod search;
pub mod sheet;
pub mod transition;
