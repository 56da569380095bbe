//! Escape probability over risk parameter and group size.

use super::{Config, run_expected, run_sampled};
use crate::Error;
use rayon::prelude::*;
use rs_grpo::Estimator;
use serde::Serialize;

/// The grid of a phase diagram.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// All settings but the estimator and the group size. Pulls over group size is the number of updates
    /// of every cell.
    pub config: Config,
    /// Risk parameters of RS-GRPO, ascending.
    pub betas: Vec<f64>,
    /// Group sizes, ascending.
    pub group_sizes: Vec<usize>,
    /// Number of runs in each cell.
    pub seeds: u64,
    /// Whether each cell also makes one run with the exact expected updates of its groups.
    pub predict: bool,
}

impl Default for Phase {
    /// 27 risk parameters, denser where the transition is, by 8 group sizes, 100 runs each.
    fn default() -> Self {
        let betas = [
            0.0, 0.5, 1.0, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75, 4.0, 4.5, 5.0,
            6.0, 7.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 32.0, 48.0, 64.0,
        ];
        Self {
            config: Config::default(),
            betas: betas.to_vec(),
            group_sizes: vec![2, 4, 8, 16, 32, 64, 128, 256],
            seeds: 100,
            predict: true,
        }
    }
}

impl Phase {
    /// The number of updates of every run.
    pub fn updates(&self) -> u64 {
        (self.config.pulls / self.config.group_size.max(1) as u64).max(1)
    }

    /// The number of runs in all cells together.
    pub fn runs(&self) -> u64 {
        let cells = (self.betas.len() * self.group_sizes.len()) as u64;
        cells * (self.seeds + u64::from(self.predict))
    }

    /// The settings of one cell.
    fn cell(&self, beta: f64, group_size: usize) -> Config {
        let estimator = Estimator::RsGrpo { beta };
        let pulls = self.updates() * group_size as u64;
        Config { estimator, group_size, pulls, ..self.config.clone() }
    }
}

/// One cell of a phase diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PhaseCell {
    /// Risk parameter.
    pub beta: f64,
    /// Draws of one update.
    pub group_size: usize,
    /// Number of runs.
    pub seeds: u64,
    /// Share of the runs that ended above the escape reward.
    pub escaped: f64,
    /// Mean reward of the last window, averaged over runs.
    pub final_reward: f64,
    /// Final reward with the exact expected updates, whose run escapes or not; `None` if not asked for.
    pub predicted_reward: Option<f64>,
}

impl PhaseCell {
    /// Whether the expected updates end above the escape reward.
    pub fn predicted(&self, config: &Config) -> Option<bool> {
        self.predicted_reward.map(|reward| reward > config.escape_reward)
    }
}

/// Runs every cell, β outer, group size inner.
///
/// All cells make the same number of updates, so that large groups are not at a disadvantage for fewer
/// updates; their runs cost more pulls.
///
/// `progress` is called after each run. The result does not depend on the number of threads.
///
/// # Errors
/// A setting outside its range, or the first error of a run.
pub fn phase(grid: &Phase, seed: u64, progress: impl Fn() + Sync) -> Result<Vec<PhaseCell>, Error> {
    grid.config.check()?;
    if grid.seeds == 0 {
        return Err(Error::parameter("seeds", grid.seeds, "1 or more"));
    }
    let cells: Vec<(f64, usize)> = grid
        .betas
        .iter()
        .flat_map(|&beta| grid.group_sizes.iter().map(move |&size| (beta, size)))
        .collect();
    cells.into_par_iter().map(|(beta, size)| cell(grid, beta, size, seed, &progress)).collect()
}

fn cell(
    grid: &Phase,
    beta: f64,
    group_size: usize,
    seed: u64,
    progress: &(impl Fn() + Sync),
) -> Result<PhaseCell, Error> {
    let config = grid.cell(beta, group_size);
    let (mut escaped, mut reward) = (0, 0.0);
    for index in 0..grid.seeds {
        let run = run_sampled(&config, seed, index)?;
        escaped += u64::from(run.escaped(&config));
        reward += run.final_reward;
        progress();
    }
    let mut predicted_reward = None;
    if grid.predict {
        predicted_reward = Some(run_expected(&config)?.final_reward);
        progress();
    }
    Ok(PhaseCell {
        beta,
        group_size,
        seeds: grid.seeds,
        escaped: escaped as f64 / grid.seeds as f64,
        final_reward: reward / grid.seeds as f64,
        predicted_reward,
    })
}
