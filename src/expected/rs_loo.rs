//! RS-LOO in expectation.

use super::levels::Levels;
use super::quadrature::{Grid, LARGE_GROUP, others, rounding};
use crate::Error;

/// Below this `|β| (max r − min r)` differences of weights are integrated, above it the weights.
const NARROW: f64 = 0.5;
/// Largest `|β| (max r − min r)`: beyond it weights underflow.
const WIDE: f64 = 500.0;

/// The centred expectation of each level under RS-LOO, and a bound on the error of each.
///
/// # Formula
/// ```text
/// ā_a = (N/β) E[ ln(1 + w_a/S) ] + constant,    w_b = exp(β (r_b − max r)),    S = Σ_{j=2..N} w_{a_j}
/// ```
/// see [`quadrature`](super::quadrature) for the integral. `β = 0` is RLOO, `r_a − r̄`; `β < 0` is `−ā` of `−r` at
/// `−β`.
///
/// # Errors
/// `N = 1`, or `|β| (max r − min r)` above 500.
#[inline(always)]
pub(super) fn advantages(
    levels: &Levels,
    beta: f64,
    n: usize,
    tolerance: f64,
) -> Result<(Vec<f64>, f64), Error> {
    if n < 2 {
        return Err(Error::GroupTooSmall { estimator: "rs-loo", n, min: 2 });
    }
    let spread = beta.abs() * levels.range();
    if levels.count() == 1 {
        return Ok((vec![0.0], 0.0));
    }
    if spread < f64::EPSILON / 4.0 {
        let error = f64::EPSILON * (levels.count() as f64 + 8.0) * levels.range();
        return Ok((levels.deviations(), error));
    }
    if spread > WIDE {
        let allowed = format!("up to {:e} for these rewards, by magnitude", WIDE / levels.range());
        return Err(Error::parameter("beta", beta, allowed));
    }
    if beta > 0.0 {
        return Ok(integrals(levels, beta, n, tolerance));
    }
    let (mut mirrored, error) = integrals(&levels.negated(), -beta, n, tolerance);
    mirrored.reverse();
    mirrored.iter_mut().for_each(|advantage| *advantage = -*advantage);
    Ok((mirrored, error))
}

/// `∫ (1 − e^{−tw}) M^{N−1} ds`, or for nearly equal weights the difference to `w = 1`,
/// `−∫ e^{−t} expm1(−tu) M^{N−1} ds`.
#[inline(always)]
fn integrals(levels: &Levels, beta: f64, n: usize, tolerance: f64) -> (Vec<f64>, f64) {
    let top = levels.rewards[levels.count() - 1];
    let lower: Vec<f64> =
        levels.rewards.iter().map(|reward| libm::expm1(beta * (reward - top))).collect();
    let weights: Vec<f64> =
        levels.rewards.iter().map(|reward| crate::exp(beta * (reward - top))).collect();
    let narrow = beta * levels.range() < NARROW;
    // The largest integral is at least 0.69/(N − 1): in small groups the digits that 1 − e^{−tw} loses, an
    // absolute error, do not matter beside it.
    let direct = !narrow && n <= LARGE_GROUP;
    // Only the N − 1 others bring the integrand down, from an integral of at least 0.69 w/(N − 1).
    let grid = Grid::new(tolerance / n as f64, beta * levels.range(), n - 1);
    let mut sums = vec![0.0; weights.len()];
    let mut powers = vec![0.0; weights.len()];
    for t in grid.points() {
        for (power, weight) in powers.iter_mut().zip(&weights) {
            *power = crate::exp(-t * weight);
        }
        let factor = others(&levels.chances, &weights, &powers, t, n);
        let factor = if narrow { factor * crate::exp(-t) } else { factor };
        // Beyond this everything is 0, and what follows may overflow.
        if factor == 0.0 {
            break;
        }
        if direct {
            for (sum, power) in sums.iter_mut().zip(&powers) {
                *sum += factor * (1.0 - power);
            }
            continue;
        }
        for (sum, (weight, u)) in sums.iter_mut().zip(weights.iter().zip(&lower)) {
            let exponent = if narrow { u } else { weight };
            *sum -= factor * libm::expm1(-t * exponent);
        }
    }
    let scale = n as f64 * grid.step() / beta;
    sums.iter_mut().for_each(|sum| *sum *= scale);
    let largest = sums.iter().fold(0.0_f64, |largest, sum| largest.max(sum.abs()));
    levels.centre(&mut sums);
    let lost = if direct { 100.0 * n as f64 } else { 0.0 };
    let relative = 3.0 * tolerance + rounding(n, levels.count()) + f64::EPSILON * (WIDE + lost);
    let size = if narrow { 2.0 * levels.range() } else { largest };
    (sums, 2.0 * relative * size)
}
