//! One bandit: a softmax policy over `K` arms with known rewards.

use crate::Error;
use nalgebra::DVector;
use rs_grpo::Policy;

/// Smallest probability of an arm: 1e-12, less the largest effect of dividing by the sum.
///
/// The error bounds use it as a lower bound of every average of exponentials relative to the largest.
const MIN_PROBABILITY: f64 = 1e-12 * (1.0 - SUM_TOLERANCE);
/// Keeps the sum of weights finite.
const MAX_WEIGHT: f64 = 1e300;
const MAX_REWARD: f64 = 1e6;
const MIN_GAP: f64 = 1e-12;
const MAX_ARMS: usize = 1_000_000;
const SUM_TOLERANCE: f64 = 1e-9;

/// A validated bandit.
///
/// | symbol | meaning |
/// |---|---|
/// | `K` | number of arms, at least 2 |
/// | `πⱼ`, `rⱼ` | probability and reward of arm `j` |
/// | `r*`, `r₂` | best reward, best reward among the others |
/// | `O` | the best arms; a single one unless rewards tie at the top |
/// | `P`, `R` | total probability of `O`, and of all other arms; `P + R = 1` |
/// | `Δ` | the gap `r* − r₂ > 0` |
///
/// With a unique best arm `P = π*`. The stored probabilities sum to 1 within `4u`; all statements
/// are about the exactly normalised ones, and the error bounds allow for the difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    policy: DVector<f64>,
    rewards: DVector<f64>,
    best: f64,
    second: f64,
    mass: f64,
    rest: f64,
}

impl Instance {
    /// Pairs probabilities (length `K`, each at least 1e-12, sum 1 within 1e-9) with rewards
    /// (length `K`, within ±1e6). The probabilities are divided by their sum.
    ///
    /// # Errors
    /// A number outside the ranges above, rewards that are all equal, or a gap between 0 and 1e-12.
    pub fn new(policy: Vec<f64>, rewards: Vec<f64>) -> Result<Self, Error> {
        check_shape(&policy, &rewards)?;
        let sum = compensated_sum(&policy);
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            let given = format!("{} numbers that sum to {sum}", policy.len());
            return Err(Error::parameter("policy", given, "numbers that sum to 1"));
        }
        Self::from_weights(policy, rewards)
    }

    /// The policy proportional to `weights`, otherwise as [`Instance::new`].
    ///
    /// # Errors
    /// As [`Instance::new`], for the normalised weights.
    pub fn from_weights(mut weights: Vec<f64>, rewards: Vec<f64>) -> Result<Self, Error> {
        check_shape(&weights, &rewards)?;
        check_rewards(&rewards)?;
        normalise(&mut weights)?;
        let best = largest(rewards.iter().copied());
        let second = largest(rewards.iter().copied().filter(|&r| r < best));
        check_gap(best, second)?;
        let mass_where = |is_best: bool| {
            let arms = weights.iter().zip(&rewards);
            arms.filter(|&(_, &r)| (r == best) == is_best).map(|(p, _)| p).sum()
        };
        let (mass, rest) = (mass_where(true), mass_where(false));
        let (policy, rewards) = (weights.into(), rewards.into());
        Ok(Self { policy, rewards, best, second, mass, rest })
    }

    /// The number of arms `K`.
    pub fn arms(&self) -> usize {
        self.policy.len()
    }

    /// The probabilities `π`, length `K`.
    pub fn policy(&self) -> &DVector<f64> {
        &self.policy
    }

    /// The rewards `r`, length `K`.
    pub fn rewards(&self) -> &DVector<f64> {
        &self.rewards
    }

    /// Whether arm `j` has the best reward.
    pub fn is_best(&self, j: usize) -> bool {
        self.rewards[j] == self.best
    }

    /// `|O|`, the number of best arms.
    pub(crate) fn best_arms(&self) -> usize {
        self.rewards.iter().filter(|&&r| r == self.best).count()
    }

    /// The best reward `r*`.
    pub fn best_reward(&self) -> f64 {
        self.best
    }

    /// The best reward among the other arms, `r₂`.
    pub(crate) fn second_reward(&self) -> f64 {
        self.second
    }

    /// The gap `Δ = r* − r₂`.
    pub fn gap(&self) -> f64 {
        self.best - self.second
    }

    /// The total probability `P` of the best arms; `π*` if there is one.
    pub(crate) fn best_mass(&self) -> f64 {
        self.mass
    }

    /// `R = 1 − P`, summed over the other arms to avoid cancellation.
    pub(crate) fn rest_mass(&self) -> f64 {
        self.rest
    }

    /// The surprisal `ln(1/P)` of the best arms, to full relative precision even for `P` near 0 or 1.
    pub(crate) fn surprisal(&self) -> f64 {
        if self.mass < 0.5 { -libm::log(self.mass) } else { -libm::log1p(-self.rest) }
    }

    /// The instance as the core library takes it.
    pub(crate) fn core_policy(&self) -> Result<Policy<'_>, Error> {
        Policy::new(self.policy.as_slice(), self.rewards.as_slice())
            .map_err(|source| Error::Estimator { estimator: "population".to_owned(), source })
    }
}

fn largest(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(f64::NEG_INFINITY, f64::max)
}

fn check_shape(policy: &[f64], rewards: &[f64]) -> Result<(), Error> {
    let arms = rewards.len();
    if !(2..=MAX_ARMS).contains(&arms) {
        let allowed = format!("2 to {MAX_ARMS} numbers, one for each arm");
        return Err(Error::parameter("rewards", format!("of {arms} number(s)"), allowed));
    }
    if policy.len() != arms {
        let given = format!("of {} number(s)", policy.len());
        let allowed = format!("{arms} numbers, one for each reward");
        return Err(Error::parameter("policy", given, allowed));
    }
    match policy.iter().find(|&&p| !(p > 0.0 && p <= MAX_WEIGHT)) {
        Some(bad) => Err(Error::parameter("policy", bad, "numbers above 0")),
        None => Ok(()),
    }
}

fn check_rewards(rewards: &[f64]) -> Result<(), Error> {
    let allowed = -MAX_REWARD..=MAX_REWARD;
    match rewards.iter().find(|r| !allowed.contains(*r)) {
        Some(bad) => Err(Error::parameter("rewards", bad, "numbers from -1e6 to 1e6")),
        None => Ok(()),
    }
}

fn check_gap(best: f64, second: f64) -> Result<(), Error> {
    if second == f64::NEG_INFINITY {
        let given = format!("{best} for every arm");
        return Err(Error::parameter("rewards", given, "at least two different rewards"));
    }
    if best - second < MIN_GAP {
        let given = format!("best {best} and next {second}, a gap of {:e}", best - second);
        return Err(Error::parameter("rewards", given, "a gap of 0 (a tie) or at least 1e-12"));
    }
    Ok(())
}

/// Divides by the sum, which is accurate to `2u`, so that the result sums to 1 within `4u`.
///
/// Numbers that already sum to 1 within `2u` are kept as given.
fn normalise(weights: &mut [f64]) -> Result<(), Error> {
    let sum = match compensated_sum(weights) {
        sum if (sum - 1.0).abs() <= f64::EPSILON => 1.0,
        sum => sum,
    };
    for weight in weights {
        let probability = *weight / sum;
        if !(MIN_PROBABILITY..=1.0).contains(&probability) {
            let allowed = "probabilities of at least 1e-12";
            return Err(Error::parameter("policy", *weight, allowed));
        }
        *weight = probability;
    }
    Ok(())
}

/// Neumaier's sum: for positive numbers within `2u` of the exact sum, however many there are.
fn compensated_sum(numbers: &[f64]) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for &number in numbers {
        let next = sum + number;
        let (large, small) = if sum.abs() >= number.abs() { (sum, number) } else { (number, sum) };
        lost += (large - next) + small;
        sum = next;
    }
    sum + lost
}
