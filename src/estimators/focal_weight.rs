//! F-GRPO: any estimator, with less weight on groups that are mostly correct.

use crate::text::range::NOT_NEGATIVE;
use crate::{Error, Estimator, Group, Scratch};

/// The formula on the page of [`Estimator::FocalWeight`](crate::Estimator::FocalWeight).
///
/// Not inlined: the other estimator may be any, this one too.
#[inline(never)]
pub(crate) fn advantages_into(
    group: Group<'_>,
    gamma: f64,
    of: &Estimator,
    out: &mut [f64],
    scratch: &mut Scratch,
) -> Result<(), Error> {
    NOT_NEGATIVE.check("gamma", gamma)?;
    if matches!(of, Estimator::FocalWeight { .. }) {
        let allowed =
            "any estimator but focal-weight, of which two are one with the sum of their gamma";
        return Err(Error::parameter("of", of, allowed));
    }
    let wrong = group.size() - group.correct("focal-weight")?;
    of.advantages_into(group.rewards(), out, scratch)?;
    let focus = libm::pow(wrong as f64 / group.size() as f64, gamma);
    // Not −0 where nothing is wrong.
    out.iter_mut().for_each(|advantage| *advantage = *advantage * focus + 0.0);
    Ok(())
}
