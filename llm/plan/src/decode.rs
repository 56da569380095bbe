//! Seconds to decode, on one server.

use super::lengths::Lengths;
use super::rates::{DecodeRates, GpuSpec, Rates};
use super::workload::cache_numbers;
use rs_grpo_engine::ModelConfig;

/// Points at which the length of a decode is evaluated.
const POINTS: usize = 512;

/// A decoder: one server of one or more GPUs, or the GPU that also trains.
#[derive(Debug, Clone, Copy)]
pub struct DecodeServer<'a> {
    /// Rates of the engine it runs.
    pub decode: &'a DecodeRates,
    /// The kind of its GPUs.
    pub gpu: &'a GpuSpec,
    /// Number of its GPUs; each holds a part of every weight.
    pub gpus: usize,
    /// Shares of the GPU's peak rates that a copy and a product reach.
    pub rates: &'a Rates,
    /// The model.
    pub model: &'a ModelConfig,
    /// Whether adapters are computed beside the weights.
    pub adapters: bool,
    /// Bytes of weights that stay in its memory.
    pub weights: u64,
}

/// What one server decodes in a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodeWork {
    /// Completions; a mean over servers, so not always whole.
    pub completions: f64,
    /// Completions of a prompt.
    pub samples: usize,
    /// Tokens of a prompt.
    pub prompt: usize,
    /// Lengths of completions.
    pub lengths: Lengths,
    /// Completions of all servers: the step waits for the longest of them.
    pub of: f64,
}

/// What a server decodes at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodeBatch {
    /// Completions that each get one more token.
    pub completions: f64,
    /// Tokens in the cache.
    pub tokens: f64,
}

impl DecodeServer<'_> {
    /// Bytes a second that a copy reads and writes.
    pub(super) fn bytes(&self) -> f64 {
        self.gpu.bandwidth.value * 1e9 * self.rates.copy.value * self.gpus as f64
    }

    /// Operations a second of a product.
    pub(super) fn operations(&self) -> f64 {
        self.gpu.product.value * 1e12 * self.rates.product.value * self.gpus as f64
    }

    /// Seconds until every completion of the batch has a token more.
    pub fn step(&self, batch: DecodeBatch) -> f64 {
        let (weights, layers) = (self.model.parameters() as f64, self.model.layers as f64);
        let read = 2.0 * weights / self.bytes();
        let computed = 2.0 * weights * batch.completions / self.operations();
        let cached = batch.tokens * self.token_bytes() / self.bytes();
        let DecodeRates {
            products, attention, layer, adapter_layer, tensor_layer, sequence, ..
        } = self.decode;
        let mut fixed = layer.value;
        fixed += if self.adapters { adapter_layer.value } else { 0.0 };
        fixed += if self.gpus > 1 { tensor_layer.value } else { 0.0 };
        read.max(computed) / products.value
            + cached / attention.value
            + (layers * fixed + batch.completions * sequence.value) / 1e6
    }

    /// Seconds to read the prompts.
    pub fn prompts(&self, work: &DecodeWork) -> f64 {
        let tokens = work.completions / work.samples as f64 * work.prompt as f64;
        let operations = tokens * 2.0 * self.model.parameters() as f64;
        operations / self.operations() / self.decode.prefill.value
    }

    /// Bytes of a token in the cache.
    pub(crate) fn token_bytes(&self) -> f64 {
        2.0 * cache_numbers(self.model) as f64
    }

    /// Tokens that fit into the cache; at most 0 if the weights do not fit.
    pub fn room(&self) -> f64 {
        let DecodeRates { memory, reserve, .. } = self.decode;
        let usable = (self.gpu.memory.value * memory.value - reserve.value) * 1e9;
        (usable * self.gpus as f64 - self.weights as f64) / self.token_bytes()
    }

    /// Most completions at a time: limited by the batch size, and by the room for their mean number of
    /// tokens. Less than 1 if not even one fits.
    pub fn most(&self, work: &DecodeWork) -> f64 {
        let DecodeWork { samples, prompt, lengths, .. } = *work;
        if self.room() < prompt as f64 + lengths.longest() {
            return 0.0;
        }
        let age = lengths.first_moment(0.0) / lengths.mean();
        let own = if lengths.are_equal() { lengths.longest() } else { age };
        let each = own + prompt as f64 / samples as f64;
        self.decode.batch.value.min(self.room() / each).max(1.0)
    }

    /// Seconds to decode the work, its prompts included, and the mean share of the batch that is busy.
    pub fn sample(&self, work: &DecodeWork) -> (f64, f64) {
        let most = self.most(work);
        let (decoding, filled) = match work.lengths.are_equal() {
            true => self.in_waves(work, most),
            false => self.refilled(work, most),
        };
        let busy = work.completions * work.lengths.mean() / filled;
        (self.prompts(work) + decoding, busy.min(1.0))
    }

    /// All of the same length begin and end together. Also what full batches would have decoded.
    fn in_waves(&self, work: &DecodeWork, most: f64) -> (f64, f64) {
        let waves = (work.completions / most).ceil().max(1.0);
        let at_once = work.completions / waves;
        let one = self.end_together(work, at_once);
        (waves * one, work.completions * work.lengths.longest())
    }

    /// A free place in the batch is refilled while completions are waiting; then the last ones end.
    fn refilled(&self, work: &DecodeWork, most: f64) -> (f64, f64) {
        let (lengths, longest) = (&work.lengths, work.lengths.longest());
        if work.completions <= most {
            let seconds = self.end_together(work, work.completions);
            return (seconds, work.completions.max(1.0) * longest);
        }
        // Mean age of the tokens in a place of the batch, also of the last ones.
        let (mean, age) = (lengths.mean(), lengths.first_moment(0.0) / lengths.mean());
        let share = |t: f64| lengths.beyond(t) / mean;
        let last = midpoints(longest).map(|(t, width)| most * share(t) * width).sum::<f64>();
        let steps = (work.completions * mean - last).max(0.0) / most;
        let full = self.step(self.batch(work, most, age));
        let ends = |t: f64| (most * share(t), lengths.first_moment(t) / lengths.beyond(t));
        let seconds = steps * full + self.until_last(work, ends);
        (seconds, most * (steps + longest))
    }

    /// `at_once` completions begin together, and none after them.
    fn end_together(&self, work: &DecodeWork, at_once: f64) -> f64 {
        self.until_last(work, |t| (at_once * work.lengths.longer(t), t))
    }

    /// Seconds until the last of all servers' completions ends; `alive` says how many are decoded on one
    /// server, and how many tokens each has. If that is less than one, some servers have one and others
    /// none, until all are done.
    fn until_last(&self, work: &DecodeWork, alive: impl Fn(f64) -> (f64, f64)) -> f64 {
        let servers = work.of / work.completions;
        let at = |(t, width): (f64, f64)| {
            let (completions, age) = alive(t);
            let batch = self.batch(work, completions.max(1.0), age);
            self.step(batch) * (completions * servers).min(1.0) * width
        };
        midpoints(work.lengths.longest()).map(at).sum()
    }

    fn batch(&self, work: &DecodeWork, completions: f64, age: f64) -> DecodeBatch {
        let prompts = completions / work.samples as f64 * work.prompt as f64;
        DecodeBatch { completions, tokens: completions * age + prompts }
    }
}

/// Points in the middle of equal pieces up to `end`, with the width of these.
fn midpoints(end: f64) -> impl Iterator<Item = (f64, f64)> {
    let width = end / POINTS as f64;
    (0..POINTS).map(move |i| ((i as f64 + 0.5) * width, width))
}
