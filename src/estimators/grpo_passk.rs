//! GRPO_PASSK: only the best response of the group learns.

use super::grpo;
use crate::moments::{Weighting, deviations_into, standard_deviation};
use crate::{Error, Group, Spread};

/// The formula on the page of [`Estimator::GrpoPassK`](crate::Estimator::GrpoPassK).
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
