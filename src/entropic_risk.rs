//! The entropic risk V_β: the objective RS-GRPO climbs.

use crate::estimators::rs_grpo;
use crate::moments::Weighting;
use crate::{Error, Group, Policy};

/// Entropic risk of a group, each response weighing `1/N`.
///
/// # Formula
/// ```text
/// V_β = (1/β) ln( (1/N) Σⱼ exp(β rⱼ) )
/// ```
/// `β → 0` is the mean, `β → +∞` the maximum, `β → −∞` the minimum. Non-decreasing in `β`, and
/// shifting every reward by `s` shifts it by `s`. Stable for every finite `β`.
///
/// # Errors
/// A bad group, or a `beta` that is not finite.
pub fn entropic_risk(rewards: &[f64], beta: f64) -> Result<f64, Error> {
    let group = Group::new(rewards)?;
    risk(group, beta, Weighting::Uniform)
}

/// Entropic risk of a policy over arms with known rewards: `(1/β) ln Σⱼ πⱼ exp(β rⱼ)`.
///
/// # Errors
/// A `beta` that is not finite, or a difference of rewards that overflows.
pub fn population_entropic_risk(policy: Policy<'_>, beta: f64) -> Result<f64, Error> {
    let (group, weighting) = policy.parts();
    risk(group, beta, weighting)
}

fn risk(group: Group<'_>, beta: f64, weighting: Weighting<'_>) -> Result<f64, Error> {
    let value = rs_grpo::entropic_risk(group, beta, weighting)?;
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::Overflow { estimator: "entropic risk", magnitude: group.magnitude() })
}
