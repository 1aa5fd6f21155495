//! Nightdesk answers a shop's routine questions while its people sleep, and hands everything else to them in good order.
//!
//! One message, one way: bytes are *received* (`channel` → `store`, first transaction), *parsed* (`channel::*::parse`,
//! pure), *decided* (`engine`, pure), *committed* (`store`, second transaction), *delivered* (`service::delivery`, the
//! only caller of a channel's `send`) and *settled* (`store`). `docs/architecture.md` follows one message through the
//! rooms and holds the table of who may import whom; `tests/it/architecture.rs` enforces it.
//!
//! Reading order: the nouns (`model`, `diagnostic`; `failpoint` marks where tests crash us), the pure core (`text`, `rules`, `replies`, `orders`, `engine`, `desk`,
//! `check`), the edges, which do not know one another (`channel`, `store`, `library`), and the application on top
//! (`service`, `console`, `config`, `cli`).

pub mod diagnostic;
pub mod failpoint;
pub mod model;

pub mod check;
pub mod desk;
pub mod engine;
pub mod orders;
pub mod replies;
pub mod rules;
pub mod text;

pub mod channel;
pub mod library;
pub mod store;

pub mod cli;
pub mod config;
pub mod console;
pub mod service;
