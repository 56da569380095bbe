//! The tables of an experiment.

use super::arms::Arm;
use super::countdown::Results;
use crate::failure::Failure;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_figures::{Column, Table};
use rs_grpo_train::evaluate::{Estimate, SeedProblemMatrix, Statistic, bootstrap};

/// Seed of the bootstrap.
const SEED: u64 = 0;
/// The method that the others are held against.
const RIVAL: &str = "grpo";

/// A statistic of a method, with its interval over problems and seeds.
pub(super) fn estimate(results: &Results, statistic: Statistic) -> Result<Estimate, Failure> {
    interval(&values(results, statistic)?)
}

/// The share of training problems that were ever solved, with its interval over seeds.
fn solved(results: &Results) -> Result<Estimate, Failure> {
    let last = |steps: &[rs_grpo_train::Metrics]| steps.last()?.get("train/solved_share").copied();
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
    let of_seed = |finished: &super::job::Finished| Ok(finished.report.values(statistic)?);
    results.seeds.iter().map(of_seed).collect()
}

/// The k of the columns: 1, and as far as the completions reach 32 and 128.
fn ks(results: &[Results]) -> Vec<u64> {
    let most = results.iter().flat_map(|arm| &arm.seeds).map(|seed| seed.report.samples()).min();
    let most = most.unwrap_or(1) as u64;
    let mut ks = vec![1, 32.min(most), 128.min(most)];
    ks.dedup();
    ks
}

/// One row for each method.
pub(super) fn of(results: &[Results]) -> Result<Table, Failure> {
    let ks = ks(results);
    let mut columns = vec![Column::left("method")];
    columns.extend(ks.iter().map(|k| Column::right(format!("pass@{k}"))));
    let others = ["majority", "solutions", "answers", "solved in training", "entropy", "seeds"];
    columns.extend(others.map(Column::right));
    let mut table = Table::new(columns)?;
    for arm in results {
        let mut row = vec![arm.arm.label.clone()];
        for &k in &ks {
            row.push(with_interval(estimate(arm, Statistic::PassAt(k))?, 3));
        }
        row.push(with_interval(estimate(arm, Statistic::Majority)?, 3));
        row.push(with_interval(estimate(arm, Statistic::Solutions)?, 2));
        row.push(with_interval(estimate(arm, Statistic::Answers)?, 1));
        row.push(with_interval(solved(arm)?, 3));
        row.push(with_interval(estimate(arm, Statistic::Entropy)?, 3));
        row.push(arm.seeds.len().to_string());
        table.push(row)?;
    }
    Ok(table)
}

/// What each method has over GRPO, problem for problem and seed for seed; nothing without GRPO.
pub(super) fn differences(results: &[Results]) -> Result<Option<Table>, Failure> {
    let is_rival = |arm: &Arm| arm.estimator.as_deref() == Some(RIVAL);
    let Some(rival) = results.iter().find(|arm| is_rival(&arm.arm)) else { return Ok(None) };
    let ks = ks(results);
    let mut columns = vec![Column::left("points over GRPO")];
    columns.extend(ks.iter().map(|k| Column::right(format!("pass@{k}"))));
    let mut table = Table::new(columns)?;
    for arm in results.iter().filter(|arm| !is_rival(&arm.arm)) {
        let mut row = vec![arm.arm.label.clone()];
        for &k in &ks {
            row.push(points(difference(arm, rival, Statistic::PassAt(k))?));
        }
        table.push(row)?;
    }
    Ok(Some(table))
}

fn difference(arm: &Results, rival: &Results, statistic: Statistic) -> Result<Estimate, Failure> {
    let (mine, theirs) = (values(arm, statistic)?, values(rival, statistic)?);
    let minus = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a - b).collect();
    let differences: Vec<Vec<f64>> = mine.iter().zip(&theirs).map(minus).collect();
    interval(&differences)
}

fn with_interval(estimate: Estimate, digits: usize) -> String {
    let Estimate { mean, low, high } = estimate;
    match mean.is_nan() {
        true => "–".to_owned(),
        false => format!("{mean:.digits$} [{low:.digits$}, {high:.digits$}]"),
    }
}

fn points(estimate: Estimate) -> String {
    let [mean, low, high] = [estimate.mean, estimate.low, estimate.high].map(|x| 100.0 * x);
    format!("{mean:+.1} [{low:+.1}, {high:+.1}]")
}
