//! The unbiased estimate of max@k: pass@k for rewards that are not binary.

use crate::binomial::max_weights;
use crate::{Error, Group};

/// Expected largest reward among `k` responses, estimated without bias from a group of `N ≥ k`.
///
/// # Formula
/// ```text
/// max@k = (1/C(N,k)) Σ_{i=k..N} C(i−1, k−1) x₍ᵢ₎        x₍₁₎ ≤ … ≤ x₍N₎
/// ```
/// The weights are built from the top down by a ratio: no binomial coefficient is formed, none overflows,
/// and rounding stays below 1e-11 for a million rewards.
/// `k = 1` is the mean, `k = N` the largest reward; on 0/1 rewards it equals
/// [`pass_at_k`](crate::pass_at_k()). Cost `O(N log N)`.
///
/// # Errors
/// A bad group, or `k` outside `1..=N`.
///
/// Source: Walder & Karkhanis 2025, arXiv 2505.15201.
pub fn max_at_k(rewards: &[f64], k: usize) -> Result<f64, Error> {
    let group = Group::new(rewards)?;
    group.require_k(k, 1, 0)?;
    let mut sorted = rewards.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let top = sorted[sorted.len() - 1];
    let value = top - shortfall(&sorted, k, top);
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::Overflow { estimator: "max@k", magnitude: group.magnitude() })
}

/// `top − max@k`, summed on differences so that it is exactly 0 where all rewards equal `top`.
pub(crate) fn shortfall(sorted: &[f64], k: usize, top: f64) -> f64 {
    let from_top = sorted.iter().rev();
    max_weights(sorted.len(), k)
        .zip(from_top)
        .fold(0.0, |sum, (weight, reward)| sum + weight * (top - reward))
}
