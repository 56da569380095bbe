//! The settings of a run as they are saved beside its results.

use super::Options;
use rs_grpo_sims::bandit::{Config, InitialPolicy, Noise, Peak, Updates};
use serde::Serialize;

/// Everything a run depends on.
#[derive(Serialize)]
pub(super) struct Resolved {
    estimators: Vec<String>,
    learning_rate: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    group_sizes: Vec<usize>,
    updates: Updates,
    entropy_bonus: f64,
    steps: u64,
    seeds: u64,
    seed: u64,
    escape_reward: f64,
    arms: usize,
    baseline: f64,
    noise: Noise,
    initial_policy: InitialPolicy,
    peaks: Vec<Peak>,
}

impl Resolved {
    pub(super) fn new(options: &Options, configs: &[Config]) -> Self {
        let Config { arms, baseline, peaks, initial_policy, noise, .. } = options.config();
        let group_sizes = match options.phase || options.thresholds {
            true => options.group_sizes.clone(),
            false => vec![options.group_size],
        };
        Self {
            estimators: configs.iter().map(|config| config.estimator.to_string()).collect(),
            learning_rate: options.learning_rate,
            group_sizes,
            updates: options.updates(),
            entropy_bonus: options.entropy_bonus,
            steps: options.steps,
            seeds: options.seeds(),
            seed: options.seed,
            escape_reward: options.escape_reward,
            arms,
            baseline,
            noise,
            initial_policy,
            peaks,
        }
    }
}
