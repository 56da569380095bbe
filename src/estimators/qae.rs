//! QAE: a quantile of the group as baseline.

use super::grpo::check_epsilon;
use crate::moments::{Weighting, deviations_into, standard_deviation};
use crate::parameter::range::BELOW_ONE;
use crate::quantile::whole_or_above;
use crate::{Error, Group, Scratch, Spread};

/// The formula on the page of [`Estimator::Qae`](crate::Estimator::Qae).
pub(crate) fn advantages_into(
    group: Group<'_>,
    level: f64,
    epsilon: f64,
    spread: Spread,
    out: &mut [f64],
    scratch: &mut Scratch,
) -> Result<(), Error> {
    BELOW_ONE.check("level", level)?;
    check_epsilon(epsilon)?;
    deviations_into(group.rewards(), Weighting::Uniform, out);
    let deviation = standard_deviation(out, spread, Weighting::Uniform);
    if deviation == 0.0 {
        out.fill(0.0);
        return Ok(());
    }
    let n = group.size();
    let sorted = scratch.sort_ascending(group.rewards());
    let baseline = sorted[whole_or_above(level * n as f64).clamp(1, n) - 1];
    for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
        *advantage = (reward - baseline) / (deviation + epsilon);
    }
    Ok(())
}
