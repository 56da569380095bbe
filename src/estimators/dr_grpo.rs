//! Dr. GRPO: the reward less the group mean.

use super::rs_grpo::{Weighting, centre_into};
use crate::Group;

/// `Aᵢ = rᵢ − r̄`: the `β → 0` limit of RS-GRPO.
///
/// Its expectation is `((N−1)/N) ∇E[r]`: the exact direction, a little short. A constant or
/// singleton group gets exactly 0.
///
/// Source: Liu et al. 2025, arXiv 2503.20783; verl's GRPO without division by the deviation.
pub(crate) fn advantages_into(group: Group<'_>, out: &mut [f64]) {
    centre_into(group, Weighting::Uniform, out);
}
