//! GRPO: the reward standardised within its group.

use crate::moments::{Weighting, deviations_into, standard_deviation};
use crate::{Error, Group, Spread};

/// ε of verl.
pub(crate) const DEFAULT_EPSILON: f64 = 1e-6;

/// `Aᵢ = (rᵢ − r̄) / (s + ε)` with `s` the standard deviation of the group.
///
/// `s²` divides by `N − 1` (verl, TRL) or by `N` ([`Spread::Population`]). Not unbiased; on binary
/// rewards and for `N → ∞` it climbs `2 arcsin √p`. A constant or singleton group gets exactly 0
/// (verl gives a singleton its raw reward).
///
/// Source: Shao et al. 2024, arXiv 2402.03300; ε = 1e-6 in verl, 1e-4 in TRL.
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
