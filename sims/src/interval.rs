//! Means over seeds with 95 % confidence intervals.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean and its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Lower end; `None` with a single observation.
    pub low: Option<f64>,
    /// Upper end; `None` with a single observation.
    pub high: Option<f64>,
}

/// Mean and variance of a stream of numbers (Welford).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
    }

    pub(crate) fn mean(&self) -> f64 {
        self.mean
    }

    /// The mean with Student's interval; `quantile` is [`t_quantile`] of the number of values added.
    pub(crate) fn interval(&self, quantile: Option<f64>) -> Interval {
        let half = quantile.map(|t| t * (self.squares / (self.count - 1.0) / self.count).sqrt());
        Interval {
            mean: self.mean,
            low: half.map(|half| self.mean - half),
            high: half.map(|half| self.mean + half),
        }
    }
}

/// The 97.5 % quantile of Student's distribution for the mean of `count` numbers.
///
/// Rounded to nine digits: `statrs` uses the platform's logarithm, and the last digits would differ
/// between machines.
pub(crate) fn t_quantile(count: usize) -> Option<f64> {
    let freedom = count.checked_sub(1).filter(|&freedom| freedom > 0)?;
    let student = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    Some((student.inverse_cdf(0.975) * 1e9).round() / 1e9)
}

/// The 97.5 % quantile of the normal distribution.
const NORMAL: f64 = 1.959_963_985;

/// The 95 % interval of Wilson (1927) for a share of `count` runs. It stays within 0 and 1.
pub(crate) fn wilson(share: f64, count: u64) -> (f64, f64) {
    let (n, z2) = (count as f64, NORMAL * NORMAL);
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = NORMAL / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}
