//! Entropic leave-one-out advantage with β chosen from the group itself.

use super::entropic_loo;
use crate::{Error, Group};
use std::f64::consts::LN_2;

/// Where doubling β stops.
const LARGEST_BETA: f64 = 1e6;
const BISECTIONS: usize = 60;

/// The formula on the page of [`Estimator::EntropicAdaptive`](crate::Estimator::EntropicAdaptive).
pub(crate) fn advantages_into(group: Group<'_>, out: &mut [f64]) -> Result<(), Error> {
    if group.is_constant() {
        out.fill(0.0);
        return Ok(());
    }
    entropic_loo::advantages_into(group, adaptive_beta(group), out)
}

/// The β of the formula, from above.
fn adaptive_beta(group: Group<'_>) -> f64 {
    let mut high = 1.0;
    while divergence(group, high) < LN_2 && high < LARGEST_BETA {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if divergence(group, middle) < LN_2 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// `KL(q_β ‖ uniform) = Σ qᵢ t_i − ln(mean e^{tᵢ})` with `tᵢ = β (rᵢ − max r)`.
fn divergence(group: Group<'_>, beta: f64) -> f64 {
    let max = group.max();
    let (mut sum, mut weighted) = (0.0, 0.0);
    for reward in group.rewards() {
        let exponent = beta * (reward - max);
        let weight = crate::exp(exponent);
        sum += weight;
        // A weight of 0 times an exponent of −∞ counts as 0.
        if weight > 0.0 {
            weighted += weight * exponent;
        }
    }
    weighted / sum - libm::log(sum / group.size() as f64)
}
