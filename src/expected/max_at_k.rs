//! The estimators of max@k in expectation.

use super::levels::Levels;

/// The centred expectation of each level under any unbiased estimator of `∇ max@k`, and a bound on the
/// error of each. It does not depend on the group size.
///
/// # Formula
/// ```text
/// ā_a = k E[ max(r_a, M) ] + constant
/// ```
/// where `M` is the best of `k − 1` draws, `P(M ≤ r) = F(r)^{k−1}`.
pub(super) fn advantages(levels: &Levels, k: usize) -> (Vec<f64>, f64) {
    let (count, power) = (levels.count(), (k - 1) as f64);
    // F^{k−1} of each level; 0⁰ = 1, since there is no draw then.
    let mut cumulated = 0.0;
    let below: Vec<f64> = (levels.chances.iter())
        .map(|chance| {
            cumulated += chance;
            if k == 1 { 1.0 } else { libm::pow(cumulated.min(1.0), power) }
        })
        .collect();
    let mut expected = vec![0.0; count];
    // E[max(r_j, M)] − r_0, from the best level down: it loses what M had above r_j.
    let mut above = 0.0;
    for level in (0..count).rev() {
        expected[level] =
            k as f64 * (above + (levels.rewards[level] - levels.rewards[0]) * below[level]);
        if level > 0 {
            let height = levels.rewards[level] - levels.rewards[0];
            above += height * (below[level] - below[level - 1]);
        }
    }
    levels.centre(&mut expected);
    let rounding = f64::EPSILON * k as f64 * (k as f64 + 2.0 * count as f64 + 8.0);
    (expected, rounding * levels.range())
}
