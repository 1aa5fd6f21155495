//! Exports of orders: real forms with made-up people, read as a seller's folder is; and the folder of a running service.

mod exports;
mod folder;
