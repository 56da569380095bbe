//! Intervals over problems and seeds.

use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use rand::{Rng, RngExt};
use rs_grpo_files::Refuse as _;

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

/// Values of one statistic: a row for each seed, a column for each problem.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedProblemMatrix(DMatrix<f64>);

impl SeedProblemMatrix {
    /// Takes the values of each seed, the problems of all seeds in the same order.
    ///
    /// # Errors
    /// A seed with more or fewer problems than the first one has.
    pub fn new(seeds: &[Vec<f64>]) -> Result<Self> {
        let problems = seeds.first().map_or(0, Vec::len);
        if let Some(other) = seeds.iter().map(Vec::len).find(|&len| len != problems) {
            let allowed = format!("as many as the first seed has, {problems}");
            return Err(Error::parameter("problems of a seed", other, allowed));
        }
        Ok(Self(DMatrix::from_fn(seeds.len(), problems, |seed, problem| seeds[seed][problem])))
    }

    /// V w: the sum of each seed's values over the problems, each as often as it is given.
    fn sums(&self, problems: impl IntoIterator<Item = usize>) -> DVector<f64> {
        let mut sums = DVector::zeros(self.0.nrows());
        for problem in problems {
            sums += self.0.column(problem);
        }
        sums
    }
}

/// The mean over seeds and problems, with the percentile interval of a bootstrap that draws seeds and
/// problems with replacement, the same problems for every seed.
///
/// To compare two methods, give the differences of their values: shared seeds and problems stay paired.
/// NaN without values.
///
/// # Formula
/// ```text
/// mean      1ᵀ V 1 / (S·N)
/// resample  uᵀ V w / (S·N)
/// ```
/// where `V` holds the values of `S` seeds by `N` problems, and `u` and `w` say how often each seed and
/// each problem was drawn; their entries sum to `S` and to `N`. The sums are in the order of the draws,
/// so that results are reproducible to the last bit.
///
/// # Source
/// Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), 2007.
pub fn bootstrap(values: &SeedProblemMatrix, random: &mut impl Rng) -> Estimate {
    let (seeds, problems) = values.0.shape();
    if seeds == 0 || problems == 0 {
        return Estimate { mean: f64::NAN, low: f64::NAN, high: f64::NAN };
    }
    let count = (seeds * problems) as f64;
    let mean = values.sums(0..problems).iter().sum::<f64>() / count;
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sums = values.sums((0..problems).map(|_| random.random_range(0..problems)));
            let total: f64 = (0..seeds).map(|_| sums[random.random_range(0..seeds)]).sum();
            total / count
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    let end = |share: f64| means[(share * (RESAMPLES - 1) as f64).round() as usize];
    Estimate { mean, low: end(TAIL), high: end(1.0 - TAIL) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn random() -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(11)
    }

    /// Three seeds of 40 problems, with values whose sums are rounded.
    fn values() -> Vec<Vec<f64>> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
        (0..3).map(|_| (0..40).map(|_| random.random::<f64>()).collect()).collect()
    }

    /// The bootstrap by indices instead of a matrix, to the last bit: problems are drawn first, then
    /// seeds, and the values are added in that order.
    #[test]
    fn every_bit_is_that_of_sums_by_index() {
        let values = values();
        let (seeds, problems) = (values.len(), values[0].len());
        let mut draws = random();
        let mut means: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let chosen: Vec<usize> =
                    (0..problems).map(|_| draws.random_range(0..problems)).collect();
                let of_seed = |seed: &[f64]| chosen.iter().map(|&i| seed[i]).sum::<f64>();
                let total: f64 =
                    (0..seeds).map(|_| of_seed(&values[draws.random_range(0..seeds)])).sum();
                total / (seeds * problems) as f64
            })
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        let sum: f64 = values.iter().map(|seed| seed.iter().sum::<f64>()).sum();
        let expected = Estimate {
            mean: sum / (seeds * problems) as f64,
            // 0.025 and 0.975 of the last index, 1999, rounded.
            low: means[50],
            high: means[1_949],
        };
        let matrix = SeedProblemMatrix::new(&values).unwrap();
        assert_eq!(bootstrap(&matrix, &mut random()), expected);
    }

    /// The sums in the order of the draws are V w with the counts of the draws.
    #[test]
    fn sums_of_draws_are_the_product_with_their_counts() {
        let matrix = SeedProblemMatrix::new(&values()).unwrap();
        let drawn = [3, 39, 3, 0, 17, 3];
        let mut counts = DVector::zeros(40);
        for problem in drawn {
            counts[problem] += 1.0;
        }
        let product = &matrix.0 * counts;
        assert!((matrix.sums(drawn) - product).amax() < 1e-13);
    }

    #[test]
    fn seeds_with_other_problems_are_refused() {
        let ragged = [vec![1.0, 2.0], vec![1.0, 2.0, 3.0]];
        let error = SeedProblemMatrix::new(&ragged).unwrap_err().to_string();
        assert!(error.contains("problems of a seed is 3") && error.contains('2'), "{error}");
    }

    #[test]
    fn without_values_there_is_no_mean() {
        for empty in [Vec::new(), vec![Vec::new(), Vec::new()]] {
            let matrix = SeedProblemMatrix::new(&empty).unwrap();
            assert!(bootstrap(&matrix, &mut random()).mean.is_nan());
        }
    }

    /// One seed and one problem leave nothing to draw.
    #[test]
    fn one_value_has_no_width() {
        let matrix = SeedProblemMatrix::new(&[vec![0.25]]).unwrap();
        let one = Estimate { mean: 0.25, low: 0.25, high: 0.25 };
        assert_eq!(bootstrap(&matrix, &mut random()), one);
    }
}
