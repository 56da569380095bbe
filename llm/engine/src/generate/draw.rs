//! One token from one row of logits.

use super::request::SamplingParams;
use crate::kernels::{exp_shifted, largest, mean_score, sum, sum_exp};
use crate::{Error, Result};

/// Tokens whose weights are summed at a time before the one is searched for.
const CHUNK: usize = 256;
/// Low bits of a weight that do not affect its bin: 64 bins from a power of two to the next.
const BIN_SHIFT: u32 = 17;

/// A token, and how probable it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// The token.
    pub token: u32,
    /// Its log-probability under the distribution that it was drawn from.
    pub logprob: f32,
    /// Its log-probability under the softmax of the logits.
    pub model_logprob: f32,
    /// Entropy of the softmax of the logits, in nats.
    pub entropy: f32,
}

/// Draws a token by inverting the cumulative distribution at `uniform`, in `[0, 1)`.
///
/// Of equal logits, the greedy choice is the lowest token.
///
/// # Errors
/// [`Error::Logits`] for a row that holds NaN or +∞, or nothing finite.
pub fn draw(logits: &[f32], params: &SamplingParams, uniform: f64) -> Result<Drawn> {
    let max = check(logits)?;
    // As the head computes it, to the last bit.
    let model_lse = max + sum_exp(logits, 1.0, max).ln();
    let entropy = model_lse - mean_score(logits, 1.0, model_lse);
    let drawn = |token: usize, logprob| Drawn {
        token: token as u32,
        logprob,
        model_logprob: logits[token] - model_lse,
        entropy,
    };
    if params.temperature == 0.0 {
        let best = logits.iter().position(|&logit| logit == max).unwrap_or(0);
        return Ok(drawn(best, 0.0));
    }
    // The largest weight is exp(0), however large the logits and low the temperature. The lowest
    // temperatures have no finite inverse.
    let scale = (1.0 / params.temperature).min(f32::MAX);
    let mut weights: Vec<f32> = logits.iter().map(|logit| logit - max).collect();
    exp_shifted(&mut weights, scale, 0.0);
    filter(&mut weights, params);
    let (token, total) = invert(&weights, uniform);
    let score = (f64::from(logits[token]) - f64::from(max)) / f64::from(params.temperature);
    Ok(drawn(token, (score - total.ln()) as f32))
}

/// The largest logit, if all are numbers or −∞.
fn check(logits: &[f32]) -> Result<f32> {
    let max = largest(logits);
    if max.is_finite() {
        return Ok(max);
    }
    let bad = logits.iter().position(|logit| logit.is_nan() || *logit == f32::INFINITY);
    Err(match bad {
        Some(token) => {
            Error::Logits { what: format!("the logit of token {token}"), value: logits[token] }
        }
        None => Error::Logits { what: "the largest logit".to_owned(), value: max },
    })
}

/// Sets the weights of filtered-out tokens to 0.
fn filter(weights: &mut [f32], params: &SamplingParams) {
    if params.top_k > 0 && params.top_k < weights.len() {
        let least = reaching(weights, |_| 1.0, params.top_k as f64);
        keep(weights, least);
    }
    if params.top_p < 1.0 {
        let share = f64::from(params.top_p) * sum(weights);
        let least = reaching(weights, f64::from, share);
        keep(weights, least);
    }
    if params.min_p > 0.0 {
        // The largest weight is 1.
        keep(weights, params.min_p);
    }
}

fn keep(weights: &mut [f32], least: f32) {
    for weight in weights {
        *weight = if *weight < least { 0.0 } else { *weight };
    }
}

/// The weight at which the sum of `value` over weights, largest first, reaches a target; 0 if none
/// does.
///
/// Only the weights that share a bin with it are sorted.
fn reaching(weights: &[f32], value: impl Fn(f32) -> f64, target: f64) -> f32 {
    // Bits of positive numbers are in the order of the numbers.
    let bin = |weight: f32| (weight.to_bits() >> BIN_SHIFT) as usize;
    let positive = || weights.iter().copied().filter(|&weight| weight > 0.0);
    let mut bins = vec![0.0; bin(1.0) + 1];
    positive().for_each(|weight| bins[bin(weight)] += value(weight));
    let mut reached = 0.0;
    for (index, &inside) in bins.iter().enumerate().rev().filter(|(_, inside)| **inside > 0.0) {
        if reached + inside < target {
            reached += inside;
            continue;
        }
        let mut sorted: Vec<f32> = positive().filter(|&weight| bin(weight) == index).collect();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        for &weight in &sorted {
            reached += value(weight);
            if reached >= target {
                return weight;
            }
        }
        // Rounding: another order of the same sum.
        return sorted.last().copied().unwrap_or(0.0);
    }
    0.0
}

/// The token at which the cumulative sum of weights passes `uniform` of their total, and the total.
fn invert(weights: &[f32], uniform: f64) -> (usize, f64) {
    let sums: Vec<f64> = weights.chunks(CHUNK).map(sum).collect();
    let total = sums.iter().sum();
    let mut rest = uniform * total;
    for (index, (chunk, sum)) in weights.chunks(CHUNK).zip(sums).enumerate() {
        if rest < sum {
            return (index * CHUNK + within(chunk, rest), total);
        }
        rest -= sum;
    }
    // Rounding at the very end: the last token that can be drawn.
    (weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0), total)
}

/// The element at which the cumulative sum of a chunk passes `rest`, which is less than its sum.
fn within(chunk: &[f32], mut rest: f64) -> usize {
    let mut last = 0;
    for (offset, &weight) in chunk.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        last = offset;
        rest -= f64::from(weight);
        if rest < 0.0 {
            break;
        }
    }
    last
}
