//! A policy that draws groups and learns from them.

use super::{Config, SoftmaxTree};
use crate::Error;
use pulp::{Arch, Simd, WithSimd};
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo::Scratch;

/// The policy and the buffers of a sampled run.
pub(super) struct Learner<'a> {
    config: &'a Config,
    /// The widest vectors of this machine.
    arch: Arch,
    rng: Xoshiro256PlusPlus,
    tree: SoftmaxTree,
    scratch: Scratch,
    arms: Vec<usize>,
    /// Mean reward of each drawn arm.
    means: Vec<f64>,
    /// Observed reward of each draw.
    rewards: Vec<f64>,
    advantages: Vec<f64>,
    /// Probability of each arm, for estimators that move them all.
    policy: Vec<f64>,
}

impl<'a> Learner<'a> {
    pub(super) fn new(config: &'a Config, rng: Xoshiro256PlusPlus) -> Self {
        Self {
            config,
            arch: Arch::new(),
            rng,
            tree: SoftmaxTree::new(&config.initial_logits()),
            scratch: Scratch::new(),
            arms: Vec::new(),
            means: Vec::new(),
            rewards: Vec::new(),
            advantages: Vec::new(),
            policy: Vec::new(),
        }
    }

    pub(super) fn tree(&self) -> &SoftmaxTree {
        &self.tree
    }

    /// Mean reward of each arm of the last group.
    pub(super) fn drawn_means(&self) -> &[f64] {
        &self.means
    }

    /// Draws a group of `size` arms and observes their rewards.
    pub(super) fn draw(&mut self, size: usize, means: &[f64]) {
        self.arms.resize(size, 0);
        self.tree.draw_into(|| self.rng.next_u64(), &mut self.arms);
        self.means.clear();
        self.means.extend(self.arms.iter().map(|&arm| means[arm]));
        let (noise, rng) = (self.config.noise, &mut self.rng);
        self.rewards.clear();
        self.rewards.extend(self.means.iter().map(|&mean| noise.observe(mean, rng)));
    }

    /// One gradient step on the group that was drawn.
    ///
    /// With an estimator whose advantages sum to 0 it moves only the arms that were drawn:
    /// `θₐ += (η/N) Σ_{i: aᵢ=a} Aᵢ`, and costs `O(N log K)`; otherwise every arm moves by a further
    /// `−(η/N) πₐ Σ Aᵢ`, and it costs `O(K)`.
    pub(super) fn update(&mut self) -> Result<(), Error> {
        let estimator = &self.config.estimator;
        self.advantages.resize(self.rewards.len(), 0.0);
        // A policy that has made up its mind draws one arm only, and equal rewards teach nothing.
        if estimator.sums_to_zero() && all_equal(&self.rewards) {
            self.advantages.fill(0.0);
            return Ok(());
        }
        self.arch.dispatch(Step(self))
    }

    /// [`Self::update`] of a group with a signal.
    #[inline(always)]
    fn step(&mut self) -> Result<(), Error> {
        let estimator = &self.config.estimator;
        estimator
            .advantages_into(&self.rewards, &mut self.advantages, &mut self.scratch)
            .map_err(|source| Error::Estimator { estimator: estimator.to_string(), source })?;
        let step = self.config.learning_rate / self.rewards.len() as f64;
        if !estimator.sums_to_zero() {
            self.push_all(step);
        }
        self.tree.ascend(step, &self.arms, &self.advantages);
        Ok(())
    }

    /// The part of the gradient that moves every arm: `−πₐ Σ Aᵢ`.
    fn push_all(&mut self, step: f64) {
        let total: f64 = self.advantages.iter().sum();
        if total != 0.0 {
            self.policy.resize(self.config.arms, 0.0);
            self.tree.probabilities_into(&mut self.policy);
            self.tree.add_all(|arm| -step * total * self.policy[arm]);
        }
    }

    /// Refuses a policy that has left the finite numbers.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.tree.logits().all(f64::is_finite) {
            return Ok(());
        }
        let allowed = "a step size with which the policy stays finite; use a smaller one";
        Err(Error::parameter("learning-rate", self.config.learning_rate, allowed))
    }
}

/// [`Learner::step`], compiled for each kind of vectors; all give the same bits, since nothing in it
/// is fused or summed in another order.
struct Step<'a, 'b>(&'a mut Learner<'b>);

impl WithSimd for Step<'_, '_> {
    type Output = Result<(), Error>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        self.0.step()
    }
}

/// Whether nothing differs from the first; looks at all, which is faster than to stop early.
fn all_equal(rewards: &[f64]) -> bool {
    !rewards.iter().fold(false, |differ, reward| differ | (*reward != rewards[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;
    use rs_grpo::{CATALOGUE, Estimator};

    /// `θ += (η/N) Σ Aᵢ (e_{aᵢ} − π)`, as in a textbook.
    fn plain_step(logits: &mut [f64], arms: &[usize], advantages: &[f64], rate: f64) {
        let weights: Vec<f64> = logits.iter().map(|logit| logit.exp()).collect();
        let total: f64 = weights.iter().sum();
        let step = rate / arms.len() as f64;
        for (&arm, advantage) in arms.iter().zip(advantages) {
            logits[arm] += step * advantage;
            for (logit, weight) in logits.iter_mut().zip(&weights) {
                *logit -= step * advantage * weight / total;
            }
        }
    }

    /// What this machine can run: the widest vectors, and none.
    fn arches() -> Vec<Arch> {
        let mut arches = vec![Arch::Scalar, Arch::new()];
        #[cfg(target_arch = "x86_64")]
        arches.extend(pulp::x86::V3::try_new().map(Arch::V3));
        arches
    }

    /// Groups of 13, so that no kind of vectors divides them.
    #[test]
    fn every_kind_of_vectors_gives_the_same_bits() {
        let config = Config { estimator: Estimator::RsGrpo { beta: 64.0 }, ..Config::default() };
        let means = config.rewards();
        let logits = |arch| {
            let mut learner = Learner { arch, ..Learner::new(&config, stream(8, 1)) };
            for _ in 0..2_000 {
                learner.draw(13, &means);
                learner.update().expect("RS-GRPO accepts every group");
            }
            learner.tree.logits().map(f64::to_bits).collect::<Vec<_>>()
        };
        let plain = logits(Arch::Scalar);
        assert!(arches().into_iter().all(|arch| logits(arch) == plain));
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
            let mut learner = Learner::new(&config, stream(4, 2));
            let mut plain = learner.tree.logits().collect::<Vec<_>>();
            for _ in 0..300 {
                learner.draw(16, &means);
                learner.update().expect("binary rewards suit every estimator");
                plain_step(&mut plain, &learner.arms, &learner.advantages, 0.5);
            }
            let difference = |(a, b): (f64, &f64)| (a - b).abs();
            let worst = learner.tree.logits().zip(&plain).map(difference).fold(0.0, f64::max);
            let moved =
                plain.iter().zip(config.initial_logits()).any(|(a, b)| (a - b).abs() > 0.02);
            assert!(worst < 1e-9 && moved, "{}: {worst}", entry.estimator);
        }
    }
}
