//! Mean and spread of a group, computed on differences.

/// Writes the deviations from the mean, `rᵢ − r̄`, into `out` and returns `r̄`.
///
/// Everything is relative to the first reward, so that equal rewards give exactly zero and a large
/// common offset costs no precision.
pub(crate) fn deviations_into(rewards: &[f64], out: &mut [f64]) -> f64 {
    let origin = rewards[0];
    for (deviation, reward) in out.iter_mut().zip(rewards) {
        *deviation = reward - origin;
    }
    let mean = out.iter().sum::<f64>() / rewards.len() as f64;
    for deviation in out.iter_mut() {
        *deviation -= mean;
    }
    origin + mean
}

/// The square root of the mean square of `deviations`, with `divisor` in place of their number.
///
/// Scaled by the largest deviation, so that squares neither overflow nor vanish.
pub(crate) fn root_mean_square(deviations: &[f64], divisor: f64) -> f64 {
    let scale = deviations
        .iter()
        .fold(0.0, |largest: f64, d| largest.max(d.abs()));
    if scale == 0.0 {
        return 0.0;
    }
    let squares: f64 = deviations.iter().map(|d| (d / scale) * (d / scale)).sum();
    scale * (squares / divisor).sqrt()
}
