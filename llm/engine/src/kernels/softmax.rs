//! Sums of exponentials.

use super::exp::exp;
use super::lanes::LANES;
use pulp::{Arch, Simd, WithSimd};
use std::ops::AddAssign;

/// Replaces scores by `exp(scale · (x − max))`, and returns their sum and the largest of
/// `scale · x`.
///
/// The sum is taken in 16 lanes and a tree, so its bits depend on the scores alone.
pub fn softmax(scores: &mut [f32], scale: f32) -> (f32, f32) {
    softmax_on(Arch::new(), scores, scale)
}

/// [`softmax`] with the instructions of `arch`, which do not change the result.
#[doc(hidden)]
pub fn softmax_on(arch: Arch, scores: &mut [f32], scale: f32) -> (f32, f32) {
    arch.dispatch(Softmax { scores, scale })
}

/// Vectors that are summed in f32; few, since the rounding errors of equal numbers add up.
const BLOCK: usize = 16;

/// `Σ exp(scale · x − shift)`, in 16 lanes and a tree.
///
/// Blocks of 256 are summed in f32 and their sums in f64: in f32 alone, 150,000 equal terms, as of a
/// vocabulary of which nothing was learnt, would add up to an error of 5e-4.
pub fn sum_exp(scores: &[f32], scale: f32, shift: f32) -> f32 {
    Arch::new().dispatch(SumExp::<false> { scores, scale, shift })
}

/// `Σ exp(x·scale − shift) · x·scale`, in 16 lanes and a tree: with the log of the sum of
/// exponentials as shift, the mean of the scaled scores under their softmax.
pub fn mean_score(scores: &[f32], scale: f32, shift: f32) -> f32 {
    Arch::new().dispatch(SumExp::<true> { scores, scale, shift })
}

/// Replaces `x` by `exp(scale · x − shift)`.
pub fn exp_shifted(scores: &mut [f32], scale: f32, shift: f32) {
    Arch::new().dispatch(ExpShifted { scores, scale, shift });
}

struct Softmax<'a> {
    scores: &'a mut [f32],
    scale: f32,
}

impl WithSimd for Softmax<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (f32, f32) {
        let Self { scores, scale } = self;
        let mut largest = [f32::NEG_INFINITY; LANES];
        for chunk in scores.chunks(LANES) {
            for (lane, &score) in largest.iter_mut().zip(chunk) {
                *lane = if score * scale > *lane { score * scale } else { *lane };
            }
        }
        let mut max = f32::NEG_INFINITY;
        for lane in largest {
            max = max.max(lane);
        }
        let mut sums = [0.0; LANES];
        let (whole, rest) = scores.as_chunks_mut::<LANES>();
        for chunk in whole {
            for (lane, score) in sums.iter_mut().zip(chunk) {
                *score = exp(*score * scale - max);
                *lane += *score;
            }
        }
        for (lane, score) in sums.iter_mut().zip(rest) {
            *score = exp(*score * scale - max);
            *lane += *score;
        }
        (tree(sums), max)
    }
}

/// The sum of exponentials, each times its scaled score if `SCORED`.
struct SumExp<'a, const SCORED: bool> {
    scores: &'a [f32],
    scale: f32,
    shift: f32,
}

impl<const SCORED: bool> WithSimd for SumExp<'_, SCORED> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let (whole, rest) = self.scores.as_chunks::<LANES>();
        let mut sums = [0.0_f64; LANES];
        for block in whole.chunks(BLOCK) {
            let mut block_sums = [0.0_f32; LANES];
            for chunk in block {
                for (lane, &score) in block_sums.iter_mut().zip(chunk) {
                    *lane += self.term(score);
                }
            }
            for (lane, sum) in sums.iter_mut().zip(block_sums) {
                *lane += f64::from(sum);
            }
        }
        for (lane, &score) in sums.iter_mut().zip(rest) {
            *lane += f64::from(self.term(score));
        }
        tree(sums) as f32
    }
}

impl<const SCORED: bool> SumExp<'_, SCORED> {
    #[inline(always)]
    fn term(&self, score: f32) -> f32 {
        let scaled = score * self.scale;
        let weight = exp(scaled - self.shift);
        if SCORED { weight * scaled } else { weight }
    }
}

struct ExpShifted<'a> {
    scores: &'a mut [f32],
    scale: f32,
    shift: f32,
}

impl WithSimd for ExpShifted<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for score in self.scores {
            *score = exp(*score * self.scale - self.shift);
        }
    }
}

/// The sum of the lanes, halves onto halves.
#[inline(always)]
fn tree<T: Copy + AddAssign>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}
