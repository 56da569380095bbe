//! GRPO: the reward standardised within its group.

use crate::moments::{deviations_into, root_mean_square};
use crate::{Error, Group, Spread};

/// `Aᵢ = (rᵢ − r̄) / (s + ε)` with `s` the standard deviation of the group.
///
/// `s` divides by `N − 1` (verl, TRL) or by `N` ([`Spread::Population`]). Not unbiased; on binary
/// rewards and for `N → ∞` it climbs `2 arcsin √p`. A constant or singleton group gets exactly 0
/// (verl gives a singleton its raw reward).
///
/// Source: Shao et al. 2024, arXiv 2402.03300; ε = 1e-6 in verl, 1e-4 in TRL.
pub(crate) fn advantages_into(
    group: Group<'_>,
    epsilon: f64,
    spread: Spread,
    out: &mut [f64],
) -> Result<(), Error> {
    check_epsilon(epsilon)?;
    deviations_into(group.rewards(), out);
    let deviation = standard_deviation(out, spread);
    if deviation > 0.0 {
        out.iter_mut()
            .for_each(|advantage| *advantage /= deviation + epsilon);
    }
    Ok(())
}

/// Standard deviation of a group, from its deviations; 0 for a singleton.
pub(super) fn standard_deviation(deviations: &[f64], spread: Spread) -> f64 {
    let n = deviations.len() as f64;
    let divisor = match spread {
        Spread::Sample => (n - 1.0).max(1.0),
        Spread::Population => n,
    };
    root_mean_square(deviations, divisor)
}

/// ε of verl.
pub(crate) const DEFAULT_EPSILON: f64 = 1e-6;

/// Refuses a negative or non-finite ε.
pub(super) fn check_epsilon(epsilon: f64) -> Result<(), Error> {
    if epsilon >= 0.0 && epsilon.is_finite() {
        return Ok(());
    }
    Err(Error::parameter(
        "eps",
        epsilon,
        "0 or any positive finite number",
    ))
}
