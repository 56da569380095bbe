//! MaxRL: the deviation relative to the mean reward.

use super::grpo::check_epsilon;
use crate::moments::{Weighting, deviations_into};
use crate::{Error, Group};

/// The formula on the page of [`Estimator::MaxRl`](crate::Estimator::MaxRl).
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
