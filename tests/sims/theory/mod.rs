//! Numerical theory: a worked example, the gradient, the lemmas, and that a false statement is detected.

mod bad_input;
mod gradients;
mod lemmas;
mod report;
mod rounding;
mod tradeoff;
mod worked_example;

use rs_grpo_sims::theory::Instance;

/// The counterexample of Lemma 1 with three arms.
pub(crate) fn counterexample() -> Instance {
    Instance::new(vec![0.01, 0.7, 0.29], vec![1.0, 0.6, 0.0]).expect("a valid instance")
}

/// Whether `a` is within `tolerance` of `b`, relative to `b`.
#[track_caller]
pub(crate) fn assert_close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs(), "{a} is not within {tolerance} of {b}");
}
