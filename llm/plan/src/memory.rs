//! Memory of a run, estimated before it starts.
//!
//! # Formula
//! ```text
//! host     weights      4·A: what is not trained stays in its files
//!          peak         weights + moments + gradients + max(cache, activations)
//! device   weights      b·P, as much again for a reference, and where b = 2 the trained ones in f32, 4·A
//!          peak         weights + max(cache, moments + gradients + activations)
//! moments  8·A, or 4·A in bf16 on a device
//! gradients    4·A, in f32
//! cache        keys and values of the completions that are sampled at a time: on the host at most
//!              4 GiB, on a device at least those of one, and what is free beside; none where servers
//!              sample
//! activations  M·b·((L+1)·d + 8·d + 4·(h + 2·h_kv)·h_d + 6·f), and logits: of 1024 tokens on the host,
//!              a GB and 8·M·d on a device
//! ```
//! with the letters of [`Workload`](super::Workload), A the weights that are trained, b bytes of a weight
//! and M the most tokens trained on at once. On a device the cache makes way for training, and
//! the moments for the cache where there is no room for both.

use super::run_shape::RunShape;
use super::workload::{activation_bytes, adapter_parameters, cache_numbers};
use crate::{Error, Result};
use rs_grpo_engine::ModelConfig;
use rs_grpo_engine::cuda::launch::Element;
use rs_grpo_engine::cuda::memory::DType;
use rs_grpo_engine::model::Decoder;
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::optim::StateType;

/// Bytes of logits and of their gradient on a device.
const LOGITS: u64 = 1 << 30;
/// LoRA rank that is proposed if full training does not fit.
const RANK: usize = 32;

/// Whose memory it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The host's.
    Host,
    /// A device's, with weights and activations of this type.
    Device(Element),
}

/// Bytes of a run's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Whose memory it is.
    pub site: Site,
    /// Weights.
    pub weights: u64,
    /// Moments of the optimiser.
    pub moments: u64,
    /// Gradients.
    pub gradients: u64,
    /// Keys and values while sampling.
    pub cache: u64,
    /// Activations kept for the backward pass.
    pub activations: u64,
}

impl MemoryPlan {
    /// Of a run on a model, with sequences of up to `longest` tokens.
    pub fn new(site: Site, run: &RunShape, model: &ModelConfig, longest: usize) -> Self {
        let trained = match run.lora_rank {
            0 => model.parameters(),
            rank => adapter_parameters(model, rank as u64),
        };
        // A sequence is trained on as a whole.
        let tokens = run.micro_batch_tokens.max(longest) as u64;
        let numbers = match run.on_servers {
            false => cache_numbers(model).saturating_mul(longest as u64),
            true => 0,
        };
        let (gradients, activations) = (trained.saturating_mul(4), activation_bytes(model, tokens));
        match site {
            Site::Host => Self {
                site,
                weights: trained.saturating_mul(4),
                moments: trained.saturating_mul(8),
                gradients,
                cache: numbers
                    .saturating_mul((4 * Decoder::MAX_BATCH) as u64)
                    .min((Decoder::CACHE_BYTES as u64).max(4 * numbers)),
                activations,
            },
            Site::Device(element) => {
                let bytes = DType::from(element).bytes() as u64;
                let copies = if run.reference && run.lora_rank == 0 { 2 } else { 1 };
                let masters = if element == Element::F32 { 0 } else { 4 };
                let of_moments = match run.moments {
                    StateType::F32 => 8,
                    StateType::Bf16 => 4,
                };
                let frozen = model.parameters().saturating_mul(bytes * copies);
                let logits = LOGITS + 8 * tokens * model.hidden_size as u64;
                Self {
                    site,
                    weights: frozen.saturating_add(trained.saturating_mul(masters)),
                    moments: trained.saturating_mul(of_moments),
                    gradients,
                    cache: numbers.saturating_mul(bytes),
                    activations: (activations / 4).saturating_mul(bytes).saturating_add(logits),
                }
            }
        }
    }

    /// The most that is in memory at a time.
    pub fn peak(&self) -> u64 {
        let Self { site, weights, moments, gradients, cache, activations } = *self;
        let state = moments.saturating_add(gradients);
        let working = match site {
            Site::Host => state.saturating_add(cache.max(activations)),
            Site::Device(_) => cache.max(state.saturating_add(activations)),
        };
        weights.saturating_add(working)
    }

    /// The plan of a run, if it fits into `limit` bytes.
    ///
    /// # Errors
    /// [`Error::Memory`], with the nearest settings that do.
    pub fn within(
        (site, limit): (Site, u64),
        run: &RunShape,
        model: &ModelConfig,
        longest: usize,
    ) -> Result<Self> {
        let plan = Self::new(site, run, model, longest);
        if plan.peak() <= limit {
            return Ok(plan);
        }
        Err(Error::Memory {
            need: plan.peak(),
            limit,
            parts: plan.to_string(),
            advice: advice((site, limit), run, model, longest),
        })
    }
}

impl std::fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gb = |bytes: u64| bytes as f64 / 1e9;
        let Self { site, weights, moments, gradients, cache, activations } = *self;
        let (weights, moments, gradients) = (gb(weights), gb(moments), gb(gradients));
        let (cache, activations) = (gb(cache), gb(activations));
        match site {
            Site::Host => write!(
                f,
                "trained weights {weights:.1}, moments {moments:.1}, gradients {gradients:.1}, and the \
                 larger of cache {cache:.1} and activations {activations:.1}"
            ),
            Site::Device(_) => write!(
                f,
                "weights {weights:.1}, moments {moments:.1}, gradients {gradients:.1}, activations \
                 {activations:.1}"
            ),
        }
    }
}

/// The settings nearest to these that fit: fewer tokens at once, then adapters.
fn advice(
    (site, limit): (Site, u64),
    run: &RunShape,
    model: &ModelConfig,
    longest: usize,
) -> String {
    let fits = |run: &RunShape| MemoryPlan::new(site, run, model, longest).peak() <= limit;
    if let Some(smaller) = smaller_batches(*run, longest).find(fits) {
        return format!("It fits with micro_batch_tokens = {}", smaller.micro_batch_tokens);
    }
    if let (Site::Device(_), StateType::F32) = (site, run.moments)
        && fits(&RunShape { moments: StateType::Bf16, ..*run })
    {
        return "It fits with state = \"bf16\" in [optimizer]".to_owned();
    }
    let adapters = RunShape { lora_rank: RANK, ..*run };
    let mut with_adapters = std::iter::once(adapters).chain(smaller_batches(adapters, longest));
    match with_adapters.find(fits).filter(|_| run.lora_rank == 0) {
        Some(RunShape { micro_batch_tokens, .. }) => format!(
            "It fits with rank = {RANK} in [lora] and micro_batch_tokens = {micro_batch_tokens}"
        ),
        None => "No setting makes it fit; take a smaller model or shorter completions".to_owned(),
    }
}

/// The settings with half the tokens at once, a quarter and so on, down to one sequence.
fn smaller_batches(run: RunShape, longest: usize) -> impl Iterator<Item = RunShape> {
    let least = longest.max(1);
    let halves = std::iter::successors(Some(run.micro_batch_tokens), move |&tokens| {
        (tokens > least).then(|| (tokens / 2).max(least))
    });
    halves.skip(1).map(move |micro_batch_tokens| RunShape { micro_batch_tokens, ..run })
}
