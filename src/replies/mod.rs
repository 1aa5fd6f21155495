//! Reply templates, facts and situations: from a rule's choice to words in the buyer's language.
//!
//! A reply holds only its body; a frame puts one or more bodies between one greeting and one closing. Templates are the
//! seller's; what a buyer wrote is only ever a value in them. Which reply goes out is the engine's business, not ours.

mod bidi;
pub mod catalog;
mod compose;
pub mod country;
mod entity;
pub mod facts;
mod filters;
pub mod format;
mod html;
pub mod placeholder;
mod plural_forms;
pub mod promise;
pub mod read;
mod render;
pub mod season;
pub mod sheet;
pub mod situations;
mod tags;
pub mod template;
pub mod variables;
