//! RS-LOO: an unbiased leave-one-out form of the risk-sensitive advantage.

use super::rs_grpo::{self, Weighting};
use crate::{Error, Group};

/// Advantages of RS-LOO.
///
/// # Formula
/// ```text
/// Aᵢ = N ( V_β(all) − V_β(all but i) )
/// ```
/// Unbiased for `∇E[ (1/β) ln( (1/N) Σ exp(β rⱼ) ) ]`, an objective between `E[r]` and the entropic
/// risk, for any real rewards. `β → 0` is RLOO. Needs `N ≥ 2`; a constant group gets exactly 0.
///
/// With `Bᵢ` the RS-GRPO advantage, `exp(β rᵢ)/mean = 1 + β Bᵢ`, so the difference of logarithms
/// becomes `−(N/β) log1p(−β Bᵢ/(N−1))`: `O(N)` and free of cancellation, but for a response that
/// holds most of the total weight (there is at most one), whose others are summed anew.
///
/// Source: leave-one-out for a general group objective, Tang et al. 2025, arXiv 2503.19595, applied
/// to the entropic risk.
pub(crate) fn advantages_into(group: Group<'_>, beta: f64, out: &mut [f64]) -> Result<(), Error> {
    group.require_size("rs-loo", 2)?;
    rs_grpo::advantages_into(group, beta, out)?;
    let n = group.size() as f64;
    for (i, advantage) in out.iter_mut().enumerate() {
        *advantage = leave_one_out(group, beta, i, n, *advantage);
    }
    Ok(())
}

/// `N (V_β(all) − V_β(all but i))`, given the RS-GRPO advantage of `i`.
fn leave_one_out(group: Group<'_>, beta: f64, i: usize, n: f64, tilted: f64) -> f64 {
    let ratio = beta * tilted / (n - 1.0);
    if ratio > 0.5 {
        let all = rs_grpo::entropic_risk(group, beta, Weighting::Uniform);
        return n * (all - risk_without(group, beta, i));
    }
    // For |ratio| this small log1p(−ratio) = −ratio to rounding, and β may be 0.
    if ratio.abs() < f64::EPSILON {
        return n * tilted / (n - 1.0);
    }
    -n / beta * libm::log1p(-ratio)
}

/// V_β of the group without response `i`.
fn risk_without(group: Group<'_>, beta: f64, i: usize) -> f64 {
    let others = || {
        let rewards = group.rewards().iter().enumerate();
        rewards
            .filter(move |(j, _)| *j != i)
            .map(|(_, &reward)| reward)
    };
    let origin = match beta > 0.0 {
        true => others().fold(f64::NEG_INFINITY, f64::max),
        false => others().fold(f64::INFINITY, f64::min),
    };
    let sum: f64 = others()
        .map(|reward| libm::exp(beta * (reward - origin)))
        .sum();
    origin + libm::log(sum / (group.size() - 1) as f64) / beta
}
