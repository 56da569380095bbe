//! Runs of one setting over several seeds, in parallel, with confidence intervals.

use super::recorder::window;
use super::{Config, Run, Updates, run_exact, run_expected, run_sampled};
use crate::Error;
use crate::interval::{ConfidenceInterval, Moments, RewardRange, t_quantile, wilson};
use rayon::prelude::*;
use rs_grpo::Estimator;
use serde::Serialize;

/// Number of runs in memory at once: enough to keep many threads busy, and little memory.
const BATCH: u64 = 64;

/// The learning curve of an ensemble.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// Number of pulls before each window.
    pub pulls: Vec<u64>,
    /// Mean reward of each window, averaged over seeds.
    pub reward_mean: Vec<f64>,
    /// Lower end of its 95 % confidence interval; `None` with one seed.
    pub reward_low: Vec<Option<f64>>,
    /// Upper end of its 95 % confidence interval; `None` with one seed.
    pub reward_high: Vec<Option<f64>>,
    /// Entropy of the policy at the start of each window in nats, averaged over seeds.
    pub entropy_mean: Vec<f64>,
}

/// The results of an ensemble of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Risk parameter; `None` if the estimator has none.
    pub beta: Option<f64>,
    /// Text form of the estimator.
    pub estimator: String,
    /// Number of runs.
    pub seeds: u64,
    /// Mean reward of the last window, averaged over seeds.
    pub final_reward: ConfidenceInterval,
    /// Expected reward of the final policy, averaged over seeds.
    pub final_policy_reward: f64,
    /// Share of the runs that ended above the escape reward.
    pub escaped: f64,
    /// Its 95 % interval (Wilson); `None` with one run.
    pub escaped_interval: Option<(f64, f64)>,
    /// Share of the runs that drew the best arm at least once; without sampling, 0.
    pub found: f64,
    /// Its 95 % interval (Wilson); `None` with one run.
    pub found_interval: Option<(f64, f64)>,
    /// Median number of pulls until then, over the runs that did; `None` if none did.
    pub median_found_pulls: Option<f64>,
    /// Median number of pulls until the escape, over the runs that escaped; `None` if none did.
    pub median_escape_pulls: Option<f64>,
    /// Entropy of the final policy in nats, averaged over seeds.
    pub final_entropy: f64,
    /// The learning curve.
    pub curve: Curve,
}

/// Runs `config` with `seeds` independent random streams of `seed`; without sampling, once.
///
/// `progress` is called after each run. The result does not depend on the number of threads: runs
/// are summed in the order of their index.
///
/// # Errors
/// `seeds = 0`, or the first error of a run.
pub fn simulate(
    config: &Config,
    seed: u64,
    seeds: u64,
    updates: Updates,
    progress: impl Fn() + Sync,
) -> Result<Summary, Error> {
    config.check()?;
    if seeds == 0 {
        return Err(Error::parameter("seeds", seeds, "1 or more"));
    }
    let mut ensemble = Ensemble::new(config);
    let total = updates.runs(seeds);
    for first in (0..total).step_by(BATCH as usize) {
        let batch = first..total.min(first + BATCH);
        let runs: Vec<_> = batch
            .into_par_iter()
            .map(|index| {
                let run = match updates {
                    Updates::Sampled => run_sampled(config, seed, index),
                    Updates::Expected => run_expected(config),
                    Updates::Exact => run_exact(config),
                };
                progress();
                run
            })
            .collect();
        for run in runs {
            ensemble.add(&run?);
        }
    }
    Ok(ensemble.summary())
}

impl Updates {
    /// How many runs differ: all seeds, or one where nothing is random.
    pub fn runs(self, seeds: u64) -> u64 {
        if self == Self::Sampled { seeds } else { 1 }
    }
}

/// Running sums over seeds: memory for one curve, whatever the number of seeds.
struct Ensemble<'a> {
    config: &'a Config,
    rewards: Vec<Moments>,
    entropies: Vec<Moments>,
    final_reward: Moments,
    final_policy_reward: Moments,
    final_entropy: Moments,
    escaped: u64,
    escape_pulls: Vec<u64>,
    found_pulls: Vec<u64>,
    runs: u64,
}

impl<'a> Ensemble<'a> {
    fn new(config: &'a Config) -> Self {
        let windows = (config.pulls / window(config.pulls)) as usize;
        Self {
            config,
            rewards: vec![Moments::default(); windows],
            entropies: vec![Moments::default(); windows],
            final_reward: Moments::default(),
            final_policy_reward: Moments::default(),
            final_entropy: Moments::default(),
            escaped: 0,
            escape_pulls: Vec::new(),
            found_pulls: Vec::new(),
            runs: 0,
        }
    }

    fn add(&mut self, run: &Run) {
        add_each(&mut self.rewards, &run.rewards);
        add_each(&mut self.entropies, &run.entropies);
        self.final_reward.add(run.final_reward);
        self.final_policy_reward.add(run.final_policy_reward);
        self.final_entropy.add(run.final_entropy);
        self.runs += 1;
        self.found_pulls.extend(run.found_pulls);
        if run.escaped(self.config) {
            self.escaped += 1;
            self.escape_pulls.extend(run.escape_pulls);
        }
    }

    fn summary(mut self) -> Summary {
        let quantile = t_quantile(self.runs as usize);
        let estimator = &self.config.estimator;
        let range = RewardRange::of(&self.config.rewards());
        let share = |count: u64| count as f64 / self.runs as f64;
        let (escaped, found) = (share(self.escaped), share(self.found_pulls.len() as u64));
        let interval = |share| (self.runs > 1).then(|| wilson(share, self.runs));
        Summary {
            beta: risk_parameter(estimator),
            estimator: estimator.to_string(),
            seeds: self.runs,
            final_reward: self.final_reward.interval(quantile, range),
            final_policy_reward: self.final_policy_reward.mean(),
            escaped,
            escaped_interval: interval(escaped),
            found,
            found_interval: interval(found),
            median_found_pulls: median(&mut self.found_pulls),
            median_escape_pulls: median(&mut self.escape_pulls),
            final_entropy: self.final_entropy.mean(),
            curve: self.curve(quantile, range),
        }
    }

    fn curve(&self, quantile: Option<f64>, range: RewardRange) -> Curve {
        let window = window(self.config.pulls);
        let rewards: Vec<ConfidenceInterval> =
            self.rewards.iter().map(|moments| moments.interval(quantile, range)).collect();
        Curve {
            pulls: (0..rewards.len() as u64).map(|i| i * window).collect(),
            reward_mean: rewards.iter().map(|interval| interval.mean).collect(),
            reward_low: rewards.iter().map(|interval| interval.low).collect(),
            reward_high: rewards.iter().map(|interval| interval.high).collect(),
            entropy_mean: self.entropies.iter().map(Moments::mean).collect(),
        }
    }
}

fn add_each(moments: &mut [Moments], values: &[f64]) {
    for (moment, &value) in moments.iter_mut().zip(values) {
        moment.add(value);
    }
}

/// The risk parameter β of the estimators that have one.
fn risk_parameter(estimator: &Estimator) -> Option<f64> {
    match *estimator {
        Estimator::RsGrpo { beta }
        | Estimator::RsLoo { beta }
        | Estimator::EntropicLoo { beta } => Some(beta),
        _ => None,
    }
}

fn median(values: &mut [u64]) -> Option<f64> {
    values.sort_unstable();
    let middle = values.len() / 2;
    match (values.len(), values.len() % 2) {
        (0, _) => None,
        (_, 1) => Some(values[middle] as f64),
        _ => Some((values[middle - 1] + values[middle]) as f64 / 2.0),
    }
}
