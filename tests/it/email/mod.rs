//! Mail: reading, stripping, composing, sending, and the Maildir folder.

mod composing;
mod folder;
mod golden;
mod parsing;
mod reports;
mod sending;
mod staff_answers;
mod stripping;
mod tokens;
