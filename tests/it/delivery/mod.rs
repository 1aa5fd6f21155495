//! What becomes of messages of ours: the table of states, the table of replies, looking for what may have left.

mod replies;
mod states;
