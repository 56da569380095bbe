//! Pass@k training: the standardised advantage of the group's pass@k (Chen et al.).

use super::grpo::check_epsilon;
use crate::binomial::choose_ratio;
use crate::{Error, Group};

/// Advantages of a group with `c` correct and `w = N − c` wrong responses.
///
/// # Formula
/// ```text
/// R̄  = 1 − C(w,k)/C(N,k)           σ = √(R̄ (1 − R̄))
/// A₊ = (1 − R̄)/(σ + ε)             A₋ = (1 − R̄ − C(w−1,k−1)/C(N−1,k−1))/(σ + ε)
/// ```
/// With `C(w−1,k−1)/C(N−1,k−1) = (N/w)(1 − R̄)` the second is `A₋ = −(c/w) A₊`.
///
/// Zero as soon as `c = 0` or `w < k`: it stops learning once the pass rate passes `1 − k/N`.
/// `Σ Aᵢ = 0`; `k = 1` is GRPO with the population deviation. Not unbiased for pass@k. Binary
/// rewards only.
///
/// Source: Chen et al. 2025, arXiv 2508.10751 (ε = 1e-6 in the released code).
pub(crate) fn advantages_into(
    group: Group<'_>,
    k: usize,
    epsilon: f64,
    out: &mut [f64],
) -> Result<(), Error> {
    check_epsilon(epsilon)?;
    group.require_k(k, 1, 0)?;
    let correct = group.correct("pass-at-k")?;
    let wrong = group.size() - correct;
    let none_correct = choose_ratio(wrong, group.size(), k);
    let deviation = (none_correct * (1.0 - none_correct)).sqrt();
    if deviation == 0.0 {
        out.fill(0.0);
        return Ok(());
    }
    let if_correct = none_correct / (deviation + epsilon);
    let if_wrong = -if_correct * (correct as f64 / wrong as f64);
    for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
        *advantage = if reward == 1.0 { if_correct } else { if_wrong };
    }
    Ok(())
}
