//! Dr. GRPO: the reward less the group mean.

use crate::Group;
use crate::moments::{Weighting, deviations_into};

/// `Aᵢ = rᵢ − r̄`: the `β → 0` limit of RS-GRPO.
///
/// Its expectation is `((N−1)/N) ∇E[r]`: the exact direction, a little short. A constant or
/// singleton group gets exactly 0.
///
/// Source: Liu et al. 2025, arXiv 2503.20783; verl's GRPO without division by the deviation.
pub(crate) fn advantages_into(group: Group<'_>, weighting: Weighting<'_>, out: &mut [f64]) {
    deviations_into(group.rewards(), weighting, out);
}
