//! The console through real HTTP: who may come in, and what each may do.

mod access;
mod api;
mod api_acts;
mod api_lists;
mod api_page;
mod buyers;
mod choices;
mod conversations;
mod desk;
mod door;
mod house;
mod keys;
mod lists;
mod meanwhile;
mod pace;
mod practice;
mod program;
mod rating;
mod reports;
mod rules;
