//! One token from one row of logits.

use super::SamplingParams;
use crate::kernels::{softmax, sum_exp};
use crate::{Error, Result};

/// Tokens whose probabilities are summed before they are looked at one by one.
const CHUNK: usize = 256;

/// A token, and how probable it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// The token.
    pub token: u32,
    /// Its log-probability under the distribution that it was drawn from.
    pub logprob: f32,
    /// Its log-probability under the softmax of the logits.
    pub model_logprob: f32,
}

/// Draws a token by inverting the cumulative distribution at `uniform`, in `[0, 1)`.
///
/// Of equal logits, the greedy choice is the lowest token.
///
/// # Errors
/// [`Error::Parameter`] for a row that holds NaN or +∞, or nothing finite.
pub fn draw(logits: &[f32], params: &SamplingParams, uniform: f64) -> Result<Drawn> {
    let (best, max) = best(logits)?;
    let model_lse = max + sum_exp(logits, 1.0, max).ln();
    let model_logprob = |token: u32| logits[token as usize] - model_lse;
    if params.temperature == 0.0 {
        return Ok(Drawn { token: best, logprob: 0.0, model_logprob: model_logprob(best) });
    }
    let mut weights = logits.to_vec();
    softmax(&mut weights, 1.0 / params.temperature);
    filter(&mut weights, params);
    let (token, total) = invert(&weights, uniform);
    let logprob = (f64::from(weights[token as usize]) / total).ln() as f32;
    Ok(Drawn { token, logprob, model_logprob: model_logprob(token) })
}

/// The first of the largest logits, and its value.
fn best(logits: &[f32]) -> Result<(u32, f32)> {
    let max = logits.iter().fold(f32::NEG_INFINITY, |max, &x| if x > max { x } else { max });
    let bad = logits.iter().position(|x| x.is_nan() || *x == f32::INFINITY);
    match (bad, logits.iter().position(|&x| x == max)) {
        (None, Some(token)) if max > f32::NEG_INFINITY => Ok((token as u32, max)),
        (bad, _) => {
            let token = bad.unwrap_or(0);
            let value = logits.get(token).map_or("absent".to_owned(), f32::to_string);
            let allowed =
                format!("finite numbers and −∞, some of them finite; token {token} is not");
            Err(Error::parameter("logit", value, allowed))
        }
    }
}

/// Sets the weights of tokens that are filtered out to 0.
fn filter(weights: &mut [f32], params: &SamplingParams) {
    if params.top_k > 0 && params.top_k < weights.len() {
        let least = largest(weights, params.top_k);
        keep(weights, least);
    }
    if params.top_p < 1.0 {
        let least = nucleus(weights, f64::from(params.top_p));
        keep(weights, least);
    }
    if params.min_p > 0.0 {
        // The largest weight is exp(0).
        keep(weights, params.min_p);
    }
}

fn keep(weights: &mut [f32], least: f32) {
    for weight in weights {
        if *weight < least {
            *weight = 0.0;
        }
    }
}

/// The `k`-th largest weight.
fn largest(weights: &[f32], k: usize) -> f32 {
    let mut sorted = weights.to_vec();
    *sorted.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1
}

/// The least weight of the smallest set that has a share `top_p` of the total.
fn nucleus(weights: &[f32], top_p: f64) -> f32 {
    let total = total(weights);
    // All tokens below this share together have less than 1 − top_p: they need not be sorted.
    let negligible = (total * (1.0 - top_p) / weights.len() as f64) as f32;
    let mut sorted: Vec<f32> = weights.iter().copied().filter(|&w| w >= negligible).collect();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    for &weight in &sorted {
        sum += f64::from(weight);
        if sum >= top_p * total {
            return weight;
        }
    }
    sorted.last().copied().unwrap_or(0.0)
}

fn total(weights: &[f32]) -> f64 {
    weights.chunks(CHUNK).map(chunk_sum).sum()
}

fn chunk_sum(chunk: &[f32]) -> f64 {
    chunk.iter().map(|&weight| f64::from(weight)).sum()
}

/// The token at which the cumulative sum of weights passes `uniform` of their total, and the total.
fn invert(weights: &[f32], uniform: f64) -> (u32, f64) {
    let total = total(weights);
    let mut rest = uniform * total;
    for (index, chunk) in weights.chunks(CHUNK).enumerate() {
        let sum = chunk_sum(chunk);
        if rest < sum {
            return ((index * CHUNK + within(chunk, rest)) as u32, total);
        }
        rest -= sum;
    }
    // Rounding at the very end: the last token that can be drawn.
    let possible = weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0);
    (possible as u32, total)
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
