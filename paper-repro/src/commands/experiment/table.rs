//! The tables of an experiment.

use super::arms::ExperimentArm;
use super::results::{Results, difference, estimate, solved};
use crate::failure::Failure;
use rs_grpo_figures::{Column, Table};
use rs_grpo_train::evaluate::{Estimate, Statistic};

/// The method that the others are compared with.
const RIVAL: &str = "grpo";

/// The k of the columns: 1, and 32 and 128 if there are enough completions.
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

/// Difference of each method to GRPO, paired by problem and seed; none without GRPO.
pub(super) fn differences(results: &[Results]) -> Result<Option<Table>, Failure> {
    let is_rival = |arm: &ExperimentArm| arm.estimator.as_deref() == Some(RIVAL);
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
