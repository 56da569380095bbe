//! GRPO: the reward standardised within its group.

use crate::moments::{Weighting, deviations_into, standard_deviation};
use crate::{Error, Group, Spread};

/// ε of verl.
pub(crate) const DEFAULT_EPSILON: f64 = 1e-6;

/// The formula on the page of [`Estimator::Grpo`](crate::Estimator::Grpo).
pub(crate) fn advantages_into(
    group: Group<'_>,
    epsilon: f64,
    spread: Spread,
    weighting: Weighting<'_>,
    out: &mut [f64],
) -> Result<(), Error> {
    check_epsilon(epsilon)?;
    deviations_into(group.rewards(), weighting, out);
    let deviation = standard_deviation(out, spread, weighting);
    if deviation > 0.0 {
        out.iter_mut().for_each(|advantage| *advantage /= deviation + epsilon);
    }
    Ok(())
}

/// Refuses a negative or non-finite ε.
pub(super) fn check_epsilon(epsilon: f64) -> Result<(), Error> {
    if epsilon >= 0.0 && epsilon.is_finite() {
        return Ok(());
    }
    Err(Error::parameter("eps", epsilon, "0 or any positive finite number"))
}
