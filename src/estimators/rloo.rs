//! RLOO: REINFORCE with a leave-one-out baseline.

use super::dr_grpo;
use crate::moments::Weighting;
use crate::{Error, Group};

/// The formula on the page of [`Estimator::Rloo`](crate::Estimator::Rloo).
pub(crate) fn advantages_into(group: Group<'_>, out: &mut [f64]) -> Result<(), Error> {
    group.require_size("rloo", 2)?;
    dr_grpo::advantages_into(group, Weighting::Uniform, out)?;
    let n = group.size() as f64;
    out.iter_mut().for_each(|advantage| *advantage *= n / (n - 1.0));
    Ok(())
}
