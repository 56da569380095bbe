//! PKPO: unbiased gradients of max@k (pass@k on binary rewards), with four choices of baseline.

use crate::binomial::max_weights;
use crate::max_at_k::shortfall;
use crate::{Error, Group, Scratch};

/// What is subtracted from the plain weight of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Baseline {
    /// `s`: nothing.
    None,
    /// `s_loo`: `(n/(n−1))` times the max@k of the others.
    LeaveOneOut,
    /// The max@k of the others: 0 on constant groups, RLOO at `k = 1`.
    MeanMatched,
    /// `s_loo−1`: the max@(k−1) of the others.
    LeaveOneOutOneLess,
}

/// Advantages of PKPO, as on the pages of [`Estimator::Pkpo`](crate::Estimator::Pkpo) and the three
/// after it.
///
/// Sorted, `x₍₁₎ ≤ … ≤ x₍ₙ₎` with `aᵢ = n C(i−1,k−1)/C(n,k)`, neighbours differ by a multiple of
/// their gap: `A₍ᵢ₊₁₎ − A₍ᵢ₎ = slope · aᵢ (x₍ᵢ₊₁₎ − x₍ᵢ₎)`, and with `aᵢ₊₁` for `pkpo-loo1`. Running
/// sums of gaps give all advantages in `O(n log n)`; tied rewards get the same bits.
pub(crate) fn advantages_into(
    group: Group<'_>,
    k: usize,
    baseline: Baseline,
    out: &mut [f64],
    scratch: &mut Scratch,
) -> Result<(), Error> {
    check_k(group, k, baseline)?;
    let sorted = scratch.sort_ascending(group.rewards());
    match baseline {
        Baseline::LeaveOneOutOneLess => accumulate_from_bottom(sorted, k),
        _ => accumulate_from_top(sorted, k, baseline),
    }
    scratch.unsort_into(out);
    Ok(())
}

fn check_k(group: Group<'_>, k: usize, baseline: Baseline) -> Result<(), Error> {
    match baseline {
        Baseline::None => group.require_k(k, 1, 0),
        Baseline::LeaveOneOut | Baseline::MeanMatched => group.require_k(k, 1, 1),
        Baseline::LeaveOneOutOneLess => group.require_k(k, 2, 0),
    }
}

/// Replaces ascending rewards by advantages, starting from the known value of the top one.
fn accumulate_from_top(sorted: &mut [f64], k: usize, baseline: Baseline) {
    let (mut advantage, slope) = top_and_slope(sorted, k, baseline);
    let n = sorted.len();
    let mut weights = max_weights(n, k).map(|weight| slope * n as f64 * weight).skip(1);
    for i in (1..n).rev() {
        let gap = sorted[i] - sorted[i - 1];
        sorted[i] = advantage;
        advantage -= weights.next().unwrap_or(0.0) * gap;
    }
    sorted[0] = advantage;
}

/// The advantage of the largest reward, and the slope of the gaps.
fn top_and_slope(sorted: &[f64], k: usize, baseline: Baseline) -> (f64, f64) {
    let (others, top) = (&sorted[..sorted.len() - 1], sorted[sorted.len() - 1]);
    let (n, kf) = (sorted.len() as f64, k as f64);
    match baseline {
        Baseline::LeaveOneOut => {
            let scale = n / (n - 1.0);
            let others_max = top - shortfall(others, k, top);
            (kf * (top - scale * others_max), 1.0 + scale * kf / (n - kf))
        }
        Baseline::MeanMatched => (kf * shortfall(others, k, top), n / (n - kf)),
        Baseline::None | Baseline::LeaveOneOutOneLess => (kf * top, 1.0),
    }
}

/// `pkpo-loo1`: a sum of non-negative terms, from the smallest reward up.
fn accumulate_from_bottom(sorted: &mut [f64], k: usize) {
    let n = sorted.len();
    let mut weights = max_weights(n, k);
    for i in (1..n).rev() {
        let gap = sorted[i] - sorted[i - 1];
        sorted[i] = weights.next().unwrap_or(0.0) * n as f64 * gap;
    }
    sorted[0] = 0.0;
    for i in 1..n {
        sorted[i] += sorted[i - 1];
    }
}
