//! Runs the target `rule_file`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nightdesk_fuzz::run("rule_file", data));
