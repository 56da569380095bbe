//! A trapezoid rule on a logarithmic grid, with a bound on its error, for expectations over the sum of
//! the exponential weights of a group.
//!
//! # What is integrated
//! Let `S = Σ_{j=2..N} w_{a_j}` be the weight of the others, all drawn from the policy, and
//! `M(t) = Σ_b π_b e^{−t w_b}` the Laplace transform of one draw, so that `E e^{−tS} = M(t)^{N−1}`. With
//! `t = e^s`, `dt = t ds`,
//! ```text
//! E[ 1/(w + S) ]      = ∫ t e^{−tw} M(t)^{N−1} ds
//! E[ ln(1 + w/S) ]    = ∫ (1 − e^{−tw}) M(t)^{N−1} ds             (Frullani)
//! ```
//!
//! # Error
//! Both integrands are analytic for `|Im s| < π/2`, where `Re t > 0` and `|M(t)| ≤ M(Re t)`. On the lines
//! `Im s = ±d` they are at most `1/cos d` and `1.6/cos d` times themselves at `Re t`, and a shift of `s` does
//! not change an integral over all `s`. By Theorem 5.1 of Trefethen and Weideman, The exponentially
//! convergent trapezoidal rule, SIAM Review 56 (2014), the rule with step `h` is therefore off by at most
//! ```text
//! 2 c / (e^{2πd/h} − 1)   of the integral,   c = 1/cos d or 1.6/cos d
//! ```
//! For nearly equal weights `w = 1 + u`, `|u| ≤ 0.4`, the difference to the integrand of `w = 1` is
//! integrated; it is off by at most `2 · 4.4 |u| / cos² d / (e^{2πd/h} − 1)`. [`Grid::new`] takes the
//! largest of these constants.

/// Where the integrand is bounded off the real line; below π/2.
const D: f64 = 1.5;
/// `cos 1.5`.
const COS_D: f64 = 0.070_737_201_667_702_9;
/// From this group size on `1 − M` is summed, which keeps the digits that a high power needs.
pub(super) const LARGE_GROUP: usize = 256;

/// The points of the rule.
pub(super) struct Grid {
    step: f64,
    first: f64,
    count: usize,
}

impl Grid {
    /// A grid with a relative error of `tolerance` from the rule, and as much from either end of it.
    ///
    /// `spread` is `−ln(w_min/w_max)`, the logarithm of the ratio of the weights, and `n` the group size;
    /// weights are relative to the largest, 1.
    ///
    /// # Ends
    /// Below `t₀` an integral has at most `w t₀`, of at least `w/N`, so `t₀ = tolerance/N` will do. Above
    /// `t₁` the logarithm of `e^{−tw} M^{N−1}` falls at a rate of at least `w + (N−1) w_min`, so what is left is
    /// at most `e^{−t₁ N w_min}/(N w_min)`, and `t₁ = ln(1/(tolerance · w_min))/(N w_min)` will do.
    pub(super) fn new(tolerance: f64, spread: f64, n: usize) -> Self {
        let constant = 8.8 / (COS_D * COS_D);
        let step = std::f64::consts::TAU * D / libm::log1p(constant / tolerance);
        let (ln_n, digits) = (libm::log(n as f64), -libm::log(tolerance));
        let first = -digits - ln_n - 1.0;
        let last = libm::log(digits + spread) + spread - ln_n;
        let count = ((last - first) / step).ceil() as usize + 1;
        Self { step, first, count }
    }

    /// `ds`.
    pub(super) fn step(&self) -> f64 {
        self.step
    }

    /// The points `t`, ascending.
    pub(super) fn points(&self) -> impl Iterator<Item = f64> + use<> {
        let (first, step) = (self.first, self.step);
        (0..self.count).map(move |k| crate::exp(first + step * k as f64))
    }
}

/// `Σ x y` in eight partial sums, which vector units add at once.
#[inline(always)]
fn product(xs: &[f64], ys: &[f64]) -> f64 {
    let ((xs, x_rest), (ys, y_rest)) = (xs.as_chunks::<8>(), ys.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (x, y) in xs.iter().zip(ys) {
        sums = std::array::from_fn(|i| sums[i] + x[i] * y[i]);
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// `M(t)^{N−1}`, given `exp(−t w_b)` of each level in `powers`.
#[inline(always)]
pub(super) fn others(chances: &[f64], weights: &[f64], powers: &[f64], t: f64, n: usize) -> f64 {
    let direct = || product(chances, powers);
    let ln = if n <= LARGE_GROUP {
        libm::log(direct())
    } else {
        let missing: f64 = (chances.iter().zip(weights))
            .map(|(chance, weight)| -chance * libm::expm1(-t * weight))
            .sum();
        if missing < 0.5 { libm::log1p(-missing) } else { libm::log(direct()) }
    };
    crate::exp((n - 1) as f64 * ln)
}

/// Bound on the relative rounding error of an integral: of `M^{N−1}`, whose base is a sum over `levels`, and
/// of the sum over the grid.
pub(super) fn rounding(n: usize, levels: usize) -> f64 {
    // Where M^{N−1} matters its logarithm is above −45, and in large groups that is what scales the error.
    let power = if n <= LARGE_GROUP { n as f64 } else { 45.0 };
    f64::EPSILON * (power * (levels as f64 + 6.0) + 64.0)
}
