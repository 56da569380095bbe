//! MaxRL of a given order, without a baseline.

use crate::{Error, Group};

/// The formula on the page of [`Estimator::MaxRlOrder`](crate::Estimator::MaxRlOrder).
pub(crate) fn advantages_into(
    group: Group<'_>,
    order: usize,
    out: &mut [f64],
) -> Result<(), Error> {
    group.require_count("order", order, 1, 0)?;
    let n = group.size();
    let wrong = n - group.correct("maxrl-order")?;
    // C(f−1, k−1) / C(N−1, k−1), from k = 1 on: the chance that k − 1 of the others are all wrong.
    let (mut all_wrong, mut sum) = (1.0, 0.0);
    for k in 2..=order.min(wrong) {
        all_wrong *= (wrong + 1 - k) as f64 / (n + 1 - k) as f64;
        sum += all_wrong;
    }
    for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
        *advantage = if reward == 1.0 { 1.0 } else { 0.0 - sum };
    }
    Ok(())
}
