//! The simulator agrees with the paper: the same curves, the same escapes, the same limits.

use rayon::prelude::*;
use rs_grpo::Estimator;
use rs_grpo_sims::bandit::{Config, Run, run_exact, run_sampled};

/// The authors' script, run once; origin in the file's header.
const ONE_RUN: &str = include_str!("../../../paper-repro/reference/bandit_authors.csv");
/// The authors' script under many seeds; origin in the file's header.
const MANY_RUNS: &str = include_str!("../../../paper-repro/reference/bandit_authors_seeds.csv");
/// A line where the one run is an outlier of the script itself: of 60 other seeds, with a mean of 0.970,
/// none is as low (`MANY_RUNS`, and its header).
const OUTLIER: &str = "4,reward,75000,0.8928";
/// Half a unit of the last digit of each reference.
const ROUNDING: [(&str, f64); 2] = [("reward", 0.5e-4), ("entropy", 0.5e-3)];
const RUNS: u64 = 200;
/// Pulls in a window of the curve.
const WINDOW: u64 = 1_000;

fn config(beta: f64) -> Config {
    Config { estimator: Estimator::RsGrpo { beta }, ..Config::default() }
}

fn runs(beta: f64) -> Vec<Run> {
    let config = config(beta);
    let run = |index| run_sampled(&config, 1, index).expect("the defaults are valid");
    (0..RUNS).into_par_iter().map(run).collect()
}

/// The value of one run at a line of the reference.
fn value(run: &Run, quantity: &str, pulls: u64) -> f64 {
    let window = (pulls / WINDOW) as usize;
    match quantity {
        "reward" => run.rewards[window],
        _ if window == run.entropies.len() => run.final_entropy,
        _ => run.entropies[window],
    }
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}

/// Distance of our mean from a line of a reference, in standard errors of the difference.
///
/// A reference without a number of runs is a single run; its deviation is taken to be that of our runs.
fn standard_errors(line: &str, runs: &[Run]) -> f64 {
    let fields: Vec<&str> = line.split(',').collect();
    let number = |i: usize| fields.get(i).map(|field| field.parse::<f64>().expect("a number"));
    let (quantity, pulls) = (fields[1], fields[2].parse().expect("pulls"));
    let values: Vec<f64> = runs.iter().map(|run| value(run, quantity, pulls)).collect();
    let (mean, deviation) = mean_and_deviation(&values);
    let (theirs, n) = (number(4).unwrap_or(deviation), number(5).unwrap_or(1.0));
    let error = (deviation.powi(2) / values.len() as f64 + theirs.powi(2) / n).sqrt();
    let rounding = ROUNDING.iter().find(|(name, _)| *name == quantity).expect("known").1;
    let distance = (mean - number(3).expect("a value")).abs() - rounding;
    if distance <= 0.0 { 0.0 } else { distance / error }
}

/// The lines of a reference for one β.
fn lines<'a>(reference: &'a str, beta: &str) -> Vec<&'a str> {
    let prefix = format!("{beta},");
    reference.lines().filter(|line| line.starts_with(&prefix)).collect()
}

/// In the paper β = 0 and 2 stay on the lower peak and β ≥ 4 escape; β = 1 lies between two that stay.
#[test]
fn curves_and_escapes_agree_with_the_authors() {
    for (beta, escapes, one, many) in
        [("0", 0, 13, 7), ("1", 0, 0, 0), ("2", 0, 13, 7), ("4", RUNS, 13, 7), ("8", RUNS, 13, 7)]
    {
        let config = config(beta.parse().expect("a number"));
        let runs = runs(beta.parse().expect("a number"));
        let escaped = runs.iter().filter(|run| run.escaped(&config)).count() as u64;
        assert_eq!(escaped, escapes, "runs that escape at β = {beta}");
        let (one_run, many_runs) = (lines(ONE_RUN, beta), lines(MANY_RUNS, beta));
        assert_eq!((one_run.len(), many_runs.len()), (one, many), "lines for β = {beta}");
        for line in one_run.into_iter().chain(many_runs) {
            let errors = standard_errors(line, &runs);
            assert_eq!(errors > 3.0, line == OUTLIER, "{line} is {errors} standard errors away");
        }
    }
}

/// Expected end values: 25,000 exact gradient steps in NumPy, an independent implementation.
#[test]
fn exact_gradients_end_where_an_independent_implementation_does() {
    for (beta, expected) in [(0.0, 0.59955), (2.0, 0.59921), (2.5, 0.99895), (4.0, 0.99881)] {
        let run = run_exact(&config(beta)).expect("RS-GRPO has a limit");
        assert!((run.final_policy_reward - expected).abs() < 0.5e-5, "β = {beta}: {run:?}");
    }
}

/// Very large groups follow the exact gradient: their mean within four standard errors, where the
/// policy is half-way between the peaks and runs deviate most (by 0.022, measured over 20 seeds).
#[test]
fn large_groups_approach_the_exact_gradient() {
    const RUNS: u64 = 20;
    let config = Config { group_size: 4_096, pulls: 4_096 * 2_000, ..config(4.0) };
    let exact = run_exact(&config).expect("valid").final_policy_reward;
    let run = |index| run_sampled(&config, 3, index).expect("valid").final_policy_reward - exact;
    let differences: Vec<f64> = (0..RUNS).map(run).collect();
    let mean = differences.iter().sum::<f64>() / RUNS as f64;
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    let deviation = (squares / (RUNS - 1) as f64).sqrt();
    assert!(deviation < 0.04, "runs deviate by {deviation}");
    assert!(mean.abs() < 4.0 * deviation / (RUNS as f64).sqrt(), "{mean}, {deviation}");
}
