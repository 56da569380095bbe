//! Entropic leave-one-out advantage with β chosen from the group itself.

use super::entropic_loo;
use crate::{Error, Group};
use std::f64::consts::LN_2;

/// Where doubling β stops.
const LARGEST_BETA: f64 = 1e6;
const BISECTIONS: usize = 60;

/// [`entropic_loo`] at the β where the tilted weights lie `ln 2` from uniform.
///
/// # Formula
/// ```text
/// KL( q_β ‖ uniform ) = ln 2,      qᵢ ∝ exp(β rᵢ)
/// ```
/// β is doubled from 1 until the divergence passes `ln 2` or β passes 1e6, then bisected 60 times.
/// Where it is out of reach (more than half of the rewards tied at the top) β ends at 2²⁰; with
/// exactly half, `ln 2` is the limit for `β → ∞`, and rounding decides which large β is taken.
/// Invariant under shifts and positive scalings of the rewards, as far as β between 2⁻⁶⁰ and 2²⁰
/// reaches. A constant or singleton group gets exactly 0.
///
/// Source: arXiv 2601.16175, "entropic_adaptive_beta".
pub(crate) fn advantages_into(group: Group<'_>, out: &mut [f64]) -> Result<(), Error> {
    if group.is_constant() {
        out.fill(0.0);
        return Ok(());
    }
    entropic_loo::advantages_into(group, adaptive_beta(group), out)
}

/// The β of the formula above, from above.
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
