//! `repro doctor` on a machine without a GPU, or in a program that knows none.

use crate::support::{refusal, success};

/// The plan is of the memory that was asked for, not of the machine's, so that it is the same on all.
#[test]
fn the_plan_says_what_fits_80_gb() {
    let out = success("doctor --memory 80");
    let (machine, plan) = out.split_once("\n\n").expect("a table after the machine");
    assert!(machine.starts_with("CPU  ") && machine.contains("\nGPU  "), "{machine}");
    insta::assert_snapshot!("plan_of_80_gb", plan);
}

#[test]
fn less_memory_marks_less() {
    let marks = |memory: u32| success(&format!("doctor --memory {memory}")).matches('✓').count();
    let counts = [1, 24, 80, 141, 1000].map(marks);
    assert!(counts.is_sorted() && counts[0] < counts[1] && counts[2] < counts[3], "{counts:?}");
}

#[test]
fn kernels_need_a_program_with_cuda() {
    let message = refusal("doctor --compile");
    assert!(message.contains("--features cuda"), "{message}");
}
