//! Runs the target `orders`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nightdesk_fuzz::run("orders", data));
