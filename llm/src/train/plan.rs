//! How much memory a run takes, before it takes any.
//!
//! # Formula
//! ```text
//! weights      4·P, or 4·A for adapters of a rank: frozen weights stay in their files
//! optimiser    12 bytes a trained weight: its gradient and the two moments of AdamW, in f32
//! cache        keys and values of the completions that are sampled at a time, at most 4 GiB
//! activations  M·4·((L+1)·d + 8·d + 4·(h + 2·h_kv)·h_d + 6·f), and the logits of 1024 tokens
//! peak         weights + optimiser + max(cache, activations)
//! ```
//! with the letters of [`Workload`](crate::hub::Workload), A the weights of the adapters and M the most
//! tokens trained on at once. The cache is given back before training, hence the maximum.

use super::policy::Policy;
use super::{Adapters, TrainConfig};
use crate::hub::{activation_bytes, adapter_parameters};
use crate::model::Decoder;
use crate::{Error, ModelConfig, Result};

/// Bytes of the cache of keys and values, on the host.
pub(super) const CACHE_BYTES: usize = 4 << 30;
/// Rank that is proposed where all weights are too many.
const RANK: usize = 32;

/// Bytes of a run's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Trained weights.
    pub weights: u64,
    /// Gradients and moments.
    pub optimizer: u64,
    /// Keys and values while sampling.
    pub cache: u64,
    /// What is kept for the backward pass, while training.
    pub activations: u64,
}

impl MemoryPlan {
    /// Of a run on a model, with sequences of up to `longest` tokens.
    pub fn new(config: &TrainConfig, model: &ModelConfig, longest: usize) -> Self {
        let trained = match config.lora.rank {
            0 => model.parameters(),
            rank => adapter_parameters(model, rank as u64),
        };
        let slot = (8 * model.layers * model.kv_heads * model.head_dim) as u64;
        let slots = (Decoder::MAX_BATCH * longest) as u64;
        // A sequence is trained on as a whole.
        let tokens = config.micro_batch_tokens.max(longest) as u64;
        Self {
            weights: trained.saturating_mul(4),
            optimizer: trained.saturating_mul(12),
            cache: slots.saturating_mul(slot).min((CACHE_BYTES as u64).max(slot * longest as u64)),
            activations: activation_bytes(model, tokens),
        }
    }

    /// The most that is in memory at a time.
    pub fn peak(&self) -> u64 {
        let working = self.cache.max(self.activations);
        self.weights.saturating_add(self.optimizer).saturating_add(working)
    }

    /// The plan of a run, if it fits into so many bytes.
    ///
    /// # Errors
    /// [`Error::Memory`], with the nearest settings that do.
    pub fn within(
        limit: u64,
        config: &TrainConfig,
        model: &ModelConfig,
        longest: usize,
    ) -> Result<Self> {
        let plan = Self::new(config, model, longest);
        if plan.peak() <= limit {
            return Ok(plan);
        }
        Err(Error::Memory {
            need: plan.peak(),
            limit,
            parts: plan.to_string(),
            advice: advice(limit, config, model, longest),
        })
    }
}

impl std::fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gb = |bytes: u64| bytes as f64 / 1e9;
        let Self { weights, optimizer, cache, activations } = *self;
        write!(
            f,
            "trained weights {:.1}, optimiser {:.1}, and the larger of cache {:.1} and activations \
             {:.1}",
            gb(weights),
            gb(optimizer),
            gb(cache),
            gb(activations)
        )
    }
}

/// The settings nearest to these that fit: fewer tokens at once, then adapters.
fn advice(limit: u64, config: &TrainConfig, model: &ModelConfig, longest: usize) -> String {
    let fits = |config: &TrainConfig| MemoryPlan::new(config, model, longest).peak() <= limit;
    if let Some(smaller) = smaller_batches(config, longest).find(|config| fits(config)) {
        return format!("It fits with micro-batch-tokens = {}", smaller.micro_batch_tokens);
    }
    let adapters =
        TrainConfig { lora: Adapters { rank: RANK, ..Adapters::default() }, ..config.clone() };
    let mut with_adapters =
        std::iter::once(adapters.clone()).chain(smaller_batches(&adapters, longest));
    match with_adapters.find(|config| fits(config)).filter(|_| config.lora.rank == 0) {
        Some(TrainConfig { micro_batch_tokens, .. }) => {
            format!(
                "It fits with lora = \"rank={RANK}\" and micro-batch-tokens = {micro_batch_tokens}"
            )
        }
        None => "No setting makes it fit; take a smaller model or shorter completions".to_owned(),
    }
}

/// The settings with half the tokens at once, a quarter and so on, down to one sequence.
fn smaller_batches(
    config: &TrainConfig,
    longest: usize,
) -> impl Iterator<Item = TrainConfig> + use<> {
    let (config, least) = (config.clone(), longest.max(1));
    let halves = std::iter::successors(Some(config.micro_batch_tokens), move |&tokens| {
        (tokens > least).then(|| (tokens / 2).max(least))
    });
    halves
        .skip(1)
        .map(move |micro_batch_tokens| TrainConfig { micro_batch_tokens, ..config.clone() })
}

/// Bytes of memory that this process may use, where the operating system tells.
pub fn host_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let machine = total.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)?;
    // The limit of a container; the word `max` where there is none.
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX);
    Some(machine.min(group))
}
