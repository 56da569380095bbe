//! RS-LOO: an unbiased leave-one-out form of the risk-sensitive advantage.

use super::rs_grpo;
use crate::moments::Weighting;
use crate::{Error, Group};

/// The formula on the page of [`Estimator::RsLoo`](crate::Estimator::RsLoo).
///
/// With `Bᵢ` the RS-GRPO advantage, `exp(β rᵢ)/mean = 1 + β Bᵢ`, so the difference of logarithms
/// becomes `−(N/β) log1p(−β Bᵢ/(N−1))`: `O(N)` and free of cancellation, but for a response that
/// holds most of the total weight (there is at most one), whose others are summed anew.
pub(crate) fn advantages_into(group: Group<'_>, beta: f64, out: &mut [f64]) -> Result<(), Error> {
    group.require_size("rs-loo", 2)?;
    rs_grpo::advantages_into(group, beta, Weighting::Uniform, out)?;
    let n = group.size() as f64;
    for (i, advantage) in out.iter_mut().enumerate() {
        let ratio = beta * *advantage / (n - 1.0);
        *advantage = if ratio > 0.5 {
            n * loss_without_heaviest(group, beta, i)
        } else if ratio.abs() < f64::EPSILON {
            // log1p(−ratio) = −ratio to rounding, and β may be 0.
            n * *advantage / (n - 1.0)
        } else {
            -n / beta * libm::log1p(-ratio)
        };
    }
    Ok(())
}

/// `V_β(all) − V_β(all but i)` for the response `i` that outweighs all others together.
///
/// Both risks are taken relative to the best reward in them, so that only differences of rewards
/// enter.
fn loss_without_heaviest(group: Group<'_>, beta: f64, i: usize) -> f64 {
    let rewards = group.rewards();
    let (before, after) = (&rewards[..i], &rewards[i + 1..]);
    let others = || before.iter().chain(after).copied();
    let runner_up = if beta > 0.0 {
        others().fold(f64::NEG_INFINITY, f64::max)
    } else {
        others().fold(f64::INFINITY, f64::min)
    };
    let total = |origin: f64| -> f64 { others().map(|r| crate::exp(beta * (r - origin))).sum() };
    let n = rewards.len() as f64;
    let ln_mean_all = libm::log((1.0 + total(rewards[i])) / n);
    let ln_mean_others = libm::log(total(runner_up) / (n - 1.0));
    (rewards[i] - runner_up) + (ln_mean_all - ln_mean_others) / beta
}
