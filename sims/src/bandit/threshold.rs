//! The smallest parameter of an estimator that escapes the wrong peak: predicted from the exact expected
//! updates, and simulated.

use super::exact::expected_update;
use super::run::one_update;
use super::{Config, run_expected, run_sampled};
use crate::Error;
use crate::interval::wilson;
use rayon::prelude::*;
use rs_grpo::Estimator;
use serde::Serialize;

/// Estimators with one parameter that says how much they look at the best of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BorderEstimator {
    /// `rs-grpo`, over β.
    RsGrpo,
    /// `rs-loo`, over β.
    RsLoo,
    /// `pkpo-loo-mm`, over whole k up to `N − 1`.
    PkpoLooMm,
}

impl BorderEstimator {
    /// The estimator with this parameter.
    pub fn estimator(self, parameter: f64) -> Estimator {
        match self {
            Self::RsGrpo => Estimator::RsGrpo { beta: parameter },
            Self::RsLoo => Estimator::RsLoo { beta: parameter },
            Self::PkpoLooMm => Estimator::PkpoLooMm { k: parameter as usize },
        }
    }

    fn is_whole(self) -> bool {
        self == Self::PkpoLooMm
    }
}

/// Where a threshold is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// All settings but the estimator.
    pub config: Config,
    /// What the parameter belongs to.
    pub family: BorderEstimator,
    /// Runs at each parameter that is simulated.
    pub seeds: u64,
    /// Seed of all random numbers.
    pub seed: u64,
}

/// The smallest parameter at which half of the runs escape.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Threshold {
    /// Where the share of runs that escape crosses one half, between two parameters by a straight line.
    pub value: f64,
    /// The largest parameter below it with a share whose 95 % interval (Wilson) lies below one half.
    pub low: f64,
    /// The smallest parameter above it with a share whose interval lies above one half.
    pub high: f64,
}

/// The parameters that are tried first: β over two decades, or every k.
const COARSE: [f64; 15] =
    [1.0, 1.5, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 12.0, 24.0, 64.0];
/// How exactly a predicted β is found.
const PRECISION: f64 = 1e-3;
/// Distance of the β that are simulated, as a share of the predicted one, and how far they reach.
const SIMULATED: (f64, i32) = (0.01, 30);

impl Search {
    fn at(&self, parameter: f64) -> Config {
        Config { estimator: self.family.estimator(parameter), ..self.config.clone() }
    }

    fn predicts(&self, parameter: f64) -> Result<bool, Error> {
        let config = self.at(parameter);
        Ok(run_expected(&config)?.escaped(&config))
    }

    fn coarse(&self) -> Vec<f64> {
        match self.family.is_whole() {
            true => (1..self.config.group_size.min(33)).map(|k| k as f64).collect(),
            false => COARSE.to_vec(),
        }
    }

    /// Share of the runs that escape.
    fn share(&self, parameter: f64) -> Result<f64, Error> {
        let config = self.at(parameter);
        let runs = (0..self.seeds).into_par_iter();
        let escaped = runs
            .map(|index| Ok(u64::from(run_sampled(&config, self.seed, index)?.escaped(&config))))
            .sum::<Result<u64, Error>>()?;
        Ok(escaped as f64 / self.seeds as f64)
    }
}

/// The smallest parameter whose expected updates escape, β to 0.001; `None` if none up to 64 does (for k:
/// none up to `N − 1` or 32).
///
/// # Errors
/// A setting outside its range, or an estimator whose expectation is not known.
pub fn predicted_threshold(search: &Search) -> Result<Option<f64>, Error> {
    let mut before = 0.0;
    for parameter in search.coarse() {
        if search.predicts(parameter)? {
            if search.family.is_whole() {
                return Ok(Some(parameter));
            }
            return bisect(search, before, parameter).map(Some);
        }
        before = parameter;
    }
    Ok(None)
}

fn bisect(search: &Search, mut low: f64, mut high: f64) -> Result<f64, Error> {
    while high - low > PRECISION {
        let middle = 0.5 * (low + high);
        if search.predicts(middle)? { high = middle } else { low = middle }
    }
    Ok(high)
}

/// The smallest parameter at which half of the runs escape, looked for around `near`; `None` if the share
/// does not cross one half there.
///
/// # Errors
/// A setting outside its range, or the first error of a run.
pub fn simulated_threshold(search: &Search, near: f64) -> Result<Option<Threshold>, Error> {
    let parameters: Vec<f64> = match search.family.is_whole() {
        true => search.coarse(),
        false => {
            let (step, reach) = SIMULATED;
            (-reach..=2 * reach).map(|i| near * (1.0 + step * f64::from(i))).collect()
        }
    };
    let mut points = Vec::new();
    for parameter in parameters {
        let share = search.share(parameter)?;
        let (low, high) = wilson(share, search.seeds);
        points.push((parameter, share, low, high));
        // Certainly past it.
        if low > 0.5 {
            break;
        }
    }
    Ok(crossing(&points))
}

/// Where the shares `(parameter, share, low, high)` cross one half for the first time.
fn crossing(points: &[(f64, f64, f64, f64)]) -> Option<Threshold> {
    let past = points.iter().position(|point| point.1 >= 0.5)?;
    let value = match past.checked_sub(1).map(|before| points[before]) {
        Some((x, share, ..)) => {
            let (next, above) = (points[past].0, points[past].1);
            x + (next - x) * (0.5 - share) / (above - share)
        }
        None => points[past].0,
    };
    let below = points.iter().take(past).rev().find(|point| point.3 < 0.5);
    let above = points.iter().skip(past).find(|point| point.2 > 0.5)?;
    Some(Threshold { value, low: below.map_or(points[0].0, |point| point.0), high: above.0 })
}

/// The noise of one sampled update at the initial policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UpdateNoise {
    /// Length of the mean update of the logits.
    pub mean: f64,
    /// Root of the summed variances of the updates of all logits.
    pub deviation: f64,
    /// `deviation / mean`: about this squared groups are needed to see the mean.
    pub ratio: f64,
}

/// Groups drawn for a [`UpdateNoise`].
const GROUPS: u64 = 4_000;

/// How noisy one update from the initial policy is, from 4,000 groups; the mean is the exact one.
///
/// # Errors
/// A setting outside its range, or what the estimator refuses.
pub fn signal_to_noise(search: &Search, parameter: f64) -> Result<UpdateNoise, Error> {
    let config = Config { pulls: search.config.group_size as u64, ..search.at(parameter) };
    let start = config.initial_logits();
    let exact = expected_update(&config)?;
    let squares = (0..GROUPS)
        .into_par_iter()
        .map(|index| {
            let moved = one_update(&config, search.seed, index)?;
            let off =
                moved.iter().zip(&start).zip(&exact).map(|((to, from), mean)| to - from - mean);
            Ok(off.map(|x| x * x).sum::<f64>())
        })
        .collect::<Result<Vec<f64>, Error>>()?;
    let mean = exact.iter().map(|x| x * x).sum::<f64>().sqrt();
    let deviation = (squares.iter().sum::<f64>() / GROUPS as f64).sqrt();
    Ok(UpdateNoise { mean, deviation, ratio: deviation / mean })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crossing_lies_between_what_is_certain() {
        let points = [
            (1.0, 0.0, 0.0, 0.1),
            (2.0, 0.4, 0.3, 0.51),
            (3.0, 0.6, 0.49, 0.7),
            (4.0, 1.0, 0.9, 1.0),
        ];
        let found = crossing(&points).expect("it crosses");
        assert!((found.value - 2.5).abs() < 1e-12 && (found.low, found.high) == (1.0, 4.0));
        assert_eq!(crossing(&points[..2]), None);
        assert_eq!(crossing(&points[..3]), None, "nothing is certainly above");
    }
}
