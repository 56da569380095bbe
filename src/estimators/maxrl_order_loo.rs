//! MaxRL of a given order, each term with a leave-one-out baseline.

use crate::parameter::Choice;
use crate::{Error, Group};

/// What the baseline in [`Estimator::MaxRlOrderLoo`](crate::Estimator::MaxRlOrderLoo) is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesBaseline {
    /// `responses`: subsets of the other responses; unbiased.
    Responses,
    /// `tuples`: the other subsets, as in the source; biased, since they share responses.
    Tuples,
}

impl Choice for SeriesBaseline {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("responses", Self::Responses), ("tuples", Self::Tuples)];
}

/// The formulas on the page of [`Estimator::MaxRlOrderLoo`](crate::Estimator::MaxRlOrderLoo).
pub(crate) fn advantages_into(
    group: Group<'_>,
    order: usize,
    others: SeriesBaseline,
    out: &mut [f64],
) -> Result<(), Error> {
    group.require_count("order", order, 1, 1)?;
    let n = group.size();
    let correct = group.correct("maxrl-order-loo")?;
    let wrong = n - correct;
    let (sum, first) = match others {
        SeriesBaseline::Responses => (of_responses(n, wrong, order), 0.0),
        SeriesBaseline::Tuples => (of_tuples(n, wrong, order), 1.0),
    };
    // The other advantage is `−(c/f)` times this sum: each term sums to 0 over the group.
    let if_wrong = 0.0 - sum * (correct as f64 / wrong.max(1) as f64);
    for (advantage, &reward) in out.iter_mut().zip(group.rewards()) {
        *advantage = if reward == 1.0 { first + sum } else { if_wrong };
    }
    Ok(())
}

/// `Σ_{k=1}^{T} C(f, k) / C(N−1, k)`.
fn of_responses(n: usize, wrong: usize, order: usize) -> f64 {
    let (mut ratio, mut sum) = (1.0, 0.0);
    for k in 1..=order.min(wrong) {
        ratio *= (wrong + 1 - k) as f64 / (n - k) as f64;
        sum += ratio;
    }
    sum
}

/// `Σ_{k=2}^{T} C(f, k) / (C(N, k) − 1)`.
fn of_tuples(n: usize, wrong: usize, order: usize) -> f64 {
    // C(f, k) / C(N, k) and 1 / C(N, k), which do not overflow.
    let (mut ratio, mut one_of, mut sum) = (1.0, 1.0, 0.0);
    for k in 1..=order.min(wrong) {
        ratio *= (wrong + 1 - k) as f64 / (n + 1 - k) as f64;
        one_of *= k as f64 / (n + 1 - k) as f64;
        if k >= 2 {
            sum += ratio / (1.0 - one_of);
        }
    }
    sum
}
