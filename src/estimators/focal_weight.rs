//! F-GRPO: any estimator, with less weight on groups that are mostly correct.

use crate::parameter::range::NOT_NEGATIVE;
use crate::{Error, Group, Scratch};

/// The formula on the page of [`Estimator::FocalWeight`](crate::Estimator::FocalWeight): `compute`
/// gives the advantages of the estimator of that name.
///
/// Not inlined, since that estimator may be any.
#[inline(never)]
pub(crate) fn advantages_into(
    (group, gamma, of): (Group<'_>, f64, &'static str),
    (out, scratch): (&mut [f64], &mut Scratch),
    compute: impl FnOnce(&[f64], &mut [f64], &mut Scratch) -> Result<(), Error>,
) -> Result<(), Error> {
    const OWN_NAME: &str = "focal-weight";
    NOT_NEGATIVE.check("gamma", gamma)?;
    if of == OWN_NAME {
        let allowed = "any other estimator: two focal weights are one with the sum of their gamma";
        return Err(Error::parameter("of", of, allowed));
    }
    let wrong = group.size() - group.correct(OWN_NAME)?;
    compute(group.rewards(), out, scratch)?;
    let focus = libm::pow(wrong as f64 / group.size() as f64, gamma);
    // Not −0 where nothing is wrong.
    out.iter_mut().for_each(|advantage| *advantage = *advantage * focus + 0.0);
    Ok(())
}
