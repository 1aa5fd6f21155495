//! Runs the target `pattern`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nightdesk_fuzz::run("pattern", data));
