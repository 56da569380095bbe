//! One run: from sampled groups, or from exact gradients.

use super::recorder::{Recorder, window};
use super::{Config, SoftmaxTree};
use crate::Error;
use crate::streams::stream;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo::{Policy, Scratch};

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
    fn new(config: &Config, recorder: Recorder, rewards: &[f64], tree: &SoftmaxTree) -> Self {
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
/// With an estimator whose advantages sum to 0 an update moves only the arms that were drawn:
/// `θₐ += (η/N) Σ_{i: aᵢ=a} Aᵢ`, and costs `O(N log K)`; otherwise every arm moves by a further
/// `−(η/N) πₐ Σ Aᵢ`, and an update costs `O(K)`.
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
        recorder.add(&learner.means, || learner.tree.entropy());
        learner.update()?;
        left -= size as u64;
    }
    learner.check()?;
    Ok(Run::new(config, recorder, &means, &learner.tree))
}

/// The policy and the buffers of a sampled run.
struct Learner<'a> {
    config: &'a Config,
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
    fn new(config: &'a Config, rng: Xoshiro256PlusPlus) -> Self {
        Self {
            config,
            rng,
            tree: SoftmaxTree::new(config.initial_logits()),
            scratch: Scratch::new(),
            arms: Vec::new(),
            means: Vec::new(),
            rewards: Vec::new(),
            advantages: Vec::new(),
            policy: Vec::new(),
        }
    }

    /// Draws a group of `size` arms and observes their rewards.
    fn draw(&mut self, size: usize, means: &[f64]) {
        self.arms.resize(size, 0);
        self.tree.draw_into(&mut self.arms, || self.rng.next_u64());
        self.means.clear();
        self.means.extend(self.arms.iter().map(|&arm| means[arm]));
        let (noise, rng) = (self.config.noise, &mut self.rng);
        self.rewards.clear();
        self.rewards.extend(self.means.iter().map(|&mean| noise.observe(mean, rng)));
    }

    /// One gradient step on the group that was drawn.
    fn update(&mut self) -> Result<(), Error> {
        let estimator = &self.config.estimator;
        self.advantages.resize(self.rewards.len(), 0.0);
        estimator
            .advantages_into(&self.rewards, &mut self.advantages, &mut self.scratch)
            .map_err(|source| Error::Estimator { estimator: estimator.to_string(), source })?;
        let step = self.config.learning_rate / self.rewards.len() as f64;
        if !estimator.sums_to_zero() {
            self.push_all(step);
        }
        for (&arm, advantage) in self.arms.iter().zip(&self.advantages) {
            if *advantage != 0.0 {
                self.tree.add(arm, step * advantage);
            }
        }
        self.tree.refresh();
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

    fn check(&self) -> Result<(), Error> {
        if self.tree.entropy().is_finite() {
            return Ok(());
        }
        let allowed = "a step size with which the policy stays finite; use a smaller one";
        Err(Error::parameter("learning-rate", self.config.learning_rate, allowed))
    }
}

/// Runs `config` once with exact gradients, the limit of infinite groups.
///
/// One update, `θⱼ += η πⱼ Aⱼ` with the advantages of the whole policy, counts as `N` pulls. The
/// advantages have mean 0 under the policy, so there is no further term.
///
/// # Errors
/// As [`run_sampled`]; also an estimator without a large-group limit, and noisy rewards, whose
/// exact gradient is not that of their means.
pub fn run_exact(config: &Config) -> Result<Run, Error> {
    config.check()?;
    if config.noise != super::Noise::None {
        let allowed = "none with exact gradients; leave out --exact or the noise";
        return Err(Error::parameter("noise", format!("{:?}", config.noise), allowed));
    }
    let rewards = config.rewards();
    let mut tree = SoftmaxTree::new(config.initial_logits());
    let mut recorder = Recorder::new(config.pulls);
    let mut policy = vec![0.0; config.arms];
    let mut advantages = vec![0.0; config.arms];
    let mut left = config.pulls;
    while left > 0 {
        let size = left.min(config.group_size as u64) as usize;
        tree.probabilities_into(&mut policy);
        let mean: f64 = policy.iter().zip(&rewards).map(|(p, r)| p * r).sum();
        recorder.add(&vec![mean; size], || tree.entropy());
        exact_step(config, &rewards, &policy, &mut advantages, &mut tree)?;
        left -= size as u64;
    }
    Ok(Run::new(config, recorder, &rewards, &tree))
}

fn exact_step(
    config: &Config,
    rewards: &[f64],
    policy: &[f64],
    advantages: &mut [f64],
    tree: &mut SoftmaxTree,
) -> Result<(), Error> {
    let estimator = &config.estimator;
    Policy::new(policy, rewards)
        .and_then(|policy| estimator.population_advantages_into(policy, advantages))
        .map_err(|source| Error::Estimator { estimator: estimator.to_string(), source })?;
    tree.add_all(|arm| config.learning_rate * policy[arm] * advantages[arm]);
    Ok(())
}
