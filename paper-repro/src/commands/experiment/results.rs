//! Results of a method, and its statistics with intervals.

use super::arms::ExperimentArm;
use super::job::Finished;
use crate::failure::Failure;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_train::Metrics;
use rs_grpo_train::evaluate::{Estimate, SeedProblemMatrix, Statistic, bootstrap};

/// Seed of the bootstrap.
const SEED: u64 = 0;

/// Results of one method, for each seed.
pub(super) struct Results {
    pub(super) arm: ExperimentArm,
    pub(super) seeds: Vec<Finished>,
}

/// A statistic of a method, with its interval over problems and seeds.
pub(super) fn estimate(results: &Results, statistic: Statistic) -> Result<Estimate, Failure> {
    interval(&values(results, statistic)?)
}

/// The share of training problems that were ever solved, with its interval over seeds.
pub(super) fn solved(results: &Results) -> Result<Estimate, Failure> {
    let last = |steps: &[Metrics]| steps.last()?.get("train/solved_share").copied();
    let values: Vec<Vec<f64>> = results
        .seeds
        .iter()
        .filter_map(|seed| last(&seed.steps))
        .map(|share| vec![share])
        .collect();
    interval(&values)
}

fn interval(values: &[Vec<f64>]) -> Result<Estimate, Failure> {
    let values = SeedProblemMatrix::new(values)?;
    Ok(bootstrap(&values, &mut Xoshiro256PlusPlus::seed_from_u64(SEED)))
}

/// `values[seed][problem]`.
fn values(results: &Results, statistic: Statistic) -> Result<Vec<Vec<f64>>, Failure> {
    let of_seed = |finished: &Finished| Ok(finished.report.values(statistic)?);
    results.seeds.iter().map(of_seed).collect()
}

/// Difference of two methods, paired by problem and seed.
pub(super) fn difference(
    arm: &Results,
    rival: &Results,
    statistic: Statistic,
) -> Result<Estimate, Failure> {
    let (mine, theirs) = (values(arm, statistic)?, values(rival, statistic)?);
    let minus = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a - b).collect();
    let differences: Vec<Vec<f64>> = mine.iter().zip(&theirs).map(minus).collect();
    interval(&differences)
}
