//! Dr. GRPO: the reward less the group mean.

use crate::moments::{Weighting, deviations_into};
use crate::{Error, Group};

/// The formula on the page of [`Estimator::DrGrpo`](crate::Estimator::DrGrpo).
pub(crate) fn advantages_into(
    group: Group<'_>,
    weighting: Weighting<'_>,
    out: &mut [f64],
) -> Result<(), Error> {
    deviations_into(group.rewards(), weighting, out);
    Ok(())
}
