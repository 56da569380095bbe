#![no_main]

use rs_grpo_fuzz::Limited;

libfuzzer_sys::fuzz_target!(|input: &str| grade_laws::symmetry(input, &Limited));
