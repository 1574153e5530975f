#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| himds_fuzz::run("client", data));
