//! Focal weighting of pass@k: a plug-in estimate of its gradient (Mahdavi et al.).

use super::{dr_grpo, grpo, rloo};
use crate::moments::Weighting;
use crate::{Error, Group, Spread};

/// The advantage that [`Estimator::Focal`](crate::Estimator::Focal) scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// [`Estimator::Grpo`](crate::Estimator::Grpo) with ε = 1e-6.
    Grpo,
    /// [`Estimator::DrGrpo`](crate::Estimator::DrGrpo).
    DrGrpo,
    /// [`Estimator::Rloo`](crate::Estimator::Rloo).
    Rloo,
}

/// `Aᵢ = k (1 − c/N)^{k−1} · Aᵢᵇᵃˢᵉ`, from `∇pass@k = k (1−p)^{k−1} ∇p` with `p` replaced by the
/// group's own pass rate.
///
/// Biased, since the factor depends on the response it multiplies; see
/// [`pass_at_k_rloo`](super::pass_at_k_rloo) for the unbiased form. Zero on constant groups;
/// `k = 1` is the base itself. Binary rewards only.
///
/// Source: Mahdavi et al. 2025 (OpenReview Dn3gk9auxd), read from its abstract: the base and
/// whether the constant `k` is kept are this project's choices.
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
        Base::DrGrpo => dr_grpo::advantages_into(group, Weighting::Uniform, out),
        Base::Rloo => rloo::advantages_into(group, out)?,
    }
    let wrong_rate = wrong as f64 / group.size() as f64;
    let focus = k as f64 * libm::pow(wrong_rate, (k - 1) as f64);
    out.iter_mut().for_each(|advantage| *advantage *= focus);
    Ok(())
}
