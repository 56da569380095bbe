//! The figure of an experiment: pass@k, and how training went.

use super::countdown::Results;
use super::table::estimate;
use crate::failure::Failure;
use rs_grpo_figures::{Axis, Figure, Panel, Series};
use rs_grpo_llm::evaluate::Statistic;

pub(super) fn of(results: &[Results]) -> Result<Figure, Failure> {
    let mut pass = Panel::new("Held-out problems")
        .x(Axis::new("k").log2())
        .y(Axis::new("pass@k"));
    for arm in results {
        let ks = arm.seeds[0].report.ks();
        let mut line = Vec::new();
        for &k in &ks {
            line.push(estimate(arm, Statistic::PassAt(k))?.mean);
        }
        let x: Vec<f64> = ks.iter().map(|&k| k as f64).collect();
        pass = pass.series(Series::line(arm.arm.label.clone(), x, line));
    }
    Ok(Figure::new("Countdown").panel(pass))
}
