//! What people may do to a ticket: pure functions over records.

pub mod transition;
