//! RS-GRPO in expectation.

use super::levels::Levels;
use super::quadrature::{Grid, others, rounding};

/// Below this `|β| (max r − min r)` differences of weights are integrated, above it the weights.
const NARROW: f64 = 0.5;
/// Above it weights would underflow: each level is then integrated relative to itself.
const WIDE: f64 = 500.0;

/// `E[A₁ | a₁ = a]` of each level under RS-GRPO with risk parameter `beta`, and a bound on the error of
/// each.
///
/// # Formula
/// ```text
/// ā_a = (1/β) ( N w_a E[ 1/(w_a + S) ] − 1 ),    w_b = exp(β (r_b − max r)),    S = Σ_{j=2..N} w_{a_j}
/// ```
/// the expectation as an integral over the Laplace transform of one draw: see
/// [`quadrature`](super::quadrature).
///
/// `β = 0` is Dr. GRPO, `(N−1)/N (r_a − r̄)`; `β < 0` is `−ā` of `−r` at `−β`. `N = 1` gives 0, `N = 2` the
/// pairwise comparison `(1/β) Σ_b π_b tanh(β (r_a − r_b)/2)`, and `N → ∞` the advantage of an infinite
/// group. On binary rewards the difference of the two levels is `w_N(p)` of
/// [`effective_weight`](crate::effective_weight).
#[inline(always)]
pub(super) fn advantages(levels: &Levels, beta: f64, n: usize, tolerance: f64) -> (Vec<f64>, f64) {
    let spread = beta.abs() * levels.range();
    if n == 1 || levels.count() == 1 {
        return (vec![0.0; levels.count()], 0.0);
    }
    if spread < f64::EPSILON / 4.0 {
        let scale = (n - 1) as f64 / n as f64;
        let centred = levels.deviations().into_iter().map(|deviation| scale * deviation);
        let error = f64::EPSILON * (levels.count() as f64 + 8.0) * levels.range();
        return (centred.collect(), error);
    }
    if beta > 0.0 {
        return rising(levels, beta, n, tolerance);
    }
    let (mut mirrored, error) = rising(&levels.negated(), -beta, n, tolerance);
    mirrored.reverse();
    mirrored.iter_mut().for_each(|advantage| *advantage = -*advantage);
    (mirrored, error)
}

/// The same for `β > 0`.
#[inline(always)]
fn rising(levels: &Levels, beta: f64, n: usize, tolerance: f64) -> (Vec<f64>, f64) {
    match beta * levels.range() {
        spread if spread < NARROW => narrow(levels, beta, n, tolerance),
        spread if spread < WIDE => shares(levels, beta, n, tolerance),
        _ => far_apart(levels, beta, n, tolerance),
    }
}

/// From the expected shares `N w_a E[1/(w_a + S)]`, on one grid for all levels.
#[inline(always)]
fn shares(levels: &Levels, beta: f64, n: usize, tolerance: f64) -> (Vec<f64>, f64) {
    let top = levels.rewards[levels.count() - 1];
    let weights: Vec<f64> =
        levels.rewards.iter().map(|reward| crate::exp(beta * (reward - top))).collect();
    let grid = Grid::new(tolerance, beta * levels.range(), n);
    let mut shares = vec![0.0; weights.len()];
    let mut powers = vec![0.0; weights.len()];
    for t in grid.points() {
        for (power, weight) in powers.iter_mut().zip(&weights) {
            *power = crate::exp(-t * weight);
        }
        let factor = t * others(&levels.chances, &weights, &powers, t, n);
        for ((share, power), weight) in shares.iter_mut().zip(&powers).zip(&weights) {
            *share += factor * weight * power;
        }
    }
    let scale = n as f64 * grid.step();
    shares.iter_mut().for_each(|share| *share *= scale);
    from_shares(shares, levels, beta, 3.0 * tolerance + rounding(n, levels.count()))
}

/// `(X − 1)/β` of shares `X` with this relative error.
fn from_shares(mut shares: Vec<f64>, levels: &Levels, beta: f64, relative: f64) -> (Vec<f64>, f64) {
    let largest = shares.iter().copied().fold(1.0, f64::max);
    // The exponents are rounded, too.
    let exponents = f64::EPSILON * (beta * levels.range()).min(2.0 * WIDE);
    shares.iter_mut().for_each(|share| *share = (*share - 1.0) / beta);
    (shares, 2.0 * (relative + exponents) * largest / beta)
}

/// For nearly equal weights: differences to the share of the best level, centred.
///
/// # Formula
/// ```text
/// w e^{−tw} − e^{−t} = e^{−t} ( (1 + u) expm1(−tu) + u ),     u = expm1(β (r − max r))
/// ```
fn narrow(levels: &Levels, beta: f64, n: usize, tolerance: f64) -> (Vec<f64>, f64) {
    let top = levels.rewards[levels.count() - 1];
    let lower: Vec<f64> =
        levels.rewards.iter().map(|reward| libm::expm1(beta * (reward - top))).collect();
    let weights: Vec<f64> = lower.iter().map(|u| 1.0 + u).collect();
    let grid = Grid::new(tolerance, beta * levels.range(), n);
    let mut sums = vec![0.0; weights.len()];
    let mut powers = vec![0.0; weights.len()];
    for t in grid.points() {
        for (power, weight) in powers.iter_mut().zip(&weights) {
            *power = crate::exp(-t * weight);
        }
        let factor = t * crate::exp(-t) * others(&levels.chances, &weights, &powers, t, n);
        // Beyond this the factor is 0 and the other one may overflow.
        if factor == 0.0 {
            break;
        }
        for (sum, u) in sums.iter_mut().zip(&lower) {
            *sum += factor * ((1.0 + u) * libm::expm1(-t * u) + u);
        }
    }
    let scale = n as f64 * grid.step() / beta;
    sums.iter_mut().for_each(|sum| *sum *= scale);
    levels.centre(&mut sums);
    let relative = 3.0 * tolerance + rounding(n, levels.count());
    // The differences are at most 1 + 2.72/N times |u|/β, and |u| is at most β times the range.
    (sums, 4.0 * relative * levels.range())
}

/// For weights so far apart that one scale cannot hold them: a grid for each level, relative to its own
/// weight. Costs `D` times as much.
fn far_apart(levels: &Levels, beta: f64, n: usize, tolerance: f64) -> (Vec<f64>, f64) {
    // A level that better ones crowd out has a share near 0: errors are relative to the largest share.
    let grid = Grid::new(tolerance / n as f64, 0.0, 1);
    let share = |&own: &f64| {
        let mut share = 0.0;
        for t in grid.points() {
            let power = |reward: &f64| {
                let weight = crate::exp((beta * (reward - own)).clamp(-700.0, 700.0));
                crate::exp(-t * weight)
            };
            let missing = levels.chances.iter().zip(&levels.rewards);
            let missing = missing.map(|(chance, reward)| chance * (1.0 - power(reward)));
            let others = libm::log1p(-missing.sum::<f64>().min(1.0));
            share += t * crate::exp(-t + (n - 1) as f64 * others);
        }
        n as f64 * grid.step() * share
    };
    let shares = levels.rewards.iter().map(share).collect();
    let rounding = f64::EPSILON * (n as f64 * (levels.count() as f64 + 6.0) + 64.0);
    from_shares(shares, levels, beta, 3.0 * tolerance + rounding)
}
