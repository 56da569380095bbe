//! Entropic leave-one-out advantage of TTT-Discover.

use super::rs_grpo::{self, check_beta};
use crate::moments::Weighting;
use crate::{Error, Group};

/// Added to the mean of the others, as in the source: it caps the advantage near 1e12.
const CAP: f64 = 1e-12;

/// The formula on the page of [`Estimator::EntropicLoo`](crate::Estimator::EntropicLoo).
pub(crate) fn advantages_into(group: Group<'_>, beta: f64, out: &mut [f64]) -> Result<(), Error> {
    check_beta(beta)?;
    if group.is_constant() {
        out.fill(0.0);
        return Ok(());
    }
    let origin = if beta < 0.0 { group.min() } else { group.max() };
    for (e, reward) in out.iter_mut().zip(group.rewards()) {
        *e = crate::exp(beta * (reward - origin));
    }
    let heaviest = (0..out.len()).fold(0, |best, i| if out[i] > out[best] { i } else { best });
    let rest: f64 = out.iter().enumerate().filter(|(j, _)| *j != heaviest).map(|(_, e)| e).sum();
    let total = rest + out[heaviest];
    let others = (group.size() - 1) as f64;
    for (i, advantage) in out.iter_mut().enumerate() {
        // Only for the heaviest response would `total − eᵢ` cancel.
        let sum = if i == heaviest { rest } else { total - *advantage };
        *advantage = *advantage / (sum / others + CAP) - 1.0;
    }
    Ok(())
}

/// The limit `N → ∞`, `exp(β rᵢ) / E exp(β r) − 1`: that of RS-GRPO, times β.
pub(crate) fn limit_into(
    group: Group<'_>,
    beta: f64,
    weighting: Weighting<'_>,
    out: &mut [f64],
) -> Result<(), Error> {
    rs_grpo::advantages_into(group, beta, weighting, out)?;
    out.iter_mut().for_each(|advantage| *advantage *= beta);
    Ok(())
}
