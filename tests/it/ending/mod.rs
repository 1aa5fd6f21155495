//! Every message ends, whatever people do meanwhile: pauses by scope, messages put aside, a store put back from a backup.

mod aside;
mod pausing;
mod restoring;
