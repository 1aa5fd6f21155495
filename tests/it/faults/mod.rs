//! What happens when something breaks on the way: the program, the mail servers, the login.

mod chaos;
mod crash;
mod desk;
mod doubts;
mod instances;
mod login;
mod mailbox;
mod reload;
mod sending;
mod staff_mail;
mod takeover;
mod watching;
