//! The settings of a bandit and their ranges; the defaults are the authors' constants.

use crate::Error;
use rs_grpo::Estimator;
use serde::Serialize;

/// How far a mean reward may lie outside `[0, 1]` and still count as a probability.
const ROUNDING: f64 = 1e-9;

/// One bump of the reward: `height · exp(−(x − centre)² / (2 width²))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Peak {
    /// Position, in arms.
    pub centre: f64,
    /// Reward above the baseline at the centre.
    pub height: f64,
    /// Standard deviation, in arms; > 0.
    pub width: f64,
}

/// The initial policy: `π₀(x) ∝ exp(−(x − centre)² / (2 width²)) + floor`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct InitialPolicy {
    /// Position, in arms.
    pub centre: f64,
    /// Standard deviation, in arms; > 0.
    pub width: f64,
    /// Added to every arm; > 0, so that every arm has a positive probability.
    pub floor: f64,
}

/// The distribution of an observed reward around the mean of its arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// The observed reward is the mean.
    None,
    /// Normal distribution with this standard deviation; > 0.
    Gaussian(f64),
    /// 1 with the probability of the mean reward, which must lie in `[0, 1]`, else 0.
    Bernoulli,
}

/// A bandit and how the policy learns on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Number of arms `K ≥ 2`.
    pub arms: usize,
    /// Reward of every arm far from all peaks.
    pub baseline: f64,
    /// The bumps of the reward.
    pub peaks: Vec<Peak>,
    /// Where the policy starts.
    pub initial_policy: InitialPolicy,
    /// Noise of the observed rewards.
    pub noise: Noise,
    /// Step size of the gradient ascent on the logits; > 0.
    pub learning_rate: f64,
    /// Factor `λ ≥ 0` of the policy's entropy, which is added to the objective of a sampled run.
    pub entropy_bonus: f64,
    /// Number of draws of one update, `N ≥ 1`.
    pub group_size: usize,
    /// Total number of draws; at least one group.
    pub pulls: u64,
    /// A run has escaped the lower peak if its final reward is above this.
    pub escape_reward: f64,
    /// The estimator of the advantages.
    pub estimator: Estimator,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            arms: 100,
            baseline: 0.1,
            peaks: vec![
                Peak { centre: 40.0, height: 0.9, width: 5.0 },
                Peak { centre: 75.0, height: 0.5, width: 5.0 },
            ],
            initial_policy: InitialPolicy { centre: 75.0, width: 5.0, floor: 0.1 },
            noise: Noise::None,
            learning_rate: 0.1,
            entropy_bonus: 0.0,
            group_size: 16,
            pulls: 400_000,
            escape_reward: 0.9,
            estimator: Estimator::RsGrpo { beta: 2.0 },
        }
    }
}

impl Config {
    /// Largest number of arms and of draws in a group.
    const LARGEST: usize = 1 << 24;

    /// Checks every setting against its range.
    ///
    /// # Errors
    /// The first offending setting, with what is allowed.
    pub fn check(&self) -> Result<(), Error> {
        within("arms", self.arms, 2, Self::LARGEST)?;
        within("group-size", self.group_size, 1, Self::LARGEST)?;
        finite("baseline", self.baseline)?;
        positive("learning-rate", self.learning_rate)?;
        if !(self.entropy_bonus.is_finite() && self.entropy_bonus >= 0.0) {
            let allowed = "a finite number from 0";
            return Err(Error::parameter("entropy-bonus", self.entropy_bonus, allowed));
        }
        for peak in &self.peaks {
            finite("peaks", peak.centre)?;
            finite("heights", peak.height)?;
            positive("widths", peak.width)?;
        }
        finite("initial-centre", self.initial_policy.centre)?;
        positive("initial-width", self.initial_policy.width)?;
        positive("initial-floor", self.initial_policy.floor)?;
        finite("escape-reward", self.escape_reward)?;
        if self.pulls < self.group_size as u64 {
            let allowed = format!("at least one group; the nearest is {}", self.group_size);
            return Err(Error::parameter("steps", self.pulls, allowed));
        }
        self.check_noise()
    }

    fn check_noise(&self) -> Result<(), Error> {
        match self.noise {
            Noise::None => Ok(()),
            Noise::Gaussian(deviation) => positive("noise", deviation),
            Noise::Bernoulli => {
                // The tail of one peak lifts the top of another a little over 1.
                let range = -ROUNDING..=1.0 + ROUNDING;
                let outside = self.rewards().into_iter().find(|reward| !range.contains(reward));
                outside.map_or(Ok(()), |reward| {
                    let allowed = format!(
                        "bernoulli where every mean reward is from 0 to 1, and one is {reward}; \
                         lower --heights or --baseline"
                    );
                    Err(Error::parameter("noise", "bernoulli", allowed))
                })
            }
        }
    }

    /// Mean reward of each arm, length `K`.
    pub fn rewards(&self) -> Vec<f64> {
        (0..self.arms).map(|arm| self.reward(arm as f64)).collect()
    }

    fn reward(&self, x: f64) -> f64 {
        let bumps = self.peaks.iter().map(|peak| peak.height * bell(x, peak.centre, peak.width));
        self.baseline + bumps.sum::<f64>()
    }

    /// The initial policy `π₀`, length `K`.
    pub fn initial_probabilities(&self) -> Vec<f64> {
        let InitialPolicy { centre, width, floor } = self.initial_policy;
        let mut policy: Vec<f64> =
            (0..self.arms).map(|arm| bell(arm as f64, centre, width) + floor).collect();
        let total: f64 = policy.iter().sum();
        policy.iter_mut().for_each(|probability| *probability /= total);
        policy
    }

    /// The initial logits, `log(π₀ + 1e-8)` less their mean as in the authors' script, length `K`.
    pub(crate) fn initial_logits(&self) -> Vec<f64> {
        let policy = self.initial_probabilities();
        let mut logits: Vec<f64> = policy.iter().map(|p| libm::log(p + 1e-8)).collect();
        let mean = logits.iter().sum::<f64>() / logits.len() as f64;
        logits.iter_mut().for_each(|logit| *logit -= mean);
        logits
    }
}

/// `exp(−(x − centre)² / (2 width²))`.
fn bell(x: f64, centre: f64, width: f64) -> f64 {
    let z = (x - centre) / width;
    libm::exp(-0.5 * z * z)
}

fn within(parameter: &'static str, value: usize, min: usize, max: usize) -> Result<(), Error> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    let nearest = value.clamp(min, max);
    Err(Error::parameter(parameter, value, format!("{min} to {max}; the nearest is {nearest}")))
}

fn finite(parameter: &'static str, value: f64) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::parameter(parameter, value, "any finite number"))
}

fn positive(parameter: &'static str, value: f64) -> Result<(), Error> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(Error::parameter(parameter, value, "a finite number above 0, such as 0.1"))
}
