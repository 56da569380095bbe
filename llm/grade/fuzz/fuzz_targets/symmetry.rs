#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| rs_grpo_fuzz::symmetry(input));
