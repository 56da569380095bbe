//! Reductions.

use super::lanes::LANES;
use pulp::{Arch, Simd, WithSimd};

/// The largest score; −∞ of none, and NaN where one is NaN.
pub fn largest(scores: &[f32]) -> f32 {
    Arch::new().dispatch(Largest(scores))
}

/// The sum in f64, in 16 lanes.
pub fn sum(numbers: &[f32]) -> f64 {
    Arch::new().dispatch(Sum(numbers))
}

struct Largest<'a>(&'a [f32]);

impl WithSimd for Largest<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        // Once NaN, a lane stays NaN.
        let larger = |a: f32, b: f32| if b <= a || a.is_nan() { a } else { b };
        let mut lanes = [f32::NEG_INFINITY; LANES];
        let (whole, rest) = self.0.as_chunks::<LANES>();
        for chunk in whole {
            for (lane, &score) in lanes.iter_mut().zip(chunk) {
                *lane = larger(*lane, score);
            }
        }
        lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |max, &score| larger(max, score))
    }
}

struct Sum<'a>(&'a [f32]);

impl WithSimd for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let mut lanes = [0.0; LANES];
        let (whole, rest) = self.0.as_chunks::<LANES>();
        for chunk in whole {
            for (lane, &number) in lanes.iter_mut().zip(chunk) {
                *lane += f64::from(number);
            }
        }
        lanes.iter().sum::<f64>() + rest.iter().map(|&number| f64::from(number)).sum::<f64>()
    }
}
