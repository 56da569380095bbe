//! Random bandits, from even to extremely skewed.

use super::Instance;
use crate::Error;
use crate::streams::stream;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Smallest and largest number of arms drawn.
const ARMS: (f64, f64) = (2.0, 1000.0);
/// Least weight, so that every arm has the least probability that [`Instance`] accepts.
const FLOOR: f64 = 2e-12;

/// Whether one arm or several have the best reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimum {
    /// One best arm.
    Unique,
    /// Two to four arms share the best reward.
    Tied,
}

/// Draws random bandits; what it draws is a function of `(seed, experiment, index)` alone.
#[derive(Debug)]
pub struct BanditSampler {
    rng: Xoshiro256PlusPlus,
}

impl BanditSampler {
    /// The sampler of trial `index` of experiment number `experiment`.
    pub fn new(seed: u64, experiment: u32, index: u64) -> Self {
        let index = (u64::from(experiment) << 40) | index;
        Self { rng: stream(seed, index) }
    }

    /// Uniform on `[0, 1)`.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.rng.random()
    }

    /// Log-uniform on `[low, high)`.
    pub fn log_uniform(&mut self, low: f64, high: f64) -> f64 {
        let (low, high) = (libm::log(low), libm::log(high));
        libm::exp(low + (high - low) * self.uniform())
    }

    /// One of `0..count`.
    pub(crate) fn choice(&mut self, count: usize) -> usize {
        self.rng.random_range(0..count)
    }

    /// A number of arms, log-uniform from `least` to 1,000.
    pub(crate) fn arms(&mut self, least: usize) -> usize {
        let least = (least as f64).max(ARMS.0);
        self.log_uniform(least, ARMS.1 + 1.0) as usize
    }

    /// A step size, log-uniform from 1e-3 to 1e2.
    pub(crate) fn step(&mut self) -> f64 {
        self.log_uniform(1e-3, 1e2)
    }

    /// A bandit with `arms` arms from the broad mixture.
    ///
    /// Four kinds of policies, equally likely: uniform on the simplex; an unlikely optimum (`P`
    /// log-uniform from 1e-9 to 1/2); the same with the remaining mass spread over many decades; nearly
    /// solved (`R` log-uniform from 1e-6 to 1/2).
    ///
    /// Four kinds of rewards for the suboptimal arms, equally likely: uniform on `[0, 1)`; tenths, with
    /// ties; all equal; 0 or 1. The best reward exceeds them by a gap that is uniform on `[0.01, 1)` or
    /// log-uniform from 1e-6 to 1.
    ///
    /// # Errors
    /// None: every bandit drawn is valid.
    pub fn bandit(&mut self, arms: usize, optimum: Optimum) -> Result<Instance, Error> {
        let best = match optimum {
            Optimum::Unique => 1,
            Optimum::Tied => 2 + self.choice(3.min(arms - 2)),
        };
        let mut weights = self.weights(arms, best);
        let mut rewards = self.rewards(arms, best);
        // The best arms come first up to here; their position must not matter.
        let shift = self.choice(arms);
        weights.rotate_right(shift);
        rewards.rotate_right(shift);
        Instance::from_weights(weights, rewards)
    }

    /// A bandit with a policy uniform on the simplex and rewards uniform on `[0, 1)`.
    ///
    /// # Errors
    /// Two best rewards within 1e-12 of each other, which has a probability of about 1e-12.
    pub(crate) fn plain_bandit(&mut self, arms: usize) -> Result<Instance, Error> {
        let weights = self.simplex(arms, 1.0);
        let rewards = (0..arms).map(|_| self.uniform()).collect();
        Instance::from_weights(weights.iter().map(|w| w.max(FLOOR)).collect(), rewards)
    }

    fn weights(&mut self, arms: usize, best: usize) -> Vec<f64> {
        let kind = self.choice(4);
        if kind == 0 {
            let even = self.simplex(arms, 1.0);
            return even.iter().map(|w| w.max(FLOOR)).collect();
        }
        let mass = match kind {
            3 => 1.0 - self.log_uniform(1e-6, 0.5),
            _ => self.log_uniform(1e-9, 0.5),
        };
        let rest = if kind == 2 {
            self.peaked(arms - best, 1.0 - mass)
        } else {
            self.simplex(arms - best, 1.0 - mass)
        };
        let mut weights = self.simplex(best, mass);
        weights.extend(rest);
        weights.iter().map(|w| w.max(FLOOR)).collect()
    }

    /// Uniform on the simplex of `count` numbers that sum to `total`.
    fn simplex(&mut self, count: usize, total: f64) -> Vec<f64> {
        let draws = (0..count).map(|_| -libm::log1p(-self.uniform())).collect();
        scaled(draws, total)
    }

    /// Weights spread over up to nine decades.
    fn peaked(&mut self, count: usize, total: f64) -> Vec<f64> {
        let decades = self.log_uniform(0.5, 9.0);
        let draws = (0..count).map(|_| libm::exp10(decades * self.uniform()));
        scaled(draws.collect(), total)
    }

    /// Rewards as described at [`BanditSampler::bandit`], those of the best arms first.
    fn rewards(&mut self, arms: usize, best: usize) -> Vec<f64> {
        let kind = self.choice(4);
        let mut others: Vec<f64> = (best..arms).map(|_| self.uniform()).collect();
        match kind {
            0 => {}
            1 => others.iter_mut().for_each(|r| *r = (*r * 10.0).floor() / 10.0),
            2 => others.fill(0.5),
            _ => others.iter_mut().for_each(|r| *r = (*r + 0.5).floor()),
        }
        let gap = if self.uniform() < 0.5 {
            0.01 + 0.99 * self.uniform()
        } else {
            self.log_uniform(1e-6, 1.0)
        };
        let second = others.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut rewards = vec![second + gap; best];
        rewards.extend(others);
        rewards
    }
}

/// Scales to the sum `total`; draws that are all zero become equal.
fn scaled(mut draws: Vec<f64>, total: f64) -> Vec<f64> {
    let sum: f64 = draws.iter().sum();
    if sum == 0.0 {
        return vec![total / draws.len() as f64; draws.len()];
    }
    draws.iter_mut().for_each(|draw| *draw *= total / sum);
    draws
}
