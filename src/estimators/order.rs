//! OrderGrad: any L-statistic of `K` responses.

use crate::positions::{add_position, even_ranks};
use crate::scratch::Sorted;
use crate::statistic::{OrderStatistic, Ranks};
use crate::{Error, Group, Scratch};

/// Most ranks for which adding them one by one costs less than the sums of [`even_ranks`].
const FEW: usize = 4;

/// The advantages by gaps, as on the page of [`Estimator::Order`](crate::Estimator::Order).
///
/// Gap `m` of the sorted rewards, times `w = N Σⱼ αⱼ P(the j-th of K among N − 1 is the m-th)`, is how
/// much the advantages rise from rank `m` to `m + 1`. Since they sum to 0, the `m` lower ones are
/// `(N−m)/N` of it below 0 and the others `m/N` above. Two running sums over the gaps give all.
pub(crate) fn advantages_into(
    group: Group<'_>,
    k: usize,
    statistic: &OrderStatistic,
    out: &mut [f64],
    scratch: &mut Scratch,
) -> Result<(), Error> {
    group.require_k(k, 1, 1)?;
    let ranks = statistic.ranks(k)?;
    let Sorted { rewards: sorted, weights, spare } = scratch.sort_with_weights(group.rewards());
    match ranks {
        Ranks::Even { first, last } if last - first < FEW => {
            let scale = 1.0 / (last + 1 - first) as f64;
            (first..=last).for_each(|rank| add_position(k, rank, scale, weights));
        }
        Ranks::Even { first, last } => even_ranks(k, first, last, 1.0, weights, spare),
        Ranks::Given(given) => {
            let weighted = (1..=k).zip(given).filter(|(_, weight)| **weight != 0.0);
            weighted.for_each(|(rank, &weight)| add_position(k, rank, weight, weights));
        }
    }
    accumulate(sorted, weights);
    scratch.unsort_into(out);
    Ok(())
}

/// Replaces ascending rewards by advantages; `weights` has one number for each gap.
fn accumulate(sorted: &mut [f64], weights: &mut [f64]) {
    let n = sorted.len();
    for (weight, pair) in weights.iter_mut().zip(sorted.windows(2)) {
        *weight *= pair[1] - pair[0];
    }
    let mut below = 0.0;
    for i in (0..n).rev() {
        sorted[i] = 0.0 - below;
        if i > 0 {
            below += (n - i) as f64 * weights[i - 1];
        }
    }
    let mut above = 0.0;
    for i in 1..n {
        above += i as f64 * weights[i - 1];
        sorted[i] += above;
    }
}
