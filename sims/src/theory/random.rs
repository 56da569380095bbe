//! Random bandits, from even to extremely skewed.

use super::Instance;
use crate::Error;
use crate::streams::stream;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Smallest and largest number of arms drawn.
const ARMS: (f64, f64) = (2.0, 1000.0);
/// Keeps every arm over the smallest probability an instance may have.
const FLOOR: f64 = 2e-12;

/// Whether the best reward belongs to one arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Top {
    /// One best arm.
    Unique,
    /// Two to four arms share the best reward.
    Tied,
}

/// A source of random bandits; a pure function of `(seed, stream, index)`.
#[derive(Debug)]
pub struct Source {
    rng: Xoshiro256PlusPlus,
}

impl Source {
    /// The source of trial `index` of the experiment number `experiment`.
    pub fn new(seed: u64, experiment: u32, index: u64) -> Self {
        let index = (u64::from(experiment) << 40) | index;
        Self { rng: stream(seed, index) }
    }

    /// Uniform on `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        self.rng.random()
    }

    /// Log-uniform on `[low, high)`.
    pub fn log_uniform(&mut self, low: f64, high: f64) -> f64 {
        let (low, high) = (libm::log(low), libm::log(high));
        libm::exp(low + (high - low) * self.uniform())
    }

    /// One of `0..count`.
    pub fn choice(&mut self, count: usize) -> usize {
        self.rng.random_range(0..count)
    }

    /// A number of arms, log-uniform from `least` to 1,000.
    pub fn arms(&mut self, least: usize) -> usize {
        let least = (least as f64).max(ARMS.0);
        self.log_uniform(least, ARMS.1 + 1.0) as usize
    }

    /// A step size, log-uniform from 1e-3 to 1e2.
    pub fn step(&mut self) -> f64 {
        self.log_uniform(1e-3, 1e2)
    }

    /// A bandit with `arms` arms from the broad mixture.
    ///
    /// A quarter of the policies each is uniform on the simplex, has an unlikely optimum (`P`
    /// log-uniform from 1e-9 to 1/2), has that and a peaked rest, or is nearly solved (`R`
    /// log-uniform from 1e-6 to 1/2). Rewards: see the source.
    ///
    /// # Errors
    /// None: every bandit drawn is valid.
    pub fn bandit(&mut self, arms: usize, top: Top) -> Result<Instance, Error> {
        let best = match top {
            Top::Unique => 1,
            Top::Tied => 2 + self.choice(3.min(arms - 2)),
        };
        let mut weights = self.weights(arms, best);
        let mut rewards = self.rewards(arms, best);
        // The best arms come first so far; where they stand must not matter.
        let shift = self.choice(arms);
        weights.rotate_right(shift);
        rewards.rotate_right(shift);
        Instance::from_weights(weights, rewards)
    }

    /// A bandit with a policy uniform on the simplex and rewards uniform on `[0, 1)`.
    ///
    /// # Errors
    /// Two best rewards within 1e-12 of each other, which is next to impossible.
    pub fn plain_bandit(&mut self, arms: usize) -> Result<Instance, Error> {
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

    /// Rewards of the others in `[0, 1)`: uniform, tenths (with ties), all equal, or binary-like;
    /// the best lies above them by a gap that is uniform in `[0.01, 1)` or as small as 1e-6.
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
