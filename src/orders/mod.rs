//! The shop's own records of orders, as tables that marketplaces and shop systems export.
//!
//! Everything here is pure: a table is read from any `Read`, and comes out as lines about orders with everything that is
//! wrong with it. [`source`] undoes encodings and finds the separator, [`recognize`] finds out what the columns mean (and
//! [`guess`] what they may mean where no word is known), [`values`] reads cells, [`table`] reads the whole. Which files there are and when they are read is the library's
//! business, who may hear of an order is the engine's.

pub mod field;
pub mod guess;
pub mod recognize;
pub mod settings;
pub mod source;
pub mod table;
pub mod values;
