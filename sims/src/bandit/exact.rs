//! One run without sampling: with the exact expected update of a group, or in the limit of infinite groups.

use super::recorder::Recorder;
use super::{Config, Noise, Run, SoftmaxPolicy};
use crate::Error;
use pulp::{Arch, Simd, WithSimd};
use rs_grpo::Policy;
use serde::Serialize;

/// Relative error of the integrals behind an expected update. A run does not show it: its thresholds move
/// by less than their own precision.
const TOLERANCE: f64 = 1e-7;

/// Where the updates of a run come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Updates {
    /// From groups that are drawn.
    Sampled,
    /// The exact expectation over groups of the size that is set.
    Expected,
    /// The limit of infinite groups.
    Exact,
}

/// Runs `config` once with exact gradients, the limit of infinite groups.
///
/// One update, `θⱼ += η πⱼ Aⱼ` with the advantages of the whole policy, counts as `N` pulls. The
/// advantages have mean 0 under the policy, so there is no further term.
///
/// # Errors
/// As [`run_sampled`](super::run_sampled); also an estimator without a large-group limit, and noisy
/// rewards, whose exact gradient is not that of their means.
pub fn run_exact(config: &Config) -> Result<Run, Error> {
    Arch::new().dispatch(NotSampled { config, updates: Updates::Exact })
}

/// Runs `config` once with the exact expected update of a group of `N`, `θⱼ += η E[Δθⱼ]/η`: what groups
/// of this size do on average, without their noise.
///
/// # Errors
/// As [`run_sampled`](super::run_sampled); also an estimator whose expectation is not known at this number
/// of different rewards, and noisy rewards.
pub fn run_expected(config: &Config) -> Result<Run, Error> {
    Arch::new().dispatch(NotSampled { config, updates: Updates::Expected })
}

/// A run without sampling, compiled for each vector instruction set.
struct NotSampled<'a> {
    config: &'a Config,
    updates: Updates,
}

impl NotSampled<'_> {
    /// Writes the advantages of all arms.
    #[inline(always)]
    fn advantages_into(&self, policy: Policy<'_>, out: &mut [f64]) -> Result<(), rs_grpo::Error> {
        let Config { estimator, group_size, .. } = self.config;
        match self.updates {
            Updates::Exact => estimator.population_advantages_into(policy, out),
            _ => estimator.expected_advantages_into(policy, *group_size, TOLERANCE, out).map(drop),
        }
    }
}

impl WithSimd for NotSampled<'_> {
    type Output = Result<Run, Error>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        let config = self.config;
        check(config)?;
        let rewards = config.rewards();
        let mut softmax = SoftmaxPolicy::new(&config.initial_logits())?;
        let mut recorder = Recorder::new(config.pulls);
        let mut policy = vec![0.0; config.arms];
        let mut advantages = vec![0.0; config.arms];
        let refused = |source| Error::Estimator { estimator: config.estimator.to_string(), source };
        let mut left = config.pulls;
        while left > 0 {
            let size = left.min(config.group_size as u64) as usize;
            softmax.probabilities_into(&mut policy);
            let mean: f64 = policy.iter().zip(&rewards).map(|(p, r)| p * r).sum();
            recorder.add(&vec![mean; size], &mut softmax);
            let arms = Policy::new(&policy, &rewards).map_err(refused)?;
            self.advantages_into(arms, &mut advantages).map_err(refused)?;
            if !softmax.add_all(|arm| config.learning_rate * policy[arm] * advantages[arm]) {
                return Err(Error::diverged(config.learning_rate));
            }
            left -= size as u64;
        }
        Ok(Run::new(config, recorder, &rewards, &mut softmax))
    }
}

/// The exact expected update of the logits from the initial policy, length `K`.
///
/// # Errors
/// As [`run_expected`].
pub fn expected_update(config: &Config) -> Result<Vec<f64>, Error> {
    check(config)?;
    let rewards = config.rewards();
    let mut policy = vec![0.0; config.arms];
    SoftmaxPolicy::new(&config.initial_logits())?.probabilities_into(&mut policy);
    let mut update = vec![0.0; config.arms];
    Policy::new(&policy, &rewards)
        .and_then(|policy| {
            let size = config.group_size;
            config.estimator.expected_advantages_into(policy, size, 1e-12, &mut update)
        })
        .map_err(|source| Error::Estimator { estimator: config.estimator.to_string(), source })?;
    for (update, probability) in update.iter_mut().zip(&policy) {
        *update *= config.learning_rate * probability;
    }
    Ok(update)
}

fn check(config: &Config) -> Result<(), Error> {
    config.check()?;
    if config.entropy_bonus != 0.0 {
        let allowed = "0 with --exact or --expected";
        return Err(Error::parameter("entropy-bonus", config.entropy_bonus, allowed));
    }
    if config.noise == Noise::None {
        return Ok(());
    }
    let allowed = "none with --exact or --expected, whose updates are those of the mean rewards";
    Err(Error::parameter("noise", format!("{:?}", config.noise), allowed))
}
