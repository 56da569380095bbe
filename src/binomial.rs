//! Ratios of binomial coefficients, which stay in range where the coefficients do not.

/// `C(a, k) / C(b, k)` for `a ≤ b`: the chance that `k` draws without replacement from `b` items
/// all come from a fixed `a` of them. Zero when `a < k`; one when `k = 0`.
pub(crate) fn choose_ratio(a: usize, b: usize, k: usize) -> f64 {
    if a < k {
        return 0.0;
    }
    (0..k)
        .map(|drawn| (a - drawn) as f64 / (b - drawn) as f64)
        .product()
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
