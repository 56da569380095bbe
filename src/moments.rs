//! Averages over a group or a policy, and what they give: deviations and spread.

use crate::parameter::Choice;

/// Divisor of the variance in [`Estimator::Grpo`](crate::Estimator::Grpo).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// `N − 1`, as in verl and TRL.
    Sample,
    /// `N`.
    Population,
}

impl Choice for Spread {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("sample", Self::Sample), ("population", Self::Population)];
}

/// What each reward weighs in an average: `1/N` in a group, `πⱼ` under a known policy.
#[derive(Clone, Copy)]
pub(crate) enum Weighting<'a> {
    Uniform,
    Policy(&'a [f64]),
}

impl Weighting<'_> {
    /// The weighted average of `value` over `numbers`.
    #[inline(always)]
    pub(crate) fn average(self, numbers: &[f64], value: impl Fn(f64) -> f64) -> f64 {
        match self {
            Self::Uniform => pairwise_sum(numbers, &value) / numbers.len() as f64,
            Self::Policy(weights) => {
                let weighted = |(w, &x): (&f64, &f64)| w * value(x);
                // A value may be infinite where the weight is 0: skip it, since 0 · ∞ is NaN.
                let support = weights.iter().zip(numbers).filter(|(w, _)| **w > 0.0);
                // Weights that are rounded do not sum to 1: unchecked, that error is divided by β.
                support.map(weighted).sum::<f64>() / weights.iter().sum::<f64>()
            }
        }
    }
}

/// Sum of `value` over `numbers` by halves: rounding grows with `ln N`, where a running sum of
/// equal numbers would lose up to `N/4` units in the last place.
#[inline(always)]
fn pairwise_sum(numbers: &[f64], value: &impl Fn(f64) -> f64) -> f64 {
    const SHORT: usize = 8;
    let short = |numbers: &[f64]| numbers.iter().map(|&x| value(x)).sum::<f64>();
    if numbers.len() <= SHORT {
        return short(numbers);
    }
    let (left, right) = numbers.split_at(numbers.len() / 2);
    if right.len() <= SHORT {
        return short(left) + short(right);
    }
    sum_of_many(left, value) + sum_of_many(right, value)
}

/// [`pairwise_sum`] where it calls itself: small groups are inlined, these are not.
fn sum_of_many(numbers: &[f64], value: &impl Fn(f64) -> f64) -> f64 {
    pairwise_sum(numbers, value)
}

/// Writes the deviations from the mean, `rᵢ − r̄`, into `out` and returns `r̄`.
///
/// Everything is relative to the first reward, so that equal rewards give exactly zero and a large
/// common offset costs no precision.
pub(crate) fn deviations_into(rewards: &[f64], weighting: Weighting<'_>, out: &mut [f64]) -> f64 {
    let origin = rewards[0];
    for (deviation, reward) in out.iter_mut().zip(rewards) {
        *deviation = reward - origin;
    }
    let mean = weighting.average(out, |deviation| deviation);
    for deviation in out.iter_mut() {
        *deviation -= mean;
    }
    origin + mean
}

/// The square root of the average square of `deviations`.
///
/// Scaled by the largest deviation, so that squares neither overflow nor vanish.
fn root_mean_square(deviations: &[f64], weighting: Weighting<'_>) -> f64 {
    let scale = deviations.iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
    if scale == 0.0 {
        return 0.0;
    }
    scale * weighting.average(deviations, |d| (d / scale) * (d / scale)).sqrt()
}

/// Standard deviation from the deviations; 0 for a singleton. The spread of a policy is that of an
/// infinite group, where both divisors agree.
pub(crate) fn standard_deviation(
    deviations: &[f64],
    spread: Spread,
    weighting: Weighting<'_>,
) -> f64 {
    let root_mean_square = root_mean_square(deviations, weighting);
    match (spread, weighting) {
        (Spread::Sample, Weighting::Uniform) => {
            let n = deviations.len() as f64;
            root_mean_square * (n / (n - 1.0).max(1.0)).sqrt()
        }
        _ => root_mean_square,
    }
}
