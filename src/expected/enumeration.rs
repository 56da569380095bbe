//! Any estimator in expectation, where few rewards are distinct: all groups are counted.

use super::levels::Levels;
use crate::{Error, Estimator, Scratch};

/// Largest number of different groups, and of rewards in them together.
const GROUPS: f64 = 1e5;
const REWARDS: f64 = 1e7;

/// The centred expectation of each level, and a bound on the error of each.
///
/// Groups that differ in the order of their rewards are one group, of `C(N + D − 1, N)` with `D` distinct
/// rewards: `c_j` responses of level `j`. The others of a response of level `a` are such a group less
/// one of level `a`, whose chance is multinomial.
///
/// # Errors
/// Too many groups, or a group that the estimator refuses.
pub(super) fn advantages(
    estimator: &Estimator,
    levels: &Levels,
    n: usize,
) -> Result<(Vec<f64>, f64), Error> {
    let groups = group_count(levels.count(), n);
    if groups > GROUPS || groups * n as f64 > REWARDS {
        return Err(Error::TooManyGroups { estimator: estimator.name(), n, groups });
    }
    let mut tally = Tally {
        estimator,
        levels,
        ln_factorials: ln_factorials(n),
        counts: vec![0; levels.count()],
        sums: vec![0.0; levels.count()],
        largest: 0.0,
        scratch: Scratch::new(),
    };
    tally.add_groups(0, n)?;
    let (mut sums, largest) = (tally.sums, tally.largest);
    levels.centre(&mut sums);
    Ok((sums, f64::EPSILON * (8.0 * n as f64 + groups.sqrt() + 64.0) * largest))
}

/// `C(n + levels − 1, n)`.
fn group_count(levels: usize, n: usize) -> f64 {
    let (few, many) = (n.min(levels - 1), n.max(levels - 1));
    // Past the limit the exact number does not matter.
    (1..=few.min(64)).map(|i| (many + i) as f64 / i as f64).product()
}

/// `ln 0!, …, ln n!`.
fn ln_factorials(n: usize) -> Vec<f64> {
    let mut sums = vec![0.0; n + 1];
    for i in 1..=n {
        sums[i] = sums[i - 1] + libm::log(i as f64);
    }
    sums
}

struct Tally<'a> {
    estimator: &'a Estimator,
    levels: &'a Levels,
    ln_factorials: Vec<f64>,
    /// Responses of each level in the group being counted.
    counts: Vec<usize>,
    sums: Vec<f64>,
    /// Largest |advantage|.
    largest: f64,
    scratch: Scratch,
}

impl Tally<'_> {
    /// Counts all groups whose first `level` counts are set and that have `left` responses more.
    fn add_groups(&mut self, level: usize, left: usize) -> Result<(), Error> {
        if level + 1 == self.counts.len() {
            self.counts[level] = left;
            return self.add_group();
        }
        for count in 0..=left {
            self.counts[level] = count;
            self.add_groups(level + 1, left - count)?;
        }
        Ok(())
    }

    fn add_group(&mut self) -> Result<(), Error> {
        let repeated = self.levels.rewards.iter().zip(&self.counts);
        let rewards: Vec<f64> =
            repeated.flat_map(|(&reward, &count)| std::iter::repeat_n(reward, count)).collect();
        let mut advantages = vec![0.0; rewards.len()];
        self.estimator.advantages_into(&rewards, &mut advantages, &mut self.scratch)?;
        let mut rest = &advantages[..];
        for level in 0..self.counts.len() {
            let (own, after) = rest.split_at(self.counts[level]);
            rest = after;
            if !own.is_empty() {
                let mean = own.iter().sum::<f64>() / own.len() as f64;
                self.largest = self.largest.max(mean.abs());
                self.sums[level] += self.chance_without(level) * mean;
            }
        }
        Ok(())
    }

    /// The chance of the group less one response of `level`.
    fn chance_without(&self, level: usize) -> f64 {
        let mut ln = self.ln_factorials[self.ln_factorials.len() - 2];
        for (other, (&count, &chance)) in self.counts.iter().zip(&self.levels.chances).enumerate() {
            let count = count - usize::from(other == level);
            // 0 ln 0 = 0: a level that is never drawn does not matter where it does not occur.
            if count > 0 {
                ln += count as f64 * libm::log(chance) - self.ln_factorials[count];
            }
        }
        libm::exp(ln)
    }
}
