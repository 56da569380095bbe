//! Noisy rewards.

use super::Noise;
use rand::{Rng, RngExt};

impl Noise {
    /// One observation of an arm with the given mean reward.
    #[inline]
    pub(super) fn observe(self, mean: f64, rng: &mut impl Rng) -> f64 {
        match self {
            Self::None => mean,
            Self::Gaussian(deviation) => mean + deviation * standard_normal(rng),
            Self::Bernoulli => f64::from(u8::from(rng.random::<f64>() < mean)),
        }
    }
}

/// A standard normal number, by Marsaglia's polar method.
///
/// Not `rand_distr`: it takes its logarithm from the platform if any crate of the build enables
/// `num-traits/std`, and the same seed would then give other bits on another machine.
fn standard_normal(rng: &mut impl Rng) -> f64 {
    loop {
        let x = 2.0 * rng.random::<f64>() - 1.0;
        let y = 2.0 * rng.random::<f64>() - 1.0;
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            return x * (-2.0 * libm::log(square) / square).sqrt();
        }
    }
}
