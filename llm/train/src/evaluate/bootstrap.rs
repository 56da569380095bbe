//! Intervals over problems and seeds.

use rand::{Rng, RngExt};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 2_000;
/// Share of the resamples outside the interval, on each side.
const TAIL: f64 = 0.025;

/// A mean with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The mean of `values[seed][problem]`, with the percentile interval of a bootstrap that draws seeds
/// and problems with replacement, the same problems for every seed.
///
/// For the difference of two methods give the differences of their values: seeds and problems that
/// they share stay paired. NaN where there are no values.
///
/// # Source
/// Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), 2007.
pub fn bootstrap(values: &[Vec<f64>], random: &mut impl Rng) -> Estimate {
    let (seeds, problems) = (values.len(), values.first().map_or(0, Vec::len));
    if seeds == 0 || problems == 0 {
        return Estimate { mean: f64::NAN, low: f64::NAN, high: f64::NAN };
    }
    let sum = |of: &Vec<f64>| of.iter().sum::<f64>();
    let mean = values.iter().map(sum).sum::<f64>() / (seeds * problems) as f64;
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let chosen: Vec<usize> =
                (0..problems).map(|_| random.random_range(0..problems)).collect();
            let of_seed = |of: &Vec<f64>| chosen.iter().map(|&problem| of[problem]).sum::<f64>();
            let total: f64 =
                (0..seeds).map(|_| of_seed(&values[random.random_range(0..seeds)])).sum();
            total / (seeds * problems) as f64
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    let end = |share: f64| means[(share * (RESAMPLES - 1) as f64).round() as usize];
    Estimate { mean, low: end(TAIL), high: end(1.0 - TAIL) }
}
