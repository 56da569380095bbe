//! A policy that draws groups and learns from them.

use super::recorder::Recorder;
use super::{Config, Draws, Noise, SoftmaxPolicy};
use crate::Error;
use rand_xoshiro::SplitMix64;
use rs_grpo::Scratch;

/// The policy and the buffers of a sampled run.
///
/// What happens in every group is inlined, so that it can be compiled for the widest vectors; all kinds
/// give the same bits, since nothing in it is fused or summed in another order.
pub(super) struct Learner<'a> {
    config: &'a Config,
    rng: SplitMix64,
    policy: SoftmaxPolicy,
    scratch: Scratch,
    draws: Draws,
    /// Mean reward of each drawn arm.
    means: Vec<f64>,
    /// Observed reward of each draw, if that is another.
    noisy: Vec<f64>,
    /// Whether no reward of the group differs from another.
    all_equal: bool,
    advantages: Vec<f64>,
    /// Probability of each arm, for estimators that move them all.
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

    fn add_noise(&mut self) {
        let (noise, rng) = (self.config.noise, &mut self.rng);
        self.noisy.clear();
        self.noisy.extend(self.means.iter().map(|&mean| noise.observe(mean, rng)));
        self.all_equal = self.noisy.iter().all(|&reward| reward == self.noisy[0]);
    }

    /// Records the mean rewards of the group that was drawn, before its update.
    #[inline(always)]
    pub(super) fn record(&mut self, recorder: &mut Recorder) {
        recorder.add(&self.means, &mut self.policy);
    }

    /// One gradient step on the group that was drawn.
    ///
    /// With an estimator whose advantages sum to 0 it moves only the arms that were drawn:
    /// `θₐ += (η/N) Σ_{i: aᵢ=a} Aᵢ`, and costs `O(N)`; otherwise every arm moves by a further
    /// `−(η/N) πₐ Σ Aᵢ`, and it costs `O(K)`.
    ///
    /// # Errors
    /// A group that the estimator refuses, or a policy that has left the finite numbers.
    #[inline(always)]
    pub(super) fn update(&mut self) -> Result<(), Error> {
        let estimator = &self.config.estimator;
        let rewards = if self.noisy.is_empty() { &self.means } else { &self.noisy };
        self.advantages.resize(rewards.len(), 0.0);
        // A policy that has made up its mind draws one arm only, and equal rewards teach nothing.
        if estimator.sums_to_zero() && self.all_equal {
            self.advantages.fill(0.0);
            return Ok(());
        }
        estimator
            .advantages_into(rewards, &mut self.advantages, &mut self.scratch)
            .map_err(|source| Error::Estimator { estimator: estimator.to_string(), source })?;
        let step = self.config.learning_rate / rewards.len() as f64;
        let is_finite = (estimator.sums_to_zero() || self.push_all(step))
            && self.policy.ascend(step, self.draws.arms(), &self.advantages);
        if is_finite { Ok(()) } else { Err(Error::diverged(self.config.learning_rate)) }
    }

    /// The part of the gradient that moves every arm, `−πₐ Σ Aᵢ`; returns whether the policy is finite.
    #[inline(always)]
    fn push_all(&mut self, step: f64) -> bool {
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

    /// For every estimator, on binary rewards so that all of them accept the groups.
    #[test]
    fn updates_equal_the_plain_softmax_gradient() {
        for entry in CATALOGUE {
            let config = Config {
                arms: 30,
                noise: super::super::Noise::Bernoulli,
                learning_rate: 0.5,
                estimator: entry.estimator,
                ..Config::default()
            };
            let means = config.rewards();
            let mut learner = Learner::new(&config, stream(4, 2)).expect("valid settings");
            let mut plain = learner.policy.logits().collect::<Vec<_>>();
            for _ in 0..300 {
                learner.draw(16, &means);
                learner.update().expect("binary rewards suit every estimator");
                plain_step(&mut plain, learner.draws.arms(), &learner.advantages, 0.5);
            }
            let difference = |(a, b): (f64, &f64)| (a - b).abs();
            let worst = learner.policy.logits().zip(&plain).map(difference).fold(0.0, f64::max);
            let moved =
                plain.iter().zip(config.initial_logits()).any(|(a, b)| (a - b).abs() > 0.02);
            assert!(worst < 1e-9 && moved, "{}: {worst}", entry.estimator);
        }
    }
}
