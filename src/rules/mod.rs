//! The rule language: from YAML to hits.
//!
//! Two forms, two types: [`syntax`] reads files as written, with the place of every word; [`compile`] turns them into
//! [`rule::Rule`]s, which cannot be wrong. [`set::RuleSet`] holds them all and finds, in one pass over a message, the
//! few rules whose rarest word occurs ([`prefilter`]); only those are confirmed ([`program`]) and judged ([`evaluate`]).

pub mod alone;
pub mod built_in;
pub mod compile;
pub mod condition;
pub mod cores;
pub mod entity_list;
pub mod evaluate;
pub mod find;
pub mod judge;
pub mod memory;
pub mod negation;
pub mod pattern;
pub mod prefilter;
pub mod program;
pub mod reader;
pub mod regular;
pub mod rule;
pub mod scratch;
pub mod set;
pub mod similar;
pub mod stop_word;
pub mod syntax;
pub mod trie;
pub mod view;
pub mod vocabulary;
pub mod word_list;
