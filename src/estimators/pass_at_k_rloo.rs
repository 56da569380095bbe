//! Unbiased pass@k with a leave-one-out baseline.

use crate::binomial::choose_ratio;
use crate::{Error, Group};

/// The formula on the page of [`Estimator::PassAtKRloo`](crate::Estimator::PassAtKRloo).
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
