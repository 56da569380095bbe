//! Whole numbers of responses, such as the rank of a quantile.
//!
//! A product that is whole but for rounding counts as that number: `0.57 · 100` is 57, though its
//! product in f64 lies below.

/// The smallest whole number of at least `x ≥ 0`.
pub(crate) fn whole_or_above(x: f64) -> usize {
    whole(x).unwrap_or(x.ceil()) as usize
}

/// The largest whole number of at most `x ≥ 0`.
pub(crate) fn whole_or_below(x: f64) -> usize {
    whole(x).unwrap_or(x.floor()) as usize
}

fn whole(x: f64) -> Option<f64> {
    let nearest = x.round();
    ((x - nearest).abs() <= 4.0 * f64::EPSILON * x).then_some(nearest)
}
