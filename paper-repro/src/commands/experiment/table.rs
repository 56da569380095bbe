//! The table of an experiment.

use super::countdown::Results;
use crate::failure::Failure;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_figures::{Column, Table};
use rs_grpo_llm::evaluate::{Estimate, Statistic, bootstrap};

/// Seed of the bootstrap.
const SEED: u64 = 0;

/// A statistic of a method, with its interval.
pub(super) fn estimate(results: &Results, statistic: Statistic) -> Result<Estimate, Failure> {
    let values: Vec<Vec<f64>> = results
        .seeds
        .iter()
        .map(|finished| finished.report.values(statistic))
        .collect::<Result<_, _>>()?;
    Ok(bootstrap(&values, &mut Xoshiro256PlusPlus::seed_from_u64(SEED)))
}

/// One row for each method.
pub(super) fn of(results: &[Results]) -> Result<Table, Failure> {
    let mut columns = vec![Column::left("method")];
    let ks = [1, 2, 4, 8, 16, 32, 64, 128];
    for k in ks {
        columns.push(Column::right(format!("pass@{k}")));
    }
    columns.extend(["solutions", "solved", "entropy"].map(Column::right));
    let mut table = Table::new(columns)?;
    for arm in results {
        let mut row = vec![arm.arm.label.clone()];
        for k in ks {
            let e = estimate(arm, Statistic::PassAt(k))?;
            row.push(format!("{:.3} ±{:.3}", e.mean, 0.5 * (e.high - e.low)));
        }
        row.push(format!("{:.2}", estimate(arm, Statistic::Solutions)?.mean));
        let solved: Vec<f64> = arm
            .seeds
            .iter()
            .filter_map(|finished| finished.steps.last())
            .map(|metrics| metrics["train/solved_share"])
            .collect();
        row.push(format!("{:.3}", solved.iter().sum::<f64>() / solved.len() as f64));
        row.push(format!("{:.3}", estimate(arm, Statistic::Entropy)?.mean));
        table.push(row)?;
    }
    Ok(table)
}
