//! A checker that has never failed is not believed: written histories, random ones, and the program as it is called.

mod folder;
mod generator;
mod histories;
mod mutators;
mod program;
mod random;
mod script;
