//! Accuracy of RS-GRPO against 60 digits: `fixtures/rs_grpo_accuracy.csv`.

use crate::support::{rows, stream};
use rs_grpo::Estimator;

/// One random group: rewards to rebuild, β, max|A|, and the advantage at four positions.
struct Case {
    rewards: Vec<f64>,
    beta: f64,
    max_abs: f64,
    spots: Vec<(usize, f64)>,
}

fn cases() -> Vec<Case> {
    rows(include_str!("fixtures/rs_grpo_accuracy.csv"))
        .map(|row| Case {
            rewards: stream(row[0] as u64, row[1] as usize, row[2] as u32, row[3], row[4]),
            beta: row[5],
            max_abs: row[6],
            spots: row[7..].chunks(2).map(|pair| (pair[0] as usize, pair[1])).collect(),
        })
        .collect()
}

impl Case {
    /// The largest error of `advantages` at the checked positions, relative to max|A|.
    fn error(&self, advantages: &[f64]) -> f64 {
        let off = |&(i, expected): &(usize, f64)| (advantages[i] - expected).abs() / self.max_abs;
        self.spots
            .iter()
            .map(off)
            .fold(0.0, |worst, error| if error.is_nan() { f64::INFINITY } else { error.max(worst) })
    }
}

/// What the project promises.
const PROMISED: f64 = 1e-13;

#[test]
fn rs_grpo_keeps_its_digits() {
    let mut worst: f64 = 0.0;
    for case in cases() {
        let advantages = Estimator::RsGrpo { beta: case.beta }.advantages(&case.rewards).unwrap();
        let error = case.error(&advantages);
        let (n, first) = (case.rewards.len(), case.rewards[0]);
        assert!(error < PROMISED, "N {n}, beta {}, first reward {first}: {error:e}", case.beta);
        worst = worst.max(error);
    }
    println!("largest error: {worst:.2e} of max|A|");
}

#[test]
fn the_cases_cover_what_is_promised() {
    let cases = cases();
    let any = |test: &dyn Fn(&Case) -> bool| cases.iter().any(test);
    assert!(cases.len() > 1500);
    assert!(any(&|case| case.rewards.len() == 2) && any(&|case| case.rewards.len() == 1024));
    for sign in [-1.0, 1.0] {
        for offset in [0.0, 1e6, -1e6] {
            let near = |case: &Case| (case.rewards[0] - offset).abs() < 100.0;
            assert!(any(&|case| near(case) && (0.0..1e-13).contains(&(sign * case.beta))));
            assert!(any(&|case| near(case) && sign * case.beta > 1e3));
        }
    }
}

/// One correct response in a million: (1/β)(r − p)/(p + δ) with δ = 1/(e^β − 1). A running sum of a
/// million equal exponentials would be off by 1e-11.
#[test]
fn long_groups_keep_their_digits() {
    let (n, beta) = (1_000_000, 0.6_f64);
    let rewards: Vec<f64> = (0..n).map(|i| if i == 7 { 1.0 } else { 0.0 }).collect();
    let advantages = Estimator::RsGrpo { beta }.advantages(&rewards).unwrap();
    let (p, delta) = (1.0 / n as f64, 1.0 / beta.exp_m1());
    let expected = (1.0 - p) / (p + delta) / beta;
    let error = (advantages[7] / expected - 1.0).abs();
    assert!(error < PROMISED, "{error:e}");
}

/// The formula as the paper prints it loses every digit on these cases: they can tell.
#[test]
fn the_textbook_form_would_fail() {
    let textbook = |case: &Case| -> Vec<f64> {
        let powers: Vec<f64> = case.rewards.iter().map(|r| (case.beta * r).exp()).collect();
        let mean = powers.iter().sum::<f64>() / powers.len() as f64;
        powers.iter().map(|power| (power / mean - 1.0) / case.beta).collect()
    };
    let failures = cases().iter().filter(|case| case.error(&textbook(case)) > PROMISED).count();
    assert!(failures > 1000, "only {failures}");
}
