//! What the modules share: reading fixtures, rebuilding rewards, comparing numbers.

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rs_grpo::{CATALOGUE, Error, Estimator};

pub fn estimator(text: &str) -> Estimator {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn advantages(text: &str, rewards: &[f64]) -> Vec<f64> {
    let result = estimator(text).advantages(rewards);
    result.unwrap_or_else(|error| panic!("{text} on {rewards:?}: {error}"))
}

/// Every estimator with its default parameters.
pub fn catalogue() -> impl Iterator<Item = Estimator> {
    CATALOGUE.iter().map(|entry| entry.estimator.clone())
}

/// The rewards, moved into the estimator's domain if need be: first by |r|, then by `r > 0`.
pub fn admissible(estimator: &Estimator, rewards: &[f64]) -> Vec<f64> {
    let absolute: Vec<f64> = rewards.iter().map(|r| r.abs()).collect();
    let binary = rewards.iter().map(|&r| if r > 0.0 { 1.0 } else { 0.0 }).collect();
    let refused = |rewards: &[f64]| {
        matches!(estimator.advantages(rewards), Err(Error::RewardOutOfDomain { .. }))
    };
    match (refused(rewards), refused(&absolute)) {
        (false, _) => rewards.to_vec(),
        (true, false) => absolute,
        (true, true) => binary,
    }
}

/// The largest |x|.
pub fn max_abs(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |largest, x| x.abs().max(largest))
}

/// Fails unless each number lies within `tolerance` times the largest |expected|.
#[track_caller]
pub fn assert_close(actual: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let error = largest_difference(actual, expected);
    assert!(
        error <= tolerance * max_abs(expected),
        "{what}: off by {error:e}\n actual   {actual:?}\n expected {expected:?}"
    );
}

pub fn largest_difference(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).fold(0.0, |largest, (x, y)| (x - y).abs().max(largest))
}

/// Rows of numbers; lines that start with `#` are comments.
pub fn rows(csv: &str) -> impl Iterator<Item = Vec<f64>> {
    csv.lines().filter(|line| !line.starts_with('#')).map(|line| {
        line.split(',').map(|cell| cell.parse().expect("fixtures hold numbers")).collect()
    })
}

/// The rewards of `stream` in `fixtures/make_golden.py`, bit for bit: every operation is exact.
pub fn stream(seed: u64, n: usize, bits: u32, scale: f64, offset: f64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let fraction = (state >> (64 - bits)) as f64 / f64::from(1_u32 << bits);
        offset + scale * fraction
    };
    (0..n).map(|_| next()).collect()
}

/// A property-test runner that draws the same cases every time.
pub fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}
