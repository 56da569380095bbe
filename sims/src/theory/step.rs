//! One exact gradient step on the logits, and what it does to the optimal arms.

use super::enclosure::{Enclosure, UNIT};
use super::{Instance, PolicyGradient};
use crate::Error;
use nalgebra::DVector;

const STEPS: std::ops::RangeInclusive<f64> = 1e-9..=1e9;

/// The outcome of `θ ← θ + α ∇J_β` for the optimal arms.
///
/// # Formula
/// ```text
/// π'ⱼ = πⱼ exp(α dⱼ) / Σᵢ πᵢ exp(α dᵢ)
/// λ = ln(P'/R') − ln(P/R) = ln Σ_{i∈O} (πᵢ/P) exp(α dᵢ) − ln Σ_{j∉O} (πⱼ/R) exp(α dⱼ)
/// ln(P'/P) = −ln(P + R exp(−λ))
/// ```
/// where `α` is the step size, `d` the [`PolicyGradient`], and `O`, `P`, `R` as in [`Instance`].
/// The log-odds `λ` have the sign of the gain `P' − P` and lose no digits to cancellation where the
/// optimal arms have `dᵢ ≥ 0` and the others `dⱼ ≤ 0`.
///
/// # Rounding
/// A log-mean-exp moves by at most the largest movement of an exponent, so with `y = α d`, `M` the
/// largest exponent of the set, and `S = Σ w expm1(y − M)`, whose terms have one sign:
/// ```text
/// |error of one log-mean-exp| ≤ max (α · error of dⱼ + 2u |yⱼ|)
///                               + u [ (4K + 20) |S| + 3 (|M| + |ln(1 + S)|) ]
/// ```
/// doubled, and for `λ` the sum of two and `u |λ|`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    log_odds: Enclosure,
    mass: f64,
    rest: f64,
}

impl Step {
    /// Takes a step of size `alpha`, from 1e-9 to 1e9.
    ///
    /// # Errors
    /// An `alpha` outside that range.
    pub fn new(instance: &Instance, gradient: &PolicyGradient, alpha: f64) -> Result<Self, Error> {
        check_step(alpha)?;
        let best = log_mean_exp(instance, gradient, alpha, true);
        let rest = log_mean_exp(instance, gradient, alpha, false);
        Ok(Self {
            log_odds: best.minus(rest),
            mass: instance.best_mass(),
            rest: instance.rest_mass(),
        })
    }

    /// `λ`, the rise of the log-odds of the optimal arms.
    pub fn log_odds_gain(&self) -> Enclosure {
        self.log_odds
    }

    /// `ln(P'/P)`.
    pub(crate) fn log_gain(&self) -> f64 {
        let rise = self.log_odds.value;
        if rise >= 0.0 {
            log_gain_of_rise(self.mass, self.rest, rise)
        } else {
            rise + log_gain_of_rise(self.rest, self.mass, -rise)
        }
    }

    /// `P' − P`.
    pub fn gain(&self) -> f64 {
        self.mass * libm::expm1(self.log_gain())
    }

    /// `P'`.
    pub fn mass_after(&self) -> f64 {
        self.mass * libm::exp(self.log_gain())
    }
}

/// `π'`, the whole policy after a step of size `alpha`, from 1e-9 to 1e9; length `K`.
///
/// # Errors
/// An `alpha` outside that range.
pub fn policy_after(
    instance: &Instance,
    gradient: &PolicyGradient,
    alpha: f64,
) -> Result<DVector<f64>, Error> {
    check_step(alpha)?;
    let exponents = alpha * gradient.components();
    let largest = exponents.max();
    let weights = instance.policy().zip_map(&exponents, |p, y| p * libm::exp(y - largest));
    let total = weights.sum();
    Ok(weights / total)
}

/// Refuses a step size outside 1e-9 to 1e9.
fn check_step(alpha: f64) -> Result<(), Error> {
    if STEPS.contains(&alpha) {
        return Ok(());
    }
    Err(Error::parameter("step", alpha, "numbers from 1e-9 to 1e9"))
}

/// `−ln(mass + other · exp(−rise))` for `rise ≥ 0`.
fn log_gain_of_rise(mass: f64, other: f64, rise: f64) -> f64 {
    let lost = other * libm::expm1(-rise);
    if lost > -0.5 { -libm::log1p(lost) } else { -libm::log(mass + other * libm::exp(-rise)) }
}

/// `ln Σ w exp(α d)` over the optimal arms or over the others, with `w` their relative weights.
fn log_mean_exp(
    instance: &Instance,
    gradient: &PolicyGradient,
    alpha: f64,
    optimal: bool,
) -> Enclosure {
    let arms = || (0..instance.arms()).filter(|&j| instance.is_best(j) == optimal);
    let exponent = |j: usize| alpha * gradient.components()[j];
    let largest = arms().map(exponent).fold(f64::NEG_INFINITY, f64::max);
    let weighted = |value: fn(f64) -> f64| -> f64 {
        arms().map(|j| instance.policy()[j] * value(exponent(j) - largest)).sum()
    };
    let total = if optimal { instance.best_mass() } else { instance.rest_mass() };
    let shortfall = weighted(libm::expm1) / total;
    // 1 + shortfall would cancel where nearly all the weight lies far below the largest exponent.
    let ln = if shortfall > -0.5 {
        libm::log1p(shortfall)
    } else {
        libm::log(weighted(libm::exp) / total)
    };
    let moved = arms()
        .map(|j| alpha * gradient.errors()[j] + 4.0 * UNIT * exponent(j).abs())
        .fold(0.0, f64::max);
    let sums = (4.0 * instance.arms() as f64 + 20.0) * shortfall.abs();
    Enclosure {
        value: largest + ln,
        error: moved + 2.0 * UNIT * (sums + 3.0 * (largest.abs() + ln.abs())),
    }
}
