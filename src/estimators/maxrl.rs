//! MaxRL: the deviation relative to the mean reward.

use super::grpo::check_epsilon;
use crate::moments::{Weighting, deviations_into};
use crate::{Error, Group};

/// `Aᵢ = (rᵢ − r̄) / (r̄ + ε)`; 0 for every response of an all-wrong group.
///
/// With `ε → 0` and binary rewards it is unbiased for `Σ_{k=1}^{N−1} (1/k) ∇pass@k`, the likelihood
/// objective truncated at order `N − 1`: `w_N(p) = (1 − (1−p)^{N−1}) / p`. RS-GRPO on 0/1 rewards is
/// this rule smoothed: `(1/β)(rᵢ − r̄)/(r̄ + δ)` with `δ = 1/(e^β − 1)`.
///
/// Needs rewards ≥ 0: a negative mean would flip the sign of every advantage.
///
/// Source: Tajwar, Zeng et al. 2026, arXiv 2602.02710 (released default, ε = 1e-6).
pub(crate) fn advantages_into(
    group: Group<'_>,
    epsilon: f64,
    weighting: Weighting<'_>,
    out: &mut [f64],
) -> Result<(), Error> {
    check_epsilon(epsilon)?;
    group.require("maxrl", "rewards of 0 or more", |reward| reward >= 0.0)?;
    let mean = deviations_into(group.rewards(), weighting, out);
    if mean > 0.0 {
        out.iter_mut().for_each(|advantage| *advantage /= mean + epsilon);
    }
    Ok(())
}
