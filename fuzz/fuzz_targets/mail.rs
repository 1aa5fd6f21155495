//! Runs the target `mail`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nightdesk_fuzz::run("mail", data));
