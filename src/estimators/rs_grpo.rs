//! RS-GRPO: the risk-sensitive advantage, the entropic risk, and their β → 0 limit.

use crate::{Error, Group};

/// What each reward weighs in an average: `1/N` in a group, `πⱼ` under a known policy.
#[derive(Clone, Copy)]
pub(crate) enum Weighting<'a> {
    Uniform,
    Policy(&'a [f64]),
}

impl Weighting<'_> {
    /// The weighted average of `value` over `numbers`.
    #[inline]
    fn average(self, numbers: &[f64], value: impl Fn(f64) -> f64) -> f64 {
        match self {
            Self::Uniform => numbers.iter().map(|&x| value(x)).sum::<f64>() / numbers.len() as f64,
            Self::Policy(weights) => weights
                .iter()
                .zip(numbers)
                .map(|(w, &x)| w * value(x))
                .sum(),
        }
    }
}

/// Refuses a risk parameter that is not finite.
pub(crate) fn check_beta(beta: f64) -> Result<(), Error> {
    if beta.is_finite() {
        return Ok(());
    }
    Err(Error::parameter(
        "beta",
        beta,
        "any finite number; 0 is the risk-neutral mean",
    ))
}

/// RS-GRPO advantages of a group.
///
/// # Formula
/// ```text
/// Aᵢ = (1/β) ( exp(β rᵢ) / ((1/N) Σⱼ exp(β rⱼ)) − 1 )
/// ```
/// evaluated as
/// ```text
/// x = max r if β > 0, min r if β < 0;   uⱼ = expm1(β (rⱼ − x)) ∈ [−1, 0]
/// Aᵢ = (uᵢ − ū) / (β · mean(1 + u))
/// ```
/// which loses no digits for any β: the error stays near 1e-15 of max|A| where the textbook form
/// has none left at β = 1e-8. `β → 0` is Dr. GRPO, `rᵢ − r̄`. `β → +∞`: with `m` ties at the top the
/// winners get `(N/m − 1)/β`, all others `−1/β`; `β → −∞` mirrors that at the bottom. A constant or
/// singleton group gets exactly 0. `Σ Aᵢ = 0`, and `Aᵢ` grows with `rᵢ` for either sign of β.
///
/// Self-normalised, so biased for `∇V_β` at finite `N`; see [`rs_loo`](super::rs_loo) for an
/// unbiased relative.
///
/// Source: Jiang et al., arXiv 2509.24261.
pub(crate) fn advantages_into(group: Group<'_>, beta: f64, out: &mut [f64]) -> Result<(), Error> {
    check_beta(beta)?;
    tilt_into(group, beta, Weighting::Uniform, out);
    Ok(())
}

/// The formula above under any weighting.
pub(crate) fn tilt_into(group: Group<'_>, beta: f64, weighting: Weighting<'_>, out: &mut [f64]) {
    let Some(origin) = origin(group, beta) else {
        return centre_into(group, weighting, out);
    };
    excesses_into(group, beta, origin, out);
    let mean = weighting.average(out, |u| u);
    // Not `1 + mean`: where every uⱼ is close to −1 that would cancel.
    let scale = 1.0 / (beta * weighting.average(out, |u| 1.0 + u));
    for u in out.iter_mut() {
        *u = (*u - mean) * scale;
    }
}

/// `V_β = x + (1/β) ln(mean(1 + u))`, in the notation of [`advantages_into`].
pub(crate) fn entropic_risk(group: Group<'_>, beta: f64, weighting: Weighting<'_>) -> f64 {
    let Some(origin) = origin(group, beta) else {
        let first = group.rewards()[0];
        return first + weighting.average(group.rewards(), |reward| reward - first);
    };
    let excess = |reward| libm::expm1(beta * (reward - origin));
    let mean = weighting.average(group.rewards(), excess);
    let ln_mean = if mean > -0.5 {
        libm::log1p(mean)
    } else {
        libm::log(weighting.average(group.rewards(), |reward| 1.0 + excess(reward)))
    };
    origin + ln_mean / beta
}

/// `rᵢ − r̄`, the limit `β → 0`.
pub(crate) fn centre_into(group: Group<'_>, weighting: Weighting<'_>, out: &mut [f64]) {
    let first = group.rewards()[0];
    for (deviation, reward) in out.iter_mut().zip(group.rewards()) {
        *deviation = reward - first;
    }
    let mean = weighting.average(out, |deviation| deviation);
    for deviation in out.iter_mut() {
        *deviation -= mean;
    }
}

/// The reward that exponents are taken relative to, or `None` where β is too small to matter.
///
/// With `|β| · (max − min)` under a quarter of the machine epsilon the limit `β → 0` is exact to
/// rounding, and the tilt would underflow instead.
fn origin(group: Group<'_>, beta: f64) -> Option<f64> {
    let (min, max) = (group.min(), group.max());
    let matters = beta.abs() * (max - min) >= f64::EPSILON / 4.0;
    matters.then_some(if beta > 0.0 { max } else { min })
}

/// `uⱼ = expm1(β (rⱼ − x))`.
fn excesses_into(group: Group<'_>, beta: f64, origin: f64, out: &mut [f64]) {
    for (u, reward) in out.iter_mut().zip(group.rewards()) {
        *u = libm::expm1(beta * (reward - origin));
    }
}
