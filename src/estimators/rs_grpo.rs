//! RS-GRPO: the risk-sensitive advantage, and the entropic risk it climbs.

use crate::moments::{Weighting, deviations_into};
use crate::{Error, Group};

/// Refuses a risk parameter that is not finite.
pub(crate) fn check_beta(beta: f64) -> Result<(), Error> {
    if beta.is_finite() {
        return Ok(());
    }
    Err(Error::parameter("beta", beta, "any finite number; 0 is the risk-neutral mean"))
}

/// The formula on the page of [`Estimator::RsGrpo`](crate::Estimator::RsGrpo), of a group or in the
/// limit of an infinite one.
///
/// It is evaluated relative to `x = max r` if `β > 0`, `min r` if `β < 0`, with `tᵢ = β (rᵢ − x) ≤ 0`:
/// ```text
/// |tᵢ| < 1/2 for all i:   uᵢ = expm1(tᵢ)     Aᵢ = (uᵢ − ū) / (β (1 + ū))
/// otherwise:              eᵢ = exp(tᵢ)       Aᵢ = (eᵢ − ē) / (β ē)
/// ```
/// No exponential overflows, `ē ≥ 1/N`, and no digits are lost at any β: the error stays near 1e-15
/// of max|A| where the textbook form has none left at β = 1e-8.
#[inline(always)]
pub(crate) fn advantages_into(
    group: Group<'_>,
    beta: f64,
    weighting: Weighting<'_>,
    out: &mut [f64],
) -> Result<(), Error> {
    check_beta(beta)?;
    if is_negligible(beta, group) {
        deviations_into(group.rewards(), weighting, out);
        return Ok(());
    }
    let support = Support::of(group, weighting);
    let (mean, mean_exp) = if support.is_narrow(beta) {
        let mean = support.map_into(beta, libm::expm1, out);
        (mean, 1.0 + mean)
    } else {
        let mean = support.map_into(beta, crate::exp, out);
        (mean, mean)
    };
    let scale = beta * mean_exp;
    out.iter_mut().for_each(|power| *power = (*power - mean) / scale);
    Ok(())
}

/// `V_β = x + (1/β) ln ē`, in the notation of [`advantages_into`].
pub(crate) fn entropic_risk(
    group: Group<'_>,
    beta: f64,
    weighting: Weighting<'_>,
) -> Result<f64, Error> {
    check_beta(beta)?;
    if is_negligible(beta, group) {
        let first = group.rewards()[0];
        return Ok(first + weighting.average(group.rewards(), |reward| reward - first));
    }
    let support = Support::of(group, weighting);
    let ln_mean_exp = if support.is_narrow(beta) {
        libm::log1p(support.mean_of(beta, libm::expm1))
    } else {
        libm::log(support.mean_of(beta, crate::exp))
    };
    Ok(support.origin(beta) + ln_mean_exp / beta)
}

/// Whether `|β| (max − min)` is so small that the limit `β → 0` is exact to rounding; the
/// exponents could underflow there.
fn is_negligible(beta: f64, group: Group<'_>) -> bool {
    beta.abs() * (group.max() - group.min()) < f64::EPSILON / 4.0
}

/// Rewards with their weights, and the range of those that have any.
///
/// An arm that a policy never plays must not set the scale: relative to it the exponentials of all
/// others may vanish.
struct Support<'a> {
    rewards: &'a [f64],
    weighting: Weighting<'a>,
    min: f64,
    max: f64,
}

impl<'a> Support<'a> {
    #[inline(always)]
    fn of(group: Group<'a>, weighting: Weighting<'a>) -> Self {
        let rewards = group.rewards();
        let (min, max) = match weighting {
            Weighting::Uniform => (group.min(), group.max()),
            Weighting::Policy(weights) => rewards
                .iter()
                .zip(weights)
                .filter(|(_, weight)| **weight > 0.0)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), (reward, _)| {
                    (reward.min(min), reward.max(max))
                }),
        };
        Self { rewards, weighting, min, max }
    }

    /// The reward that exponents are taken relative to.
    fn origin(&self, beta: f64) -> f64 {
        if beta > 0.0 { self.max } else { self.min }
    }

    /// Whether all exponentials lie so near 1 that only `expm1` keeps the digits of their
    /// differences. (Elsewhere only `exp` keeps the digits of the smallest.)
    fn is_narrow(&self, beta: f64) -> bool {
        beta.abs() * (self.max - self.min) < 0.5
    }

    /// Writes `power(tᵢ)` into `out` and returns the mean; two powers will do for a group of two
    /// rewards, such as binary ones.
    #[inline(always)]
    fn map_into(&self, beta: f64, power: impl Fn(f64) -> f64, out: &mut [f64]) -> f64 {
        let origin = self.origin(beta);
        let exponent = |reward: f64| beta * (reward - origin);
        let is_end = |&reward: &f64| (reward == self.min) | (reward == self.max);
        if self.rewards.iter().fold(true, |all, reward| all & is_end(reward)) {
            let (at_min, at_max) = (power(exponent(self.min)), power(exponent(self.max)));
            for (out, &reward) in out.iter_mut().zip(self.rewards) {
                *out = if reward == self.min { at_min } else { at_max };
            }
        } else {
            for (out, &reward) in out.iter_mut().zip(self.rewards) {
                *out = power(exponent(reward));
            }
        }
        self.weighting.average(out, |power| power)
    }

    /// The mean of `power(tᵢ)`.
    fn mean_of(&self, beta: f64, power: impl Fn(f64) -> f64) -> f64 {
        let origin = self.origin(beta);
        self.weighting.average(self.rewards, |reward| power(beta * (reward - origin)))
    }
}
