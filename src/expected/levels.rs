//! A policy seen through its rewards: the distinct rewards, and how likely each is.

use crate::Policy;

/// The distinct rewards of a policy's arms, ascending, with their probabilities.
///
/// Arms with equal rewards are exchangeable in a group, so an expectation is needed once a level.
pub(super) struct Levels {
    /// Distinct rewards, ascending, length `D`.
    pub(super) rewards: Vec<f64>,
    /// Probability of each, length `D`; sums to 1 to rounding.
    pub(super) chances: Vec<f64>,
    /// The level of each arm, length `K`.
    level_of: Vec<usize>,
}

impl Levels {
    pub(super) fn of(policy: Policy<'_>) -> Self {
        let (arms, probabilities) = (policy.rewards(), policy.probabilities());
        let total: f64 = probabilities.iter().sum();
        let mut order: Vec<usize> = (0..arms.len()).collect();
        order.sort_unstable_by(|&a, &b| arms[a].total_cmp(&arms[b]));
        let mut levels = Self {
            rewards: Vec::with_capacity(arms.len()),
            chances: Vec::with_capacity(arms.len()),
            level_of: vec![0; arms.len()],
        };
        for arm in order {
            // `==` and not bits: 0 and −0 are one reward.
            if levels.rewards.last().is_none_or(|&last| last != arms[arm]) {
                levels.rewards.push(arms[arm]);
                levels.chances.push(0.0);
            }
            let level = levels.rewards.len() - 1;
            levels.chances[level] += probabilities[arm] / total;
            levels.level_of[arm] = level;
        }
        levels
    }

    /// The number of distinct rewards `D`.
    pub(super) fn count(&self) -> usize {
        self.rewards.len()
    }

    /// Largest reward less smallest.
    pub(super) fn range(&self) -> f64 {
        self.rewards[self.count() - 1] - self.rewards[0]
    }

    /// The same with every reward negated: the order turns round.
    pub(super) fn negated(&self) -> Self {
        let last = self.count() - 1;
        Self {
            rewards: self.rewards.iter().rev().map(|reward| -reward).collect(),
            chances: self.chances.iter().rev().copied().collect(),
            level_of: self.level_of.iter().map(|level| last - level).collect(),
        }
    }

    /// `Σ π x` over the levels.
    pub(super) fn average(&self, by_level: &[f64]) -> f64 {
        self.chances.iter().zip(by_level).map(|(chance, x)| chance * x).sum()
    }

    /// Subtracts the average over the policy.
    pub(super) fn centre(&self, by_level: &mut [f64]) {
        let average = self.average(by_level);
        by_level.iter_mut().for_each(|x| *x -= average);
    }

    /// The rewards less the expected reward, relative to the smallest to lose no digits.
    pub(super) fn deviations(&self) -> Vec<f64> {
        let mut above: Vec<f64> = self.rewards.iter().map(|r| r - self.rewards[0]).collect();
        self.centre(&mut above);
        above
    }

    /// Writes what belongs to each level to its arms.
    pub(super) fn spread_into(&self, by_level: &[f64], out: &mut [f64]) {
        for (out, &level) in out.iter_mut().zip(&self.level_of) {
            *out = by_level[level];
        }
    }
}
