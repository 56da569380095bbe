//! A validated group of rewards: the argument of every estimator.

use crate::Error;

/// The rewards of one prompt's responses: at least one, all finite.
///
/// Checking happens here once, so that the formulas need no checks of their own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group<'a> {
    rewards: &'a [f64],
}

impl<'a> Group<'a> {
    /// Checks `rewards` (length `N ≥ 1`, all finite).
    ///
    /// # Errors
    /// [`Error::EmptyGroup`] or [`Error::NonFiniteReward`] with the first offending position.
    pub fn new(rewards: &'a [f64]) -> Result<Self, Error> {
        if rewards.is_empty() {
            return Err(Error::EmptyGroup);
        }
        match rewards.iter().position(|reward| !reward.is_finite()) {
            Some(index) => Err(Error::NonFiniteReward {
                index,
                value: rewards[index],
            }),
            None => Ok(Self { rewards }),
        }
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
        self.rewards.iter().all(|&reward| reward == self.rewards[0])
    }

    /// The largest reward.
    pub fn max(self) -> f64 {
        self.rewards
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// The smallest reward.
    pub fn min(self) -> f64 {
        self.rewards.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Largest |reward|.
    pub(crate) fn magnitude(self) -> f64 {
        self.rewards
            .iter()
            .fold(0.0, |largest, reward| reward.abs().max(largest))
    }

    /// The number of correct responses, for estimators defined on binary rewards only.
    pub(crate) fn correct(self, estimator: &'static str) -> Result<usize, Error> {
        self.require(estimator, "binary rewards (0 or 1)", |r| {
            r == 0.0 || r == 1.0
        })?;
        Ok(self.rewards.iter().filter(|&&reward| reward == 1.0).count())
    }

    /// Refuses the group unless every reward is `allowed`.
    pub(crate) fn require(
        self,
        estimator: &'static str,
        allowed: &'static str,
        is_allowed: impl Fn(f64) -> bool,
    ) -> Result<(), Error> {
        match self.rewards.iter().position(|&reward| !is_allowed(reward)) {
            Some(index) => Err(Error::RewardOutOfDomain {
                estimator,
                index,
                value: self.rewards[index],
                allowed,
            }),
            None => Ok(()),
        }
    }

    /// Refuses groups smaller than `min`.
    pub(crate) fn require_size(self, estimator: &'static str, min: usize) -> Result<(), Error> {
        if self.size() >= min {
            return Ok(());
        }
        Err(Error::GroupTooSmall {
            estimator,
            n: self.size(),
            min,
        })
    }

    /// Refuses `k` outside `min ..= N - spare`.
    pub(crate) fn require_k(self, k: usize, min: usize, spare: usize) -> Result<(), Error> {
        let max = self.size().saturating_sub(spare);
        if (min..=max).contains(&k) {
            return Ok(());
        }
        let allowed = match (max < min, spare) {
            (true, _) => format!(
                "none for a group of {}; use at least {}",
                self.size(),
                min + spare
            ),
            (false, 0) => format!("{min} to {max} (the group size)"),
            (false, _) => format!("{min} to {max} (the group size less {spare})"),
        };
        Err(Error::parameter("k", k, allowed))
    }
}
