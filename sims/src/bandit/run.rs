//! One run from sampled groups, and the result of a run.

use super::learner::Learner;
use super::recorder::{Recorder, window};
use super::{Config, SoftmaxPolicy};
use crate::Error;
use crate::streams::stream;
use pulp::{Arch, Simd, WithSimd};

/// The result of one run.
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
    /// Pulls until the end of the first window whose mean reward is above the escape reward; `None` if
    /// there is none.
    pub escape_pulls: Option<u64>,
    /// Pulls until the end of the first group that held the best arm; `None` if none did, or without
    /// sampling.
    pub found_pulls: Option<u64>,
}

impl Run {
    pub(super) fn new(
        config: &Config,
        recorder: Recorder,
        rewards: &[f64],
        policy: &mut SoftmaxPolicy,
    ) -> Self {
        let mut probabilities = vec![0.0; rewards.len()];
        policy.probabilities_into(&mut probabilities);
        let (curve, entropies) = recorder.finish();
        let window = window(config.pulls);
        let escape = curve.iter().position(|&reward| reward > config.escape_reward);
        Self {
            final_reward: curve[curve.len() - 1],
            final_entropy: policy.entropy(),
            final_policy_reward: probabilities.iter().zip(rewards).map(|(p, r)| p * r).sum(),
            escape_pulls: escape.map(|first| (first as u64 + 1) * window),
            found_pulls: None,
            rewards: curve,
            entropies,
        }
    }

    /// Whether the run ended above the escape reward.
    pub fn escaped(&self, config: &Config) -> bool {
        self.final_reward > config.escape_reward
    }
}

/// Runs `config` once from sampled groups, with random stream number `index` of `seed`.
///
/// # Errors
/// A setting outside its range, a group that the estimator refuses, or a policy that diverges.
pub fn run_sampled(config: &Config, seed: u64, index: u64) -> Result<Run, Error> {
    config.check()?;
    Arch::new().dispatch(Sampled { config, seed, index })
}

/// The logits after one update from a group that is drawn, length `K`.
///
/// # Errors
/// As [`run_sampled`].
pub fn one_update(config: &Config, seed: u64, index: u64) -> Result<Vec<f64>, Error> {
    config.check()?;
    let mut learner = Learner::new(config, stream(seed, index))?;
    learner.draw(config.group_size, &config.rewards());
    learner.update()?;
    Ok(learner.policy().logits().collect())
}

/// [`run_sampled`], compiled for each vector instruction set.
struct Sampled<'a> {
    config: &'a Config,
    seed: u64,
    index: u64,
}

impl WithSimd for Sampled<'_> {
    type Output = Result<Run, Error>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        let Self { config, seed, index } = self;
        let means = config.rewards();
        let mut learner = Learner::new(config, stream(seed, index))?;
        let mut recorder = Recorder::new(config.pulls);
        let best = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut left, mut found_pulls) = (config.pulls, None);
        while left > 0 {
            let size = left.min(config.group_size as u64) as usize;
            learner.draw(size, &means);
            if found_pulls.is_none() && learner.drew(best) {
                found_pulls = Some(config.pulls - left + size as u64);
            }
            learner.record(&mut recorder);
            learner.update()?;
            left -= size as u64;
        }
        Ok(Run { found_pulls, ..Run::new(config, recorder, &means, learner.policy()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rs_grpo::Estimator;

    /// The instruction sets of this machine: scalar, the widest vectors, and AVX2.
    fn arches() -> Vec<Arch> {
        let mut arches = vec![Arch::Scalar, Arch::new()];
        #[cfg(target_arch = "x86_64")]
        arches.extend(pulp::x86::V3::try_new().map(Arch::V3));
        arches
    }

    /// Groups of 13, which no vector length divides.
    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let estimator = Estimator::RsGrpo { beta: 64.0 };
        let config = Config { estimator, group_size: 13, pulls: 26_000, ..Config::default() };
        let run = |arch: Arch| arch.dispatch(Sampled { config: &config, seed: 8, index: 1 });
        let plain = run(Arch::Scalar).expect("RS-GRPO accepts every group");
        assert!(arches().into_iter().all(|arch| run(arch).as_ref() == Ok(&plain)));
    }
}
