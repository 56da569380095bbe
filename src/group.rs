//! A validated group of rewards: the argument of every estimator.

use crate::moments::{Weighting, deviations_into, standard_deviation};
use crate::{Error, Spread};

/// The rewards of one prompt's responses: at least one, all finite, no two further apart than the
/// largest `f64`.
///
/// Checking happens here once, so that the formulas need no checks of their own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group<'a> {
    rewards: &'a [f64],
    min: f64,
    max: f64,
}

impl<'a> Group<'a> {
    /// Checks `rewards` (length `N ≥ 1`, all finite, `max − min` finite).
    ///
    /// # Errors
    /// [`Error::EmptyGroup`], [`Error::NonFiniteReward`] with the first offending position, or
    /// [`Error::RewardsTooFarApart`].
    #[inline(always)]
    pub fn new(rewards: &'a [f64]) -> Result<Self, Error> {
        let Some(&first) = rewards.first() else {
            return Err(Error::EmptyGroup);
        };
        let (mut min, mut max) = (first, first);
        if !all_finite(rewards) {
            let bad = rewards.iter().enumerate().find(|(_, value)| !value.is_finite());
            let (index, &value) = bad.unwrap_or((0, &first));
            return Err(Error::NonFiniteReward { index, value });
        }
        for &value in rewards {
            // Not `f64::min` and `f64::max`, which pay for a NaN that cannot be here.
            min = if value < min { value } else { min };
            max = if value > max { value } else { max };
        }
        if !(max - min).is_finite() {
            return Err(Error::RewardsTooFarApart { min, max });
        }
        Ok(Self { rewards, min, max })
    }

    /// The rewards, in the caller's order.
    pub fn rewards(self) -> &'a [f64] {
        self.rewards
    }

    /// The group size `N`.
    pub fn size(self) -> usize {
        self.rewards.len()
    }

    /// Whether all rewards are equal: such a group carries no signal.
    pub fn is_constant(self) -> bool {
        self.min == self.max
    }

    /// The largest reward.
    pub fn max(self) -> f64 {
        self.max
    }

    /// The smallest reward.
    pub fn min(self) -> f64 {
        self.min
    }

    /// Standard deviation of the rewards; 0 for a singleton, exactly 0 for equal rewards.
    pub fn standard_deviation(self, spread: Spread) -> f64 {
        let mut deviations = vec![0.0; self.size()];
        deviations_into(self.rewards, Weighting::Uniform, &mut deviations);
        standard_deviation(&deviations, spread, Weighting::Uniform)
    }

    /// Largest |reward|.
    pub(crate) fn magnitude(self) -> f64 {
        self.min.abs().max(self.max.abs())
    }

    /// The number of correct responses, for estimators defined on binary rewards only.
    ///
    /// # Errors
    /// The first reward that is neither 0 nor 1, in the name of `estimator`.
    pub fn correct(self, estimator: &'static str) -> Result<usize, Error> {
        self.require(estimator, "binary rewards (0 or 1)", |r| r == 0.0 || r == 1.0)?;
        Ok(self.rewards.iter().filter(|&&reward| reward == 1.0).count())
    }

    /// Refuses the group unless every reward is `allowed`.
    ///
    /// # Errors
    /// The first reward that is not, in the name of `estimator`.
    pub fn require(
        self,
        estimator: &'static str,
        allowed: &'static str,
        is_allowed: impl Fn(f64) -> bool,
    ) -> Result<(), Error> {
        match self.rewards.iter().position(|&reward| !is_allowed(reward)) {
            Some(index) => {
                let value = self.rewards[index];
                Err(Error::RewardOutOfDomain { estimator, index, value, allowed })
            }
            None => Ok(()),
        }
    }

    /// Refuses groups smaller than `min`.
    ///
    /// # Errors
    /// [`Error::GroupTooSmall`], in the name of `estimator`.
    pub fn require_size(self, estimator: &'static str, min: usize) -> Result<(), Error> {
        if self.size() >= min {
            return Ok(());
        }
        Err(Error::GroupTooSmall { estimator, n: self.size(), min })
    }

    /// Refuses `k` outside `min ..= N - spare`.
    pub(crate) fn require_k(self, k: usize, min: usize, spare: usize) -> Result<(), Error> {
        self.require_count("k", k, min, spare)
    }

    /// Refuses a parameter outside `min ..= N - spare`.
    pub(crate) fn require_count(
        self,
        parameter: &'static str,
        count: usize,
        min: usize,
        spare: usize,
    ) -> Result<(), Error> {
        let n = self.size();
        let max = n.saturating_sub(spare);
        if (min..=max).contains(&count) {
            return Ok(());
        }
        let allowed = match spare {
            _ if max < min => {
                format!("none for a group of {n}; use at least {}", min + spare)
            }
            0 => format!("{min} to {max} (the group size)"),
            _ => format!("{min} to {max} (the group size less {spare})"),
        };
        Err(Error::parameter(parameter, count, allowed))
    }
}

/// Whether no number is infinite or NaN. Looks at all of them, several at once, which is faster than
/// to stop early.
#[inline(always)]
pub(crate) fn all_finite(numbers: &[f64]) -> bool {
    // ∞ · 0 is NaN.
    numbers.iter().fold(true, |finite, x| finite & (x * 0.0 == 0.0))
}
