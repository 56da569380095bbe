//! Unbiased pass@k with a leave-one-out baseline.

use crate::binomial::choose_ratio;
use crate::{Error, Group};

/// `Aᵢ = k hᵢ (rᵢ − cᵢ/(N−1))` with `cᵢ` the number of correct *other* responses and
/// `hᵢ = C(N−1−cᵢ, k−1)/C(N−1, k−1)` the chance that `k−1` of the others are all wrong.
///
/// Both factors of the weight ignore response `i`, so it is unbiased for `∇pass@k` at every
/// `N ≥ max(2, k)`. `k = 1` is RLOO; constant groups get exactly 0; the sum need not be 0. Binary
/// rewards only.
///
/// Source: the exact counterpart of [`focal`](super::focal); the gradient `k (1−p)^{k−1} ∇p` is in
/// Mahdavi et al. 2025 (OpenReview Dn3gk9auxd).
pub(crate) fn advantages_into(group: Group<'_>, k: usize, out: &mut [f64]) -> Result<(), Error> {
    group.require_size("pass-at-k-rloo", 2)?;
    group.require_k(k, 1, 0)?;
    let correct = group.correct("pass-at-k-rloo")?;
    let others = group.size() - 1;
    let weight = |reward: f64, others_correct: usize| {
        let all_wrong = choose_ratio(others - others_correct, others, k - 1);
        k as f64 * all_wrong * (reward - others_correct as f64 / others as f64)
    };
    let if_correct = if correct > 0 { weight(1.0, correct - 1) } else { 0.0 };
    let if_wrong = if correct <= others { weight(0.0, correct) } else { 0.0 };
    for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
        *advantage = if reward == 1.0 { if_correct } else { if_wrong };
    }
    Ok(())
}
