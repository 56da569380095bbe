//! Advantages for an infinite group: the policy's probabilities replace the sample.

use crate::moments::Weighting;
use crate::{CATALOGUE, Error, Estimator, Group};
use std::sync::LazyLock;

/// Estimators that [`Estimator::population_advantages_into`] accepts.
static WITH_LIMIT: LazyLock<String> = LazyLock::new(|| {
    let of_one_arm = |estimator: &&Estimator| {
        let policy = Policy::new(&[1.0], &[1.0]).ok();
        let parts = policy.map(Policy::parts);
        parts.is_some_and(|(group, weighting)| {
            estimator.limit_into(group, weighting, &mut [0.0]).is_some()
        })
    };
    let with_limit = CATALOGUE.iter().map(|entry| &entry.estimator).filter(of_one_arm);
    with_limit.map(Estimator::name).collect::<Vec<_>>().join(", ")
});

/// A policy over `K` arms with known rewards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy<'a> {
    probabilities: &'a [f64],
    rewards: Group<'a>,
}

impl<'a> Policy<'a> {
    /// How far the probabilities may sum from 1.
    const TOLERANCE: f64 = 1e-9;

    /// Pairs `probabilities` (length `K`, each ≥ 0, sum 1 within 1e-9) with finite `rewards`
    /// (length `K`).
    ///
    /// # Errors
    /// A bad group of rewards, lengths that differ, or probabilities that are not a distribution.
    pub fn new(probabilities: &'a [f64], rewards: &'a [f64]) -> Result<Self, Error> {
        let group = Group::new(rewards)?;
        let (arms, given) = (rewards.len(), probabilities.len());
        if given != arms {
            let allowed = format!("{arms}, one probability for each reward");
            return Err(Error::parameter("policy length", given, allowed));
        }
        if let Some(bad) = probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return Err(Error::parameter("policy probability", bad, "0 to 1"));
        }
        let sum: f64 = probabilities.iter().sum();
        if (sum - 1.0).abs() > Self::TOLERANCE {
            return Err(Error::parameter("policy sum", sum, "1, to within 1e-9"));
        }
        Ok(Self { probabilities, rewards: group })
    }

    /// The probabilities, length `K`.
    pub fn probabilities(self) -> &'a [f64] {
        self.probabilities
    }

    /// The rewards, length `K`.
    pub fn rewards(self) -> &'a [f64] {
        self.rewards.rewards()
    }

    /// The expected reward `μ = Σⱼ πⱼ rⱼ`.
    pub fn mean_reward(self) -> f64 {
        let (group, weighting) = self.parts();
        weighting.average(group.rewards(), |reward| reward)
    }

    /// The rewards as a group, and what each of them weighs.
    pub(crate) fn parts(self) -> (Group<'a>, Weighting<'a>) {
        (self.rewards, Weighting::Policy(self.probabilities))
    }
}

impl Estimator {
    /// Writes the advantage of each of the `K` arms in the limit `N → ∞` into `out` (length `K`).
    ///
    /// The exact gradient of the limiting objective is `Σⱼ πⱼ Aⱼ ∇log πⱼ`.
    ///
    /// # Errors
    /// [`Error::NoPopulationForm`] for estimators without such a limit; otherwise as
    /// [`Estimator::advantages_into`].
    pub fn population_advantages_into(
        &self,
        policy: Policy<'_>,
        out: &mut [f64],
    ) -> Result<(), Error> {
        self.check_output(policy.rewards().len(), out)?;
        let (group, weighting) = policy.parts();
        match self.limit_into(group, weighting, out) {
            Some(done) => done?,
            None => {
                return Err(Error::NoPopulationForm { estimator: self.name(), known: &WITH_LIMIT });
            }
        }
        self.check_finite(group, out)
    }
}
