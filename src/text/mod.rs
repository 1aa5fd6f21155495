//! Text as the rules see it: folded words with offsets back, sentences, language, entities; quotes and HTML removed.

pub mod entity;
pub mod folded;
pub mod forbidden;
pub mod html;
pub mod language;
pub mod negation;
pub mod quote;
pub mod reading;
pub mod search_text;
pub mod sentence;
pub mod spelling;
pub mod stem;
pub mod subject;
