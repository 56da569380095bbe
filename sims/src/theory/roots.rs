//! Roots and maxima of functions of one variable.

use crate::Error;

/// The end of the part of `[low, high]` where `below` holds, by bisection.
///
/// `below(low)` is taken to hold and `below(high)` not to; neither is evaluated. Returns the upper
/// end of the last bracket, a few units in the last place wide.
pub(crate) fn bisect(
    mut low: f64,
    mut high: f64,
    below: impl Fn(f64) -> Result<bool, Error>,
) -> Result<f64, Error> {
    while high - low > 4.0 * f64::EPSILON * high {
        let middle = low + (high - low) / 2.0;
        if below(middle)? {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(high)
}

/// Zero, then `count` points up to `high`, evenly spaced in the logarithm over six decades.
pub(crate) fn grid(high: f64, count: usize) -> Vec<f64> {
    let decades = |i: usize| 6.0 * (i as f64 / (count - 1) as f64 - 1.0);
    let points = (0..count).map(|i| high * libm::exp10(decades(i)));
    std::iter::once(0.0).chain(points).collect()
}

/// The last point where `below` turns from true to false along an ascending `grid`, refined by
/// bisection; `None` where it holds at no point of the grid but possibly the last.
pub(crate) fn last_change(
    grid: &[f64],
    below: impl Fn(f64) -> Result<bool, Error>,
) -> Result<Option<f64>, Error> {
    for pair in grid.windows(2).rev() {
        if below(pair[0])? {
            return bisect(pair[0], pair[1], below).map(Some);
        }
    }
    Ok(None)
}

/// Where `f` is largest on `[low, high]`: the best of an even grid, refined by golden sections.
pub(crate) fn maximise(
    low: f64,
    high: f64,
    f: impl Fn(f64) -> Result<f64, Error>,
) -> Result<f64, Error> {
    const CELLS: usize = 256;
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let width = (high - low) / CELLS as f64;
    let (mut best, mut value) = (low, f(low)?);
    for i in 1..=CELLS {
        let x = low + width * i as f64;
        let y = f(x)?;
        if y > value {
            (best, value) = (x, y);
        }
    }
    let (mut a, mut b) = ((best - width).max(low), (best + width).min(high));
    while b - a > 1e-7 * b {
        let inner = (b - a) * GOLDEN;
        if f(b - inner)? > f(a + inner)? {
            b = a + inner;
        } else {
            a = b - inner;
        }
    }
    Ok(a + (b - a) / 2.0)
}
