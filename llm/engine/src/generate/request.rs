//! Requests to a sampler, and its samples.

use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// A prompt, and the number of samples to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Tokens of the prompt; at least one.
    pub prompt: Vec<u32>,
    /// Number of samples.
    pub samples: usize,
    /// Index of the first of them. A sample is a function of seed, prompt and its index: to
    /// draw more samples of the same prompt, count on from where the first request ended.
    pub first_sample: usize,
}

/// How tokens are drawn, and when a sample ends.
///
/// Logits are divided by the temperature; then the `top_k`, `top_p` and `min_p` filters apply, in
/// this order, each to what the one before left, as in transformers.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingParams {
    /// Divides the logits; 0 takes the most probable token (greedy).
    pub temperature: f32,
    /// Keeps the `k` most probable tokens, and those that tie with the last of them; 0 keeps all.
    pub top_k: usize,
    /// Keeps the smallest set of most probable tokens that has at least this probability, and those
    /// that tie with the last of them; 1 keeps all.
    pub top_p: f32,
    /// Keeps tokens at least this probable relative to the most probable one; 0 keeps all.
    pub min_p: f32,
    /// Longest sample, in tokens.
    pub max_tokens: usize,
    /// Tokens that end a sample; the token is part of the sample, not of its text.
    pub stop_tokens: Vec<u32>,
    /// Texts that end a sample; its text is cut before them, its tokens are kept.
    pub stop_strings: Vec<String>,
    /// Seed of all samples.
    pub seed: u64,
}

impl Default for SamplingParams {
    /// Plain sampling: temperature 1, no filter, 1,024 tokens.
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            max_tokens: 1024,
            stop_tokens: Vec::new(),
            stop_strings: Vec::new(),
            seed: 0,
        }
    }
}

impl SamplingParams {
    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// [`Parameter`](rs_grpo_files::Error::Parameter) for the first that is not.
    pub fn check(&self) -> Result<()> {
        let in_range = |ok: bool, name, value: f32, allowed: &str| match ok {
            true => Ok(()),
            false => Err(Error::parameter(name, value, allowed)),
        };
        let Self { temperature, top_p, min_p, .. } = *self;
        let cool = temperature >= 0.0 && temperature.is_finite();
        in_range(cool, "temperature", temperature, "0 (greedy) or a finite number over 0")?;
        in_range(top_p > 0.0 && top_p <= 1.0, "top-p", top_p, "over 0 and at most 1 (off)")?;
        in_range((0.0..=1.0).contains(&min_p), "min-p", min_p, "0 (off) to 1")?;
        if self.max_tokens == 0 {
            return Err(Error::parameter("max-new-tokens", 0, "at least 1"));
        }
        if self.stop_strings.iter().any(String::is_empty) {
            return Err(Error::parameter("stop", "\"\"", "a text of at least one character"));
        }
        Ok(())
    }
}

/// Why a sample ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishReason {
    /// A stop token, which is its last token.
    StopToken(u32),
    /// A stop string.
    StopString(String),
    /// It has `max_tokens` tokens.
    Length,
    /// Prompt and sample fill the context of the model.
    Context,
}

/// One continuation of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Index of the sample among those of its prompt.
    pub index: usize,
    /// Its tokens, a stop token included.
    pub tokens: Vec<u32>,
    /// Its text, without special tokens, cut before a stop string; absent where the sampler has no
    /// tokenizer.
    pub text: Option<String>,
    /// Log-probability of each token under the distribution that it was drawn from, in nats: 0 where
    /// it was taken greedily.
    pub logprobs: Vec<f32>,
    /// Log-probability of each token under the model, at temperature 1 and without filters; empty
    /// where the sampler does not report it.
    pub model_logprobs: Vec<f32>,
    /// Entropy of the model's distribution of each token, at temperature 1 and without filters; empty
    /// where the sampler does not report it.
    pub entropies: Vec<f32>,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Version of the policy that drew it, where policies have one: in training on servers, the number
    /// of optimiser steps behind it.
    pub policy: Option<u64>,
}

/// Progress of a sampler.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SamplingProgress {
    /// Samples asked for.
    pub samples: usize,
    /// Samples that ended.
    pub finished: usize,
    /// Tokens drawn so far, of all samples.
    pub tokens: usize,
    /// Samples that are being extended.
    pub running: usize,
    /// Slots of the cache in use.
    pub slots: usize,
    /// Samples that were taken out of the batch because the cache was full, and computed again later.
    pub preemptions: usize,
    /// Most samples that were extended at a time.
    pub peak_running: usize,
    /// Most slots of the cache that were in use at a time.
    pub peak_slots: usize,
}

/// What a sampler reports while it works.
#[derive(Debug)]
pub enum Event<'a> {
    /// A sample of a request, by its index, has ended.
    Finished(usize, &'a Sample),
    /// One pass through the model, or several: samples whose prompt is all processed have one more
    /// token, or several.
    Step(SamplingProgress),
}

/// Draws continuations of prompts.
pub trait Sampler {
    /// Samples of each request, in the order of their indices. `watch` is called for every sample as it
    /// ends.
    ///
    /// A sample depends on seed, prompt and sample index alone.
    ///
    /// # Errors
    /// Settings outside their range; prompts that are empty, too long or hold unknown tokens.
    fn sample(
        &mut self,
        requests: &[Request],
        params: &SamplingParams,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<Vec<Sample>>>;
}
