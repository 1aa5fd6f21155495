//! The whole way, from a real mail server or Bot API through the real program and back: what buyers and sellers see.

mod answers;
mod desk;
mod loops;
mod machines;
mod staff_doubts;
mod staff_limits;
pub(crate) mod staff_mail;
mod start;
pub(crate) mod telegram;
mod tickets;
mod waiting;
