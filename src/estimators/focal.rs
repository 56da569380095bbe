//! Focal weighting of pass@k: a plug-in estimate of its gradient (Mahdavi et al.).

use super::focal_base::Base;
use super::{dr_grpo, grpo, rloo};
use crate::moments::Weighting;
use crate::{Error, Group, Spread};

/// The formula on the page of [`Estimator::Focal`](crate::Estimator::Focal).
pub(crate) fn advantages_into(
    group: Group<'_>,
    k: usize,
    base: Base,
    out: &mut [f64],
) -> Result<(), Error> {
    group.require_k(k, 1, 0)?;
    let wrong = group.size() - group.correct("focal")?;
    match base {
        Base::Grpo => {
            let (epsilon, spread) = (grpo::DEFAULT_EPSILON, Spread::Sample);
            grpo::advantages_into(group, epsilon, spread, Weighting::Uniform, out)?;
        }
        Base::DrGrpo => dr_grpo::advantages_into(group, Weighting::Uniform, out)?,
        Base::Rloo => rloo::advantages_into(group, out)?,
    }
    let wrong_rate = wrong as f64 / group.size() as f64;
    let focus = k as f64 * libm::pow(wrong_rate, (k - 1) as f64);
    out.iter_mut().for_each(|advantage| *advantage *= focus);
    Ok(())
}
