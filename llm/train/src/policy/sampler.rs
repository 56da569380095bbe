//! The policy's sampler: an engine in this process, or servers that load its adapter.

use super::learner::PolicyUpdater;
use super::weights::write_weights;
use crate::config::TrainConfig;
use crate::context::{SamplerServers, TrainContext};
use crate::error::{Error, Result};
use crate::metrics::{self, Metrics};
use crate::rollout::Rollout;
use rs_grpo_engine::generate::{Engine, EngineOptions, Sampler};
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_files::Refuse as _;
use rs_grpo_fleet::FleetSampler;

/// Samples from the current policy.
pub(crate) enum PolicySampler<'a, P: TrainableModel> {
    /// In this process; the KV cache takes this many bytes while it samples.
    Local { engine: Engine<'a, P>, cache_bytes: usize },
    /// On servers, which load the policy's adapter.
    Servers(FleetSampler<'a>),
}

impl<'a, P: TrainableModel> PolicySampler<'a, P> {
    /// # Errors
    /// Prompts that are too long for the model; no room for the cache; `--sampler http` without servers.
    pub(crate) fn new(context: &'a TrainContext<P>) -> Result<Self> {
        let TrainConfig { samples, max_new_tokens, sampler, .. } = context.config;
        if !sampler.is_local() {
            return Ok(Self::Servers(servers(context)?));
        }
        let (policy, prompts) = (&context.policy, &context.prompts);
        let options = engine_options(policy, prompts, samples, max_new_tokens)?;
        let engine = Engine::new(policy, Some(&context.tokenizer), options)?;
        let cache_bytes = options.cache_slots * policy.bytes_per_slot();
        let mut sampler = Self::Local { engine, cache_bytes };
        sampler.release_cache();
        Ok(sampler)
    }

    /// The sampler of the policy as it is, after `steps` steps.
    ///
    /// # Errors
    /// A GPU that does not answer; an adapter that cannot be written.
    pub(crate) fn of_policy(
        &mut self,
        learner: &mut PolicyUpdater<'_, P>,
        steps: usize,
    ) -> Result<&mut dyn Sampler> {
        match self {
            Self::Local { engine, cache_bytes } => {
                learner.context.policy.make_room(&mut learner.optimizer, *cache_bytes)?;
                Ok(engine)
            }
            Self::Servers(servers) => {
                publish(servers, learner.context, steps)?;
                Ok(servers)
            }
        }
    }

    /// Gives the memory of the KV cache to training, where both share that of a device.
    pub(crate) fn release_cache(&mut self) {
        if let (true, Self::Local { engine, .. }) = (P::RELEASES_CACHE, self) {
            engine.release();
        }
    }

    /// Counts of the servers since the last call, and the staleness of a step's completions: the number
    /// of steps since the policy that sampled them.
    pub(crate) fn metrics(&self, rollout: &Rollout, step: usize) -> Metrics {
        let mut metrics = Metrics::new();
        let Self::Servers(servers) = self else { return metrics };
        let counts = servers.take_counts();
        let samples = rollout.sampled().flat_map(|group| &group.completions).map(|c| &c.sample);
        let ages = samples.filter_map(|sample| sample.policy).map(|own| (step as u64 - own) as f64);
        let ages: Vec<f64> = ages.collect();
        for (name, value) in [
            ("sampling/refused", counts.refused as f64),
            ("sampling/repeated", counts.repeated as f64),
            ("sampling/servers_alive", servers.servers_alive() as f64),
            ("sampling/staleness/mean", ages.iter().sum::<f64>() / ages.len() as f64),
            ("sampling/staleness/max", ages.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        ] {
            metrics::put(&mut metrics, name, value);
        }
        metrics
    }

    /// Notes for the user on the servers since the last call, a sentence each.
    pub(crate) fn take_notes(&self) -> Vec<String> {
        match self {
            Self::Local { .. } => Vec::new(),
            Self::Servers(servers) => servers.take_notes(),
        }
    }
}

fn servers<P>(context: &TrainContext<P>) -> Result<FleetSampler<'_>> {
    let Some(SamplerServers { servers, adapters }) = context.remote.clone() else {
        return Err(Error::parameter("endpoint", "missing", "the servers of --sampler http"));
    };
    let limits = (context.model.vocab_size, context.model.max_positions);
    Ok(FleetSampler::new(servers, adapters, &context.tokenizer, limits)?)
}

/// Has servers load the adapter of the policy as it is, after `steps` steps.
///
/// # Errors
/// An adapter that cannot be written.
pub(crate) fn publish<P: TrainableModel>(
    servers: &mut FleetSampler<'_>,
    context: &TrainContext<P>,
    steps: usize,
) -> Result<()> {
    Ok(servers.publish(steps as u64, |folder| write_weights(folder, context))?)
}

/// An engine that samples from the policy as it is, with room for many completions of such prompts.
///
/// # Errors
/// No room for its cache.
pub fn engine<'a, P: TrainableModel>(
    context: &'a TrainContext<P>,
    prompts: &[Vec<u32>],
    samples: usize,
    max_new_tokens: usize,
) -> Result<Engine<'a, P>> {
    let options = engine_options(&context.policy, prompts, samples, max_new_tokens)?;
    Ok(Engine::new(&context.policy, Some(&context.tokenizer), options)?)
}

/// Options of an engine with room for many completions of such prompts at a time, as far as the memory
/// allows.
///
/// # Errors
/// A GPU that does not answer.
pub fn engine_options<P: TrainableModel>(
    policy: &P,
    prompts: &[Vec<u32>],
    samples: usize,
    max_new_tokens: usize,
) -> Result<EngineOptions> {
    let max_batch = P::MAX_BATCH;
    let longest = prompts.iter().map(Vec::len).max().unwrap_or(1);
    let own = max_new_tokens.min(policy.max_positions().saturating_sub(longest).max(1));
    // One block more for each part, since each part starts a new block.
    let one = longest + own + 32;
    let wanted = max_batch * (own + 16) + (max_batch / samples.max(1) + 2) * (longest + 16);
    let affordable = policy.cache_budget()? / policy.bytes_per_slot();
    let cache_slots = wanted.min(affordable).max(one);
    let prefill_tokens = P::PREFILL_TOKENS;
    Ok(EngineOptions { max_batch, cache_slots, prefill_tokens, ..EngineOptions::default() })
}
