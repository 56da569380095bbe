//! Pass@k training: the standardised advantage of the group's pass@k (Chen et al.).

use super::grpo::check_epsilon;
use crate::binomial::choose_ratio;
use crate::{Error, Group};

/// The formula on the page of [`Estimator::PassAtK`](crate::Estimator::PassAtK), with
/// `C(w−1,k−1)/C(N−1,k−1) = (N/w)(1 − R̄)`, so that `A₋ = −(c/w) A₊`.
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
