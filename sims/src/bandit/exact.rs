//! One run with exact gradients.

use super::recorder::Recorder;
use super::{Config, Noise, Run, SoftmaxPolicy};
use crate::Error;
use rs_grpo::Policy;

/// Runs `config` once with exact gradients, the limit of infinite groups.
///
/// One update, `θⱼ += η πⱼ Aⱼ` with the advantages of the whole policy, counts as `N` pulls. The
/// advantages have mean 0 under the policy, so there is no further term.
///
/// # Errors
/// As [`run_sampled`](super::run_sampled); also an estimator without a large-group limit, and noisy
/// rewards, whose exact gradient is not that of their means.
pub fn run_exact(config: &Config) -> Result<Run, Error> {
    config.check()?;
    if config.noise != Noise::None {
        let allowed = "none with exact gradients; leave out --exact or the noise";
        return Err(Error::parameter("noise", format!("{:?}", config.noise), allowed));
    }
    let rewards = config.rewards();
    let mut softmax = SoftmaxPolicy::new(&config.initial_logits())?;
    let mut recorder = Recorder::new(config.pulls);
    let mut policy = vec![0.0; config.arms];
    let mut advantages = vec![0.0; config.arms];
    let mut left = config.pulls;
    while left > 0 {
        let size = left.min(config.group_size as u64) as usize;
        softmax.probabilities_into(&mut policy);
        let mean: f64 = policy.iter().zip(&rewards).map(|(p, r)| p * r).sum();
        recorder.add(&vec![mean; size], &mut softmax);
        exact_step(config, &rewards, &policy, &mut advantages, &mut softmax)?;
        left -= size as u64;
    }
    Ok(Run::new(config, recorder, &rewards, &mut softmax))
}

fn exact_step(
    config: &Config,
    rewards: &[f64],
    policy: &[f64],
    advantages: &mut [f64],
    softmax: &mut SoftmaxPolicy,
) -> Result<(), Error> {
    let estimator = &config.estimator;
    Policy::new(policy, rewards)
        .and_then(|policy| estimator.population_advantages_into(policy, advantages))
        .map_err(|source| Error::Estimator { estimator: estimator.to_string(), source })?;
    match softmax.add_all(|arm| config.learning_rate * policy[arm] * advantages[arm]) {
        true => Ok(()),
        false => Err(Error::diverged(config.learning_rate)),
    }
}
