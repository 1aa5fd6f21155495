//! The cost of one decision against the number of rules.

fn main() {}
