//! What happens when something breaks on the way: the program, the mail servers, the login.

mod acts;
mod chaos;
mod crash;
mod desk;
mod doubts;
mod instances;
mod login;
mod mailbox;
mod places;
#[path = "../../faults/points.rs"]
mod points;
mod reload;
mod satisfaction;
mod sending;
mod staff_mail;
mod takeover;
mod watching;
