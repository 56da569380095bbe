//! Points of the figure of the gain.

use super::{Instance, PolicyGradient, Step};
use crate::Error;
use serde::Serialize;

/// The gain over β at one step size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GainCurve {
    /// Step size `α`.
    pub step: f64,
    /// Risk parameter `β` of each point.
    pub betas: Vec<f64>,
    /// `ln(P'/P) / α` of each point, comparable across step sizes; it tends to `G` as `α → 0`.
    pub gains: Vec<f64>,
}

/// The gain curve at each of `steps`, on the points `betas`.
///
/// # Errors
/// A step size outside 1e-9 to 1e9, or a β outside −1e15 to 1e15.
pub fn gain_curves(
    instance: &Instance,
    steps: &[f64],
    betas: &[f64],
) -> Result<Vec<GainCurve>, Error> {
    let gain = |alpha: f64, beta: f64| -> Result<f64, Error> {
        let gradient = PolicyGradient::new(instance, beta)?;
        Ok(Step::new(instance, &gradient, alpha)?.log_gain() / alpha)
    };
    let curve = |&step: &f64| {
        let gains = betas.iter().map(|&beta| gain(step, beta));
        Ok(GainCurve { step, betas: betas.to_vec(), gains: gains.collect::<Result<_, Error>>()? })
    };
    steps.iter().map(curve).collect()
}

/// `count` points evenly spaced in the logarithm from `low` to `high`, both above 0.
pub fn log_spaced(low: f64, high: f64, count: usize) -> Vec<f64> {
    let (a, b) = (libm::log(low), libm::log(high));
    let cells = count.saturating_sub(1).max(1) as f64;
    (0..count).map(|i| libm::exp(a + (b - a) * i as f64 / cells)).collect()
}
