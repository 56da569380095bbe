//! Means over seeds with 95 % confidence intervals.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean and its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ConfidenceInterval {
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

    /// The mean, which lies in `range`, with an interval that does not leave it.
    ///
    /// # Formula
    /// ```text
    /// logit x ± t s / (√n x (1 − x)),    x = (mean − low)/(high − low)
    /// ```
    /// with `s` the standard deviation of `x`: Student's interval on the logit scale, by the delta method
    /// (Agresti, Categorical Data Analysis, 3rd edition, sections 3.1 and 16.1). It is Student's interval
    /// itself in the middle of the range and bends away from its ends. `quantile` is [`t_quantile`] of the
    /// number of values.
    pub(crate) fn interval(&self, quantile: Option<f64>, range: RewardRange) -> ConfidenceInterval {
        let Some(t) = quantile else {
            return ConfidenceInterval { mean: self.mean, low: None, high: None };
        };
        let half = t * (self.squares / (self.count - 1.0) / self.count).sqrt();
        let (low, high) = range.around(self.mean, half);
        ConfidenceInterval { mean: self.mean, low: Some(low), high: Some(high) }
    }
}

/// Where the numbers of a mean can lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RewardRange {
    low: f64,
    high: f64,
}

impl RewardRange {
    /// From the smallest of `numbers` to the largest.
    pub(crate) fn of(numbers: &[f64]) -> Self {
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        let low = numbers.iter().copied().fold(low, f64::min);
        Self { low, high: numbers.iter().copied().fold(high, f64::max) }
    }

    /// The ends of the interval around `mean` whose half is `half` on the scale of the numbers.
    fn around(self, mean: f64, half: f64) -> (f64, f64) {
        let width = self.high - self.low;
        let (below, above) = ((mean - self.low) / width, (self.high - mean) / width);
        // Numbers that are all at an end of the range, or past it by rounding, or equal.
        if half == 0.0 || below <= 0.0 || above <= 0.0 {
            return (mean, mean);
        }
        let odds = below / above;
        let factor = libm::exp(half / width / (below * above));
        let at = |odds: f64| match odds.is_finite() {
            true => self.low + width * odds / (1.0 + odds),
            false => self.high,
        };
        (at(odds / factor), at(odds * factor))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(values: &[f64], range: RewardRange) -> (f64, f64) {
        let mut moments = Moments::default();
        values.iter().for_each(|&value| moments.add(value));
        let interval = moments.interval(t_quantile(values.len()), range);
        (interval.low.expect("several values"), interval.high.expect("several values"))
    }

    /// By hand: mean 0.5, standard deviation 0.360_555_1, t(2) = 4.302_652_7, so that the logit is
    /// 0 ± 4.302_652_7 · 0.360_555_1/√3/0.25 = ± 3.582_674_4, and 1/(1 + e^{3.582_674_4}) = 0.027_049_2.
    #[test]
    fn stays_in_the_range_of_the_numbers() {
        let unit = RewardRange { low: 0.0, high: 1.0 };
        let (low, high) = interval(&[0.2, 0.4, 0.9], unit);
        assert!(
            (low - 0.027_049_2).abs() < 1e-6 && (high - 0.972_950_8).abs() < 1e-6,
            "{low} {high}"
        );
        for values in [[0.0, 1e-9, 1.0], [1.0, 1.0, 0.0], [1e-300, 0.0, 0.0], [1.0, 1.0, 0.999_999]]
        {
            let (low, high) = interval(&values, unit);
            let mean = values.iter().sum::<f64>() / 3.0;
            assert!(0.0 <= low && low <= mean && mean <= high && high <= 1.0, "{low} {high}");
        }
    }

    /// Student's interval of 0.5 ± 1e-4: the bend is of third order.
    #[test]
    fn is_students_interval_far_from_the_ends() {
        let (low, high) = interval(&[0.499, 0.5, 0.501], RewardRange { low: 0.0, high: 1.0 });
        let half = 4.302_652_730 * 1e-3 / 3.0_f64.sqrt();
        assert!(
            (low - 0.5 + half).abs() < 1e-7 && (high - 0.5 - half).abs() < 1e-7,
            "{low} {high}"
        );
    }

    #[test]
    fn equal_numbers_have_no_width_and_one_number_no_interval() {
        let unit = RewardRange { low: 0.0, high: 1.0 };
        for value in [0.0, 0.3, 1.0] {
            let (low, high) = interval(&[value; 5], unit);
            assert!((low - value).abs() < 1e-15 && (high - value).abs() < 1e-15);
        }
        let mut single = Moments::default();
        single.add(0.4);
        assert_eq!(single.interval(t_quantile(1), unit).low, None);
    }

    /// Wilson 1927 at 7 of 8: (0.5291, 0.9776), and at 0 of 10: (0, 0.2775); statsmodels 0.14
    /// `proportion_confint(7, 8, method="wilson")`.
    #[test]
    fn wilsons_interval_of_a_share() {
        for (share, count, low, high) in [(7.0 / 8.0, 8, 0.5291, 0.9776), (0.0, 10, 0.0, 0.2775)] {
            let found = wilson(share, count);
            assert!((found.0 - low).abs() < 5e-5 && (found.1 - high).abs() < 5e-5, "{found:?}");
        }
    }
}
