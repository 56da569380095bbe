//! Where the drawn ones of a row of places lie: the weights of order statistics.
//!
//! Of `n` places in a row, `k` are drawn at random. The chance that the `j`-th of them, in order, is
//! place `m` is `C(m−1, j−1) C(n−m, k−j) / C(n, k)`. No binomial coefficient is formed: the chances
//! are built from the most likely place outwards by ratios, and divided by their sum, which is 1.

/// Adds `scale` times the chance that the `j`-th of `k` is place `m` to `out[m − 1]`, for each of the
/// `n = out.len()` places; `1 ≤ j ≤ k ≤ n`. Every term is positive: no digits cancel.
pub(crate) fn add_position(k: usize, j: usize, scale: f64, out: &mut [f64]) {
    let n = out.len();
    let (first, last) = (j, n - k + j);
    let mode = most_likely(n, k, j).clamp(first, last);
    // P(m + 1) / P(m).
    let ratio =
        |m: usize| (m as f64 / (m + 1 - j) as f64) * ((n + j - k - m) as f64 / (n - m) as f64);
    let each = |visit: &mut dyn FnMut(usize, f64)| {
        let mut chance = 1.0;
        for m in mode..=last {
            visit(m, chance);
            if m < last {
                chance *= ratio(m);
            }
        }
        let mut chance = 1.0;
        for m in (first..mode).rev() {
            chance /= ratio(m);
            visit(m, chance);
        }
    };
    let mut total = 0.0;
    each(&mut |_, chance| total += chance);
    let scale = scale / total;
    each(&mut |m, chance| out[m - 1] += scale * chance);
}

/// A place of the largest chance, before it is held to the possible ones.
fn most_likely(n: usize, k: usize, j: usize) -> usize {
    match k {
        1 => 1,
        _ => ((j - 1) as f64 * n as f64 / (k - 1) as f64) as usize + 1,
    }
}

/// Writes `scale` times the mean over `first ≤ j ≤ last` of the chance that the `j`-th of `k` is place
/// `m` into `out[m − 1]`, in `O(n)` however many ranks there are.
///
/// Place `m` is drawn with chance `k/n`. It is then one of those ranks if, of the `k − 1` others among
/// the `n − 1` other places, the `(first−1)`-th lies before it and the `last`-th does not. Both chances
/// are sums of positions, taken from whichever end is nearer, so that nothing cancels in the tails.
pub(crate) fn even_ranks(
    k: usize,
    first: usize,
    last: usize,
    scale: f64,
    out: &mut [f64],
    [lower, upper]: [&mut Vec<f64>; 2],
) {
    let n = out.len();
    for places in [&mut *lower, &mut *upper] {
        places.clear();
        places.resize(n - 1, 0.0);
    }
    if first > 1 {
        add_position(k - 1, first - 1, 1.0, lower);
    }
    if last < k {
        add_position(k - 1, last, 1.0, upper);
    }
    let scale = scale * (k as f64 / n as f64) / (last + 1 - first) as f64;
    // Chances that the lower bound has been reached, and the upper one passed, before place m.
    let (mut reached, mut passed) = (if first == 1 { 1.0 } else { 0.0 }, 0.0);
    let mut m = 1;
    while m <= n && reached + passed <= 1.0 {
        out[m - 1] = scale * (reached - passed);
        if m < n {
            reached += lower[m - 1];
            passed += upper[m - 1];
        }
        m += 1;
    }
    // The same from the other end: chances that they are at place m or later.
    let (mut to_reach, mut to_pass) = (0.0, if last == k { 1.0 } else { 0.0 });
    for place in (m..=n).rev() {
        if place < n {
            to_reach += lower[place - 1];
            to_pass += upper[place - 1];
        }
        out[place - 1] = scale * (to_pass - to_reach);
    }
}
