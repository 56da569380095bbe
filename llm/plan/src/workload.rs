//! How much memory a model needs to sample and to train.
//!
//! # Formula
//! ```text
//! sample  = P·b + KV
//! LoRA    = P·b + 16·A(r) + max(KV, X)
//! full    = P·b + 16·P    + max(KV, X)       (12·P where b = 4: the weights are their own f32 copy)
//! KV      = S·T · 2·L·h_kv·h_d·b
//! X       = M·T · 4·( (L+1)·d + 8·d + 4·(h + 2·h_kv)·h_d + 6·f ) + 1024·v·4
//! A(r)    = r · Σ over the seven matrices of a layer (in + out) · L
//! ```
//! where P is the number of weights, `b` bytes of a weight (2 in bf16, 4 in f32), S sequences sampled
//! at once, T tokens of each with its prompt, M sequences trained at once, L layers, `h` and `h_kv`
//! heads, `h_d` their width, `d` hidden size, `f` width of the feed-forward part, `v` vocabulary, `r`
//! rank of the adapters. 16 bytes a trained weight are weight, gradient and the two moments of Adam,
//! in f32. X is what is kept for the backward pass: the input of every layer, everything inside one
//! layer, and the logits of 1024 tokens. Keys and values are given back before training, hence the
//! maximum.
//!
//! An estimate within some 20 %: allocators, kernels' scratch space and the program come on top.

use rs_grpo_engine::ModelConfig;

/// Bytes of a weight, a gradient and the two moments of Adam, in f32.
const TRAINED_WEIGHT: u64 = 16;

/// How a model is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Sequences sampled at once.
    pub sequences: u64,
    /// Tokens of a sequence, prompt included.
    pub tokens: u64,
    /// Sequences that go through the backward pass at once.
    pub trained_sequences: u64,
    /// Bytes of a weight, and of a number of the cache: 2 for bf16, 4 for f32.
    pub weight_bytes: u64,
}

impl Default for Workload {
    /// 64 sequences of 1024 tokens in bf16, trained 4 at a time.
    fn default() -> Self {
        Self { sequences: 64, tokens: 1_024, trained_sequences: 4, weight_bytes: 2 }
    }
}

impl Workload {
    /// Bytes to sample from a model.
    pub fn sampling(&self, config: &ModelConfig) -> u64 {
        self.weights(config).saturating_add(self.cache(config))
    }

    /// Bytes to train adapters of a rank on every matrix of every layer.
    pub fn lora(&self, config: &ModelConfig, rank: u64) -> u64 {
        let trained = adapter_parameters(config, rank).saturating_mul(TRAINED_WEIGHT);
        self.weights(config).saturating_add(trained).saturating_add(self.working(config))
    }

    /// Bytes to train every weight.
    pub fn full(&self, config: &ModelConfig) -> u64 {
        // In f32 the weights that are sampled from are the ones that are trained.
        let shared = if self.weight_bytes == 4 { 4 } else { 0 };
        let trained = config.parameters().saturating_mul(TRAINED_WEIGHT - shared);
        self.weights(config).saturating_add(trained).saturating_add(self.working(config))
    }

    fn weights(&self, config: &ModelConfig) -> u64 {
        config.parameters().saturating_mul(self.weight_bytes)
    }

    fn working(&self, config: &ModelConfig) -> u64 {
        self.cache(config).max(self.activations(config))
    }

    fn cache(&self, config: &ModelConfig) -> u64 {
        self.sequences
            .saturating_mul(self.tokens)
            .saturating_mul(cache_numbers(config))
            .saturating_mul(self.weight_bytes)
    }

    fn activations(&self, config: &ModelConfig) -> u64 {
        activation_bytes(config, self.trained_sequences.saturating_mul(self.tokens))
    }
}

/// X of the formula: bytes kept for the backward pass of `tokens` tokens at once.
pub(crate) fn activation_bytes(config: &ModelConfig, tokens: u64) -> u64 {
    let heads = product(&[config.heads + 2 * config.kv_heads, config.head_dim]);
    let inputs = product(&[config.layers + 1, config.hidden_size]);
    let inside = 8 * config.hidden_size as u64 + 4 * heads + 6 * config.intermediate_size as u64;
    let logits = product(&[1_024, config.vocab_size, 4]);
    tokens.saturating_mul(4 * (inputs + inside)).saturating_add(logits)
}

/// Numbers that one token holds in the cache of keys and values.
pub(crate) fn cache_numbers(config: &ModelConfig) -> u64 {
    product(&[2, config.layers, config.kv_heads, config.head_dim])
}

/// Weights of adapters of a rank on the seven matrices of every layer.
pub(crate) fn adapter_parameters(config: &ModelConfig, rank: u64) -> u64 {
    let matrices = config
        .tensors()
        .into_iter()
        .filter(|(name, shape)| name.contains(".layers.") && shape.len() == 2);
    matrices.map(|(_, shape)| rank.saturating_mul((shape[0] + shape[1]) as u64)).sum()
}

fn product(sizes: &[usize]) -> u64 {
    sizes.iter().map(|&size| size as u64).product()
}
