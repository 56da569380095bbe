//! Risk-seeking policy gradient: only the best share of the group learns.

use crate::parameter::range::SHARE;
use crate::quantile::whole_or_below;
use crate::{Error, Group, Scratch};

/// The formula on the page of [`Estimator::TopEps`](crate::Estimator::TopEps).
pub(crate) fn advantages_into(
    group: Group<'_>,
    epsilon: f64,
    out: &mut [f64],
    scratch: &mut Scratch,
) -> Result<(), Error> {
    SHARE.check("eps", epsilon)?;
    let last = group.size() - 1;
    let sorted = scratch.sort_ascending(group.rewards());
    // ⌈(1 − ε)(N − 1)⌉ from the bottom, counted from the top.
    let quantile = sorted[last - whole_or_below(epsilon * last as f64).min(last)];
    for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
        *advantage = if reward > quantile { (reward - quantile) / epsilon } else { 0.0 };
    }
    Ok(())
}
