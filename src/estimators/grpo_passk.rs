//! GRPO_PASSK: only the best response of the group learns.

use super::grpo;
use crate::moments::{Weighting, deviations_into, standard_deviation};
use crate::{Error, Group, Spread};

/// The best response gets `r₍N₎ − r₍N−1₎`, all others 0; with `normalise`, divided by the group's
/// standard deviation plus 1e-6.
///
/// Not normalised, `N A` is unbiased for `∇E[max of N]`: it is `pkpo-loo1` with `k = N`, divided by
/// `N`. A tie at the top, so every constant group and every group with two correct responses, gives
/// all zeros. Needs `N ≥ 2`.
///
/// Source: verl `GRPO_PASSK` (which normalises by default); Tang et al. 2025, arXiv 2503.19595.
pub(crate) fn advantages_into(
    group: Group<'_>,
    normalise: bool,
    out: &mut [f64],
) -> Result<(), Error> {
    group.require_size("grpo-passk", 2)?;
    let scale = match normalise {
        true => {
            deviations_into(group.rewards(), Weighting::Uniform, out);
            standard_deviation(out, Spread::Sample, Weighting::Uniform) + grpo::DEFAULT_EPSILON
        }
        false => 1.0,
    };
    let (best, lead) = best_and_lead(group);
    out.fill(0.0);
    out[best] = lead / scale;
    Ok(())
}

/// Position of the largest reward, and its distance to the second largest.
fn best_and_lead(group: Group<'_>) -> (usize, f64) {
    let rewards = group.rewards();
    let (mut best, mut second) = (0, f64::NEG_INFINITY);
    for (i, &reward) in rewards.iter().enumerate().skip(1) {
        if reward > rewards[best] {
            second = rewards[best];
            best = i;
        } else {
            second = second.max(reward);
        }
    }
    (best, rewards[best] - second)
}
