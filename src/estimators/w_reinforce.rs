//! PSR, NSR and W-REINFORCE: one advantage for correct responses, one for wrong ones.

use crate::parameter::range::NOT_NEGATIVE;
use crate::{Error, Group};

/// `on_correct` for correct responses, `on_wrong` for wrong ones, whatever the group.
pub(crate) fn advantages_into(
    group: Group<'_>,
    name: &'static str,
    on_correct: f64,
    on_wrong: f64,
    out: &mut [f64],
) -> Result<(), Error> {
    group.correct(name)?;
    for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
        *advantage = if reward == 1.0 { on_correct } else { on_wrong };
    }
    Ok(())
}

/// The formula on the page of [`Estimator::WReinforce`](crate::Estimator::WReinforce).
pub(crate) fn weighted_into(group: Group<'_>, lambda: f64, out: &mut [f64]) -> Result<(), Error> {
    NOT_NEGATIVE.check("lambda", lambda)?;
    advantages_into(group, "w-reinforce", lambda, -1.0, out)
}
