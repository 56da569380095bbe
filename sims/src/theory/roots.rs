//! Roots and maxima of functions of one variable.

use crate::Error;

/// The root of `f` in `[low, high]`, where `f(low) < 0 < f(high)`, to a few units in the last place.
///
/// Chandrupatla's method (1997): inverse quadratic interpolation where the last three points allow
/// it, bisection elsewhere. Returns the end of the last bracket where `f ≥ 0`; `high` if `f` is negative
/// even there.
pub(crate) fn root(
    low: f64,
    high: f64,
    f: impl Fn(f64) -> Result<f64, Error>,
) -> Result<f64, Error> {
    let tolerance = 4.0 * f64::EPSILON * high;
    // The newest point, the other end of the bracket, and the last point that left it.
    let (mut new, mut other) = ((high, f(high)?), (low, f(low)?));
    let mut share = 0.5;
    if new.1 <= 0.0 {
        return Ok(high);
    }
    loop {
        let x = new.0 + share * (other.0 - new.0);
        let point = (x, f(x)?);
        let dropped =
            if (point.1 < 0.0) == (new.1 < 0.0) { new } else { std::mem::replace(&mut other, new) };
        new = point;
        let smallest = tolerance / (other.0 - new.0).abs();
        if smallest > 0.5 || new.1 == 0.0 {
            return Ok(if new.1 >= 0.0 { new.0 } else { other.0 });
        }
        share = interpolated(new, other, dropped).clamp(smallest, 1.0 - smallest);
    }
}

/// The next point, as a share of the way from `a` to `b`; `c` is the third point.
fn interpolated(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> f64 {
    let xi = (a.0 - b.0) / (c.0 - b.0);
    let phi = (a.1 - b.1) / (c.1 - b.1);
    if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
        let along = (c.0 - a.0) / (b.0 - a.0);
        a.1 / (b.1 - a.1) * c.1 / (b.1 - c.1) + along * a.1 / (c.1 - a.1) * b.1 / (c.1 - b.1)
    } else {
        0.5
    }
}

/// Zero, then `count` points up to `high`, evenly spaced in the logarithm over six decades.
pub(crate) fn grid(high: f64, count: usize) -> Vec<f64> {
    let decades = |i: usize| 6.0 * (i as f64 / (count - 1) as f64 - 1.0);
    let points = (0..count).map(|i| high * libm::exp10(decades(i)));
    std::iter::once(0.0).chain(points).collect()
}

/// The last root of `f` along an ascending `grid` at which it turns from negative to positive;
/// `None` if it is negative at no point of the grid except possibly the last.
pub(crate) fn last_root(
    grid: &[f64],
    f: impl Fn(f64) -> Result<f64, Error>,
) -> Result<Option<f64>, Error> {
    for pair in grid.windows(2).rev() {
        if f(pair[0])? < 0.0 {
            return root(pair[0], pair[1], f).map(Some);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_found_in_few_evaluations() {
        let evaluations = std::cell::Cell::new(0);
        let f = |x: f64| {
            evaluations.set(evaluations.get() + 1);
            Ok(x * x - 2.0)
        };
        let found = root(0.0, 100.0, f).unwrap();
        assert!((found - 2.0_f64.sqrt()).abs() < 1e-13, "{found}");
        assert!(evaluations.get() < 20, "{} evaluations", evaluations.get());
    }

    #[test]
    fn a_staircase_takes_little_more_than_bisection() {
        let evaluations = std::cell::Cell::new(0);
        let f = |x: f64| {
            evaluations.set(evaluations.get() + 1);
            Ok(if x < 1.0 / 3.0 { -1.0 } else { 1e9 })
        };
        let found = root(0.0, 1.0, f).unwrap();
        assert!((found - 1.0 / 3.0).abs() < 1e-15, "{found}");
        assert!(evaluations.get() <= 60, "{} evaluations", evaluations.get());
    }

    #[test]
    fn the_last_of_several_roots() {
        let f = |x: f64| Ok((x - 0.1) * (x - 0.5) * (x - 0.9));
        let found = last_root(&grid(1.0, 64), f).unwrap().unwrap();
        assert!((found - 0.9).abs() < 1e-14, "{found}");
        assert_eq!(last_root(&grid(1.0, 64), |x| Ok(x + 1.0)).unwrap(), None);
    }

    #[test]
    fn the_highest_of_two_peaks() {
        let f = |x: f64| Ok(-(x - 0.2).powi(2) * (x - 0.8).powi(2) + 0.01 * x);
        let found = maximise(0.0, 1.0, f).unwrap();
        assert!((0.8..0.83).contains(&found), "{found}");
    }
}
