//! The values of β at which something changes, in closed form and as roots.
//!
//! | threshold | past it |
//! |---|---|
//! | [`first_order_root`] | a small enough step raises the optimal mass |
//! | [`small_step_bound`] | the same, in closed form |
//! | [`every_step_root`] | the optimal arms have the largest gradient, so every step raises them |
//! | [`risk_root`] | `V_β ≥ r₂`: only the optimal arms have a positive advantage |
//! | [`beta_bar`] | the same, in closed form: Lemma 2 |
//! | [`falling_bound`] | the gain of every step falls as β grows: the trade-off |

use super::enclosure::UNIT;
use super::roots::{grid, last_root, root};
use super::{Expansion, Instance, PolicyGradient, Sign, Step, first_order_gain};
use crate::Error;
use rs_grpo::population_entropic_risk;
use serde::Serialize;

/// Points of the grid on which sign changes are looked for.
const GRID: usize = 64;

/// `β̄ = ln(1/P) / Δ`, rounded up by more than its rounding error of `2 (K + 16) u`.
///
/// Proof and meaning: [`lemma2`](super::lemma2).
pub fn beta_bar(instance: &Instance) -> f64 {
    rounded_up(instance, instance.surprisal() / instance.gap())
}

/// `β_fall = (L + √(2L)) / Δ` with `L = ln(1/P)`, rounded up like [`beta_bar`].
///
/// Proof and meaning: [`tradeoff`](super::tradeoff).
pub fn falling_bound(instance: &Instance) -> f64 {
    let surprisal = instance.surprisal();
    rounded_up(instance, (surprisal + (2.0 * surprisal).sqrt()) / instance.gap())
}

fn rounded_up(instance: &Instance, beta: f64) -> f64 {
    beta * (1.0 + 4.0 * (instance.arms() as f64 + 16.0) * UNIT)
}

/// `β₀ = max(0, ln(B/C) / Δ)`, past which a small enough step raises the optimal mass.
///
/// # Formula
/// ```text
/// B = Σ_{j∉O} max(0, cⱼ),   C and cⱼ as in Expansion
/// ```
/// because `β Z G ≥ C e^{β r*} − B e^{β r₂}`.
pub fn small_step_bound(instance: &Instance) -> f64 {
    let expansion = Expansion::new(instance);
    let positive: f64 = expansion.below().iter().map(|(_, c)| c.max(0.0)).sum();
    (libm::log(positive / expansion.top()) / instance.gap()).max(0.0)
}

/// The exact first-order threshold and how it was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstOrderRoot {
    /// The largest β > 0 with `G = 0`, past which `G > 0`; `None` if `G` is positive for every β > 0.
    pub beta: Option<f64>,
    /// Number of sign changes of `G` on β > 0 that were found.
    pub sign_changes: usize,
    /// Whether Descartes' rule proves that there are no others.
    ///
    /// Otherwise `G` was evaluated at 65 points up to [`beta_bar`], and a pair of roots between two
    /// neighbouring points would have been missed.
    pub proved: bool,
}

/// Finds the largest root of `G` over β > 0.
///
/// # Errors
/// None for a valid instance.
pub fn first_order_root(instance: &Instance) -> Result<FirstOrderRoot, Error> {
    let gain = |beta: f64| -> Result<f64, Error> {
        let gradient = PolicyGradient::new(instance, beta)?;
        Ok(first_order_gain(instance, &gradient).value)
    };
    let bar = beta_bar(instance);
    let possible = Expansion::new(instance).sign_changes();
    if possible > 2 {
        return sampled_root(&grid(bar, GRID), gain);
    }
    let falls_at_zero = possible == 2 && gain(0.0)? < 0.0;
    Ok(FirstOrderRoot {
        beta: falls_at_zero.then(|| root(0.0, bar, gain)).transpose()?,
        sign_changes: usize::from(falls_at_zero),
        proved: true,
    })
}

fn sampled_root(
    grid: &[f64],
    gain: impl Fn(f64) -> Result<f64, Error>,
) -> Result<FirstOrderRoot, Error> {
    let falls =
        grid.iter().map(|&beta| Ok(gain(beta)? < 0.0)).collect::<Result<Vec<_>, Error>>()?;
    Ok(FirstOrderRoot {
        beta: last_root(grid, gain)?,
        sign_changes: falls.windows(2).filter(|pair| pair[0] != pair[1]).count(),
        proved: false,
    })
}

/// The root of `V_β = r₂`, 0 where the mean reward already reaches `r₂`.
///
/// `V_β` never decreases in β, so the root is unique; it is at most [`beta_bar`].
///
/// # Errors
/// None for a valid instance.
pub fn risk_root(instance: &Instance) -> Result<f64, Error> {
    let excess = |beta: f64| {
        population_entropic_risk(instance.core_policy()?, beta)
            .map(|risk| risk - instance.second_reward())
            .map_err(|source| Error::Estimator { estimator: "entropic risk".to_owned(), source })
    };
    if excess(0.0)? >= 0.0 {
        return Ok(0.0);
    }
    root(0.0, beta_bar(instance), excess)
}

/// The largest β at which an optimal arm stops having a smaller gradient than a suboptimal one;
/// 0 where that never happens. Found on a grid up to [`risk_root`].
///
/// Past it `dᵢ ≥ dⱼ` for all `i ∈ O`, `j ∉ O`, so that every step size raises the optimal mass.
///
/// # Errors
/// None for a valid instance.
pub fn every_step_root(instance: &Instance) -> Result<f64, Error> {
    let lead = |beta: f64| PolicyGradient::new(instance, beta).map(|g| optimal_lead(instance, &g));
    Ok(last_root(&grid(risk_root(instance)?, GRID), lead)?.unwrap_or(0.0))
}

/// `min_{i∈O} dᵢ − max_{j∉O} dⱼ`.
pub(crate) fn optimal_lead(instance: &Instance, gradient: &PolicyGradient) -> f64 {
    let (mut optimal, mut other) = (f64::INFINITY, f64::NEG_INFINITY);
    for (j, &d) in gradient.components().iter().enumerate() {
        if instance.is_best(j) {
            optimal = optimal.min(d);
        } else {
            other = other.max(d);
        }
    }
    optimal - other
}

/// Which step sizes raise the probability of the optimal arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepLimit {
    /// None: the probability falls at first order, and so at every step size.
    None,
    /// All below this one, which is searched for up to 5e8.
    Below(f64),
    /// All.
    Unlimited,
}

/// The step sizes that raise a unique optimal arm; `None` if several arms tie for the best.
///
/// # Formula
/// ```text
/// f(α) = ln Σⱼ πⱼ exp(α dⱼ) − α d* < 0
/// ```
/// is the condition. `f` is convex with `f(0) = 0` and `f'(0) = −G`, so it holds on an interval
/// `(0, α_max)`, which is empty for `G ≤ 0` and unbounded if and only if `d* ≥ max dⱼ`. With ties the
/// condition is on a difference of convex functions and need not hold on a single interval.
///
/// # Errors
/// None for a valid instance.
pub fn step_limit(
    instance: &Instance,
    gradient: &PolicyGradient,
) -> Result<Option<StepLimit>, Error> {
    if instance.best_arms() > 1 {
        return Ok(None);
    }
    if first_order_gain(instance, gradient).sign() != Sign::Positive {
        return Ok(Some(StepLimit::None));
    }
    if optimal_lead(instance, gradient) >= 0.0 {
        return Ok(Some(StepLimit::Unlimited));
    }
    let fall = |alpha: f64| -> Result<f64, Error> {
        Ok(-Step::new(instance, gradient, alpha)?.log_odds_gain().value)
    };
    let (mut low, mut high) = (1e-9, 2e-9);
    while high < 5e8 && fall(high)? < 0.0 {
        (low, high) = (high, 2.0 * high);
    }
    root(low, high, fall).map(|alpha| Some(StepLimit::Below(alpha)))
}
