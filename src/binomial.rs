//! Binomial coefficients as ratios, and the binomial distribution: what stays in range where the
//! coefficients themselves do not.

/// `C(a, k) / C(b, k)` for `a ≤ b`: the chance that `k` draws without replacement from `b` items
/// all come from a fixed `a` of them. Zero when `a < k`; one when `k = 0`.
pub(crate) fn choose_ratio(a: usize, b: usize, k: usize) -> f64 {
    if a < k {
        return 0.0;
    }
    (0..k).map(|drawn| (a - drawn) as f64 / (b - drawn) as f64).product()
}

/// The weights `C(i−1, k−1) / C(n, k)` for `i = n, n−1, …, k`: the chance that the `i`-th smallest
/// of `n` is the largest of `k` of them. Built from the top by a ratio; they sum to 1.
pub(crate) fn max_weights(n: usize, k: usize) -> impl Iterator<Item = f64> {
    let mut weight = k as f64 / n as f64;
    (k..=n).rev().map(move |i| {
        let current = weight;
        weight *= (i - k) as f64 / (i - 1).max(1) as f64;
        current
    })
}

/// The chances of `0, 1, …, n` successes in `n` trials of success rate `p` in `[0, 1]`.
///
/// Built outwards from the most likely number, so that only negligible ones can underflow.
pub(crate) fn success_chances(n: usize, p: f64) -> Vec<f64> {
    let mode = (((n + 1) as f64 * p) as usize).min(n);
    let mut chances = vec![1.0; n + 1];
    for c in mode..n {
        chances[c + 1] = chances[c] * ((n - c) as f64 * p / ((c + 1) as f64 * (1.0 - p)));
    }
    for c in (0..mode).rev() {
        chances[c] = chances[c + 1] * ((c + 1) as f64 * (1.0 - p) / ((n - c) as f64 * p));
    }
    let total: f64 = chances.iter().sum();
    chances.iter_mut().for_each(|chance| *chance /= total);
    chances
}
