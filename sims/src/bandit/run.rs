//! One run from sampled groups, and what any run leaves behind.

use super::learner::Learner;
use super::recorder::{Recorder, window};
use super::{Config, SoftmaxTree};
use crate::Error;
use crate::streams::stream;

/// What one run leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Mean reward of the arms drawn in each window of pulls.
    pub rewards: Vec<f64>,
    /// Entropy of the policy, in nats, at the start of each window.
    pub entropies: Vec<f64>,
    /// Mean reward of the last window.
    pub final_reward: f64,
    /// Entropy of the policy after the last update, in nats.
    pub final_entropy: f64,
    /// Expected reward `Σ πₐ rₐ` of the policy after the last update.
    pub final_policy_reward: f64,
    /// Pulls at the end of the first window whose mean reward is above the escape reward.
    pub escape_pulls: Option<u64>,
}

impl Run {
    pub(super) fn new(
        config: &Config,
        recorder: Recorder,
        rewards: &[f64],
        tree: &SoftmaxTree,
    ) -> Self {
        let mut policy = vec![0.0; rewards.len()];
        tree.probabilities_into(&mut policy);
        let (curve, entropies) = recorder.finish();
        let window = window(config.pulls);
        let escape = curve.iter().position(|&reward| reward > config.escape_reward);
        Self {
            final_reward: curve[curve.len() - 1],
            final_entropy: tree.entropy(),
            final_policy_reward: policy.iter().zip(rewards).map(|(p, r)| p * r).sum(),
            escape_pulls: escape.map(|first| (first as u64 + 1) * window),
            rewards: curve,
            entropies,
        }
    }

    /// Whether the run ended above the escape reward.
    pub fn escaped(&self, config: &Config) -> bool {
        self.final_reward > config.escape_reward
    }
}

/// Runs `config` once from sampled groups; `index` picks the random stream under `seed`.
///
/// # Errors
/// A setting outside its range, a group that the estimator refuses, or a policy that diverges.
pub fn run_sampled(config: &Config, seed: u64, index: u64) -> Result<Run, Error> {
    config.check()?;
    let means = config.rewards();
    let mut learner = Learner::new(config, stream(seed, index));
    let mut recorder = Recorder::new(config.pulls);
    let mut left = config.pulls;
    while left > 0 {
        let size = left.min(config.group_size as u64) as usize;
        learner.draw(size, &means);
        recorder.add(learner.drawn_means(), || learner.tree().entropy());
        learner.update()?;
        left -= size as u64;
    }
    learner.check()?;
    Ok(Run::new(config, recorder, &means, learner.tree()))
}
