//! Everything the theory says about one bandit.

use super::thresholds::{
    beta_bar, every_step_root, falling_bound, first_order_root, risk_root, small_step_bound,
    step_limit,
};
use super::{
    Enclosure, Expansion, Instance, PolicyGradient, Step, StepLimit, first_order_gain, peak,
    policy_after,
};
use crate::Error;
use serde::Serialize;

/// One bandit under one step size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Rewards, length `K`.
    pub rewards: Vec<f64>,
    /// Probabilities before the step, length `K`.
    pub policy: Vec<f64>,
    /// Step size `α`.
    pub step: f64,
    /// Total probability `P` of the best arms; `π*` if there is one.
    pub best_mass: f64,
    /// Gap `Δ` between the best reward and the next.
    pub gap: f64,
    /// Limit of `β G` as `β → ∞`.
    pub limit: f64,
    /// The values of β at which something changes.
    pub thresholds: Thresholds,
    /// Where the gain of the step is largest.
    pub peak: PeakGain,
    /// The step at each of the given β.
    pub rows: Vec<Row>,
}

/// The thresholds of one bandit; [`thresholds`](super::thresholds) explains them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Thresholds {
    /// Largest root of `G`; `None` if `G` is positive for every β > 0.
    pub first_order_root: Option<f64>,
    /// Closed form past which a small enough step raises the optimal mass.
    pub small_step_bound: f64,
    /// Past it the optimal arms have the largest gradient.
    pub every_step_root: f64,
    /// Root of `V_β = r₂`.
    pub risk_root: f64,
    /// Lemma 2: past it every step raises the optimal mass.
    pub beta_bar: f64,
    /// Past it the gain of every step falls as β grows.
    pub falling_bound: f64,
}

/// The largest gain of a step over β.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PeakGain {
    /// The β at which the gain is largest.
    pub beta: f64,
    /// The gain `P' − P` there.
    pub gain: f64,
}

/// One step at one β.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Risk parameter `β`.
    pub beta: f64,
    /// First-order gain `G = d ln P/dα` at `α = 0`.
    pub first_order_gain: Enclosure,
    /// Gain in log-probability, `ln(P'/P)`.
    pub log_gain: f64,
    /// Gain in probability, `P' − P`.
    pub gain: f64,
    /// Gain in the log-odds of the best arms; its error bound decides the sign of the gain.
    pub log_odds_gain: Enclosure,
    /// Step sizes with a gain; `None` if several arms tie for the best.
    pub step_limit: Option<StepLimit>,
    /// Probabilities `π'` after the step, length `K`.
    pub policy_after: Vec<f64>,
}

/// Analyses `instance` under a step of size `alpha` at each of `betas`.
///
/// # Errors
/// A step size outside 1e-9 to 1e9, or a β outside −1e15 to 1e15.
pub fn analyse(instance: &Instance, alpha: f64, betas: &[f64]) -> Result<Analysis, Error> {
    Ok(Analysis {
        rewards: instance.rewards().as_slice().to_vec(),
        policy: instance.policy().as_slice().to_vec(),
        step: alpha,
        best_mass: instance.best_mass(),
        gap: instance.gap(),
        limit: Expansion::new(instance).limit().value,
        thresholds: thresholds(instance)?,
        peak: peak_gain(instance, alpha)?,
        rows: betas.iter().map(|&beta| row(instance, alpha, beta)).collect::<Result<_, _>>()?,
    })
}

fn thresholds(instance: &Instance) -> Result<Thresholds, Error> {
    Ok(Thresholds {
        first_order_root: first_order_root(instance)?.beta,
        small_step_bound: small_step_bound(instance),
        every_step_root: every_step_root(instance)?,
        risk_root: risk_root(instance)?,
        beta_bar: beta_bar(instance),
        falling_bound: falling_bound(instance),
    })
}

fn peak_gain(instance: &Instance, alpha: f64) -> Result<PeakGain, Error> {
    let beta = peak(instance, alpha)?;
    let gradient = PolicyGradient::new(instance, beta)?;
    let gain = Step::new(instance, &gradient, alpha)?.gain();
    Ok(PeakGain { beta, gain })
}

fn row(instance: &Instance, alpha: f64, beta: f64) -> Result<Row, Error> {
    let gradient = PolicyGradient::new(instance, beta)?;
    let step = Step::new(instance, &gradient, alpha)?;
    Ok(Row {
        beta,
        first_order_gain: first_order_gain(instance, &gradient),
        log_gain: step.log_gain(),
        gain: step.gain(),
        log_odds_gain: step.log_odds_gain(),
        step_limit: step_limit(instance, &gradient)?,
        policy_after: policy_after(instance, &gradient, alpha)?.as_slice().to_vec(),
    })
}
