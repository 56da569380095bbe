//! One learning policy: draws a group of arms, observes their rewards, takes a gradient step.

use super::recorder::Recorder;
use super::{Config, Draws, Noise, SoftmaxPolicy};
use crate::Error;
use rand_xoshiro::SplitMix64;
use rs_grpo::Scratch;

/// The policy and the buffers of a sampled run.
///
/// Everything done for each group is inlined, so that it is compiled for the widest vectors of the
/// processor. The bits do not depend on them: no operation is fused, no sum reordered.
pub(super) struct Learner<'a> {
    config: &'a Config,
    rng: SplitMix64,
    policy: SoftmaxPolicy,
    scratch: Scratch,
    draws: Draws,
    /// Mean reward of each drawn arm.
    means: Vec<f64>,
    /// Observed reward of each draw; empty without noise, when the observed reward is the mean.
    noisy: Vec<f64>,
    /// Whether all rewards of the group are equal.
    all_equal: bool,
    advantages: Vec<f64>,
    /// Probability of each arm; used only by estimators that move every arm.
    probabilities: Vec<f64>,
}

impl<'a> Learner<'a> {
    pub(super) fn new(config: &'a Config, rng: SplitMix64) -> Result<Self, Error> {
        Ok(Self {
            config,
            rng,
            policy: SoftmaxPolicy::new(&config.initial_logits())?,
            scratch: Scratch::new(),
            draws: Draws::default(),
            means: Vec::new(),
            noisy: Vec::new(),
            all_equal: false,
            advantages: Vec::new(),
            probabilities: Vec::new(),
        })
    }

    pub(super) fn policy(&mut self) -> &mut SoftmaxPolicy {
        &mut self.policy
    }

    /// Draws a group of `size` arms and observes their rewards.
    #[inline(always)]
    pub(super) fn draw(&mut self, size: usize, means: &[f64]) {
        self.policy.draw_into(&mut self.rng, size, &mut self.draws);
        self.means.resize(size, 0.0);
        let first = means[self.draws.arms()[0] as usize].to_bits();
        let mut difference = 0;
        for (mean, &arm) in self.means.iter_mut().zip(self.draws.arms()) {
            *mean = means[arm as usize];
            difference |= mean.to_bits() ^ first;
        }
        self.all_equal = difference == 0;
        if self.config.noise != Noise::None {
            self.add_noise();
        }
    }

    /// Whether the drawn group holds an arm with this mean reward.
    #[inline(always)]
    pub(super) fn drew(&self, mean: f64) -> bool {
        self.means.contains(&mean)
    }

    fn add_noise(&mut self) {
        let (noise, rng) = (self.config.noise, &mut self.rng);
        self.noisy.clear();
        self.noisy.extend(self.means.iter().map(|&mean| noise.observe(mean, rng)));
        self.all_equal = self.noisy.iter().all(|&reward| reward == self.noisy[0]);
    }

    /// Records the mean rewards of the drawn group, before its update.
    #[inline(always)]
    pub(super) fn record(&mut self, recorder: &mut Recorder) {
        recorder.add(&self.means, &mut self.policy);
    }

    /// Takes one gradient step on the drawn group.
    ///
    /// If the advantages of the estimator sum to 0, only the drawn arms move,
    /// `θₐ += (η/N) Σ_{i: aᵢ=a} Aᵢ`, which costs `O(N)`; otherwise every arm also moves by
    /// `−(η/N) πₐ Σ Aᵢ`, which costs `O(K)`.
    ///
    /// # Errors
    /// A group that the estimator refuses, or a policy that has left the finite numbers.
    #[inline(always)]
    pub(super) fn update(&mut self) -> Result<(), Error> {
        self.climb()?;
        if self.config.entropy_bonus > 0.0 && !self.move_by_entropy() {
            return Err(Error::diverged(self.config.learning_rate));
        }
        Ok(())
    }

    /// The part of the step that comes from the rewards.
    #[inline(always)]
    fn climb(&mut self) -> Result<(), Error> {
        let estimator = &self.config.estimator;
        let rewards = if self.noisy.is_empty() { &self.means } else { &self.noisy };
        self.advantages.resize(rewards.len(), 0.0);
        // A converged policy draws one arm only; equal rewards have no advantage.
        if estimator.sums_to_zero() && self.all_equal {
            self.advantages.fill(0.0);
            return Ok(());
        }
        estimator
            .advantages_into(rewards, &mut self.advantages, &mut self.scratch)
            .map_err(|source| Error::Estimator { estimator: estimator.to_string(), source })?;
        let step = self.config.learning_rate / rewards.len() as f64;
        let is_finite = (estimator.sums_to_zero() || self.move_all_arms(step))
            && self.policy.ascend(step, self.draws.arms(), &self.advantages);
        if is_finite { Ok(()) } else { Err(Error::diverged(self.config.learning_rate)) }
    }

    /// Takes the step of the entropy bonus, `−η λ πₐ (ln πₐ + H)`; returns whether the policy is finite.
    #[inline(never)]
    fn move_by_entropy(&mut self) -> bool {
        let step = self.config.learning_rate * self.config.entropy_bonus;
        self.probabilities.resize(self.config.arms, 0.0);
        self.policy.probabilities_into(&mut self.probabilities);
        let ln = |p: f64| if p > 0.0 { p * libm::log(p) } else { 0.0 };
        let entropy = -self.probabilities.iter().map(|&p| ln(p)).sum::<f64>();
        let probabilities = &self.probabilities;
        self.policy.add_all(|arm| {
            let p = probabilities[arm];
            -step * (ln(p) + p * entropy)
        })
    }

    /// Takes the part of the step that moves every arm, `−πₐ Σ Aᵢ`; returns whether the policy is finite.
    #[inline(always)]
    fn move_all_arms(&mut self, step: f64) -> bool {
        let total: f64 = self.advantages.iter().sum();
        if total == 0.0 {
            return true;
        }
        self.probabilities.resize(self.config.arms, 0.0);
        self.policy.probabilities_into(&mut self.probabilities);
        self.policy.add_all(|arm| -step * total * self.probabilities[arm])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;
    use rs_grpo::CATALOGUE;

    /// `θ += (η/N) Σ Aᵢ (e_{aᵢ} − π)`, as in a textbook.
    fn plain_step(logits: &mut [f64], arms: &[u32], advantages: &[f64], rate: f64) {
        let weights: Vec<f64> = logits.iter().map(|logit| logit.exp()).collect();
        let total: f64 = weights.iter().sum();
        let step = rate / arms.len() as f64;
        for (&arm, advantage) in arms.iter().zip(advantages) {
            logits[arm as usize] += step * advantage;
            for (logit, weight) in logits.iter_mut().zip(&weights) {
                *logit -= step * advantage * weight / total;
            }
        }
    }

    /// For every estimator, on binary rewards so that all of them accept the groups. Each step begins
    /// anew from the learner's policy: without a baseline the policy amplifies what rounding leaves.
    #[test]
    fn updates_equal_the_plain_softmax_gradient() {
        for entry in CATALOGUE {
            let config = Config {
                arms: 30,
                noise: super::super::Noise::Bernoulli,
                learning_rate: 0.5,
                estimator: entry.estimator.clone(),
                ..Config::default()
            };
            let means = config.rewards();
            let mut learner = Learner::new(&config, stream(4, 2)).expect("valid settings");
            let (mut worst, mut moved) = (0.0_f64, false);
            for _ in 0..300 {
                let before = learner.policy.logits().collect::<Vec<_>>();
                let mut plain = before.clone();
                learner.draw(16, &means);
                learner.update().expect("binary rewards suit every estimator");
                plain_step(&mut plain, learner.draws.arms(), &learner.advantages, 0.5);
                let difference = |(a, b): (f64, &f64)| (a - b).abs();
                worst = learner.policy.logits().zip(&plain).map(difference).fold(worst, f64::max);
                moved |= plain.iter().zip(&before).any(|(a, b)| (a - b).abs() > 1e-3);
            }
            assert!(worst < 1e-9 && moved, "{}: {worst}", entry.estimator);
        }
    }
}
