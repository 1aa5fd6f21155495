//! The console through real HTTP: who may come in, and what each may do.

mod access;
mod desk;
mod door;
mod house;
mod pages;
mod practice;
mod rating;
mod reports;
mod rules;
