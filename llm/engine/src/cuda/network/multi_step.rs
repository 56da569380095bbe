//! Several decoding steps in a row on the device: the host sees the tokens when all are drawn.
//!
//! A step reads what the previous one left in memory. Captured as a CUDA graph, it takes a single call,
//! also in later calls of the same shape.

use super::decoder::Network;
use super::graph_cache::GraphKey;
use super::kv_cache::{DeviceKvCache, check_slots};
use super::step_state::{MAX_STEPS, MultiStepPlan, StepState, words};
use crate::config::ModelConfig;
use crate::cuda::backend::{Backend, LaunchShape};
use crate::cuda::memory::{Array, DType};
use crate::cuda::workspace::Workspace;
use crate::generate::{Drawn, SamplingParams};
use crate::ops::cached_attention::Placement;
use crate::ops::heads::Heads;
use crate::tensor::Rows;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;
use std::sync::Arc;

/// Longest sequence, in positions, for which memory is set aside.
const LONG: usize = 16_384;

/// One decoding step: from the newest token of each row to the next.
#[derive(Clone, Copy)]
struct DeviceStep<'a> {
    network: &'a Network,
    layers: &'a [[Array; 2]],
    state: &'a StepState,
    params: &'a SamplingParams,
}

impl DeviceStep<'_> {
    /// Submits all launches to a backend of the same device, which allocates intermediate results.
    fn run(&self, backend: &Backend) -> Result<()> {
        let Self { network, layers, state, params } = *self;
        let width = network.config.hidden_size;
        let mut x = backend.gather(&state.tokens, &network.embedding.array, width)?;
        for (layer, [keys, values]) in network.layers.iter().zip(layers) {
            x = layer.infer(backend, x, &state.context, &state.slot_mapping, [keys, values])?;
        }
        let hidden = backend.rms_norm(&x, network.last_norm().1)?;
        drop(x);
        let logits = network.logits(backend, &hidden)?;
        let draws = backend.draw(&logits, &state.uniform, network.config.vocab_size, params)?;
        backend.advance(&draws, &state.buffers())
    }
}

impl Network {
    /// Draws as many tokens for each sequence as it has uniform numbers, without the host in between;
    /// see [`multi_step`](crate::generate::LanguageModel::multi_step).
    pub(super) fn draw_steps(
        &self,
        batch: &[Rows<'_>],
        cache: &mut DeviceKvCache,
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let plan = self.plan(batch, cache, uniforms)?;
        let DeviceKvCache { layers, graphs, .. } = cache;
        let [state, results] = graphs.memory(&self.backend, plan.words())?;
        let state = &plan.upload(self, [&state, &results])?;
        let step = DeviceStep { network: self, layers, state, params };
        let key = GraphKey::new(&self.capture, plan.shape, params);
        let done = match plan.steps > 1 {
            true => graphs.prepare(&key, &self.backend, &|backend| step.run(backend))?,
            false => 0,
        };
        for _ in done..plan.steps {
            match graphs.get(&key) {
                Some(graph) => graph.replay()?,
                None => step.run(&self.backend)?,
            }
        }
        state.results(plan.steps, batch.len())
    }

    fn rounded(&self, shape: LaunchShape) -> LaunchShape {
        let ModelConfig { heads, kv_heads, head_dim, .. } = self.config;
        let heads = Heads { queries: heads, keys: kv_heads, width: head_dim };
        self.backend.rounded(shape, heads)
    }

    /// Bytes that decoding this many sequences takes beside the cache, mostly the logits of a step.
    pub(crate) fn decode_bytes(&self, sequences: usize) -> Result<usize> {
        let counting = Arc::new(Workspace::counting(self.backend.device()));
        let backend = self.backend.with_device(counting.clone());
        // Longer ones are few: they fill the cache.
        let longest = self.config.max_positions.min(LONG);
        let (prefixes, together) = (sequences / 2, sequences);
        let shape = self.rounded(LaunchShape { rows: sequences, longest, prefixes, together });
        // There may be room for twice as much, see `GraphCache`.
        let words = words(shape, sequences * longest);
        let [state, results] = words.map(|len| Array::new(backend.device(), DType::U32, 2 * len));
        let state = &StepState::new(self, shape, [&state?, &results?]);
        let layer = |_| Ok([backend.empty(0)?, backend.empty(0)?]);
        let layers = &self.layers.iter().map(layer).collect::<Result<Vec<_>>>()?;
        let params = &SamplingParams::default();
        DeviceStep { network: self, layers, state, params }.run(&backend)?;
        Ok(counting.peak())
    }

    /// The inputs of the first step, checked.
    fn plan(
        &self,
        batch: &[Rows<'_>],
        cache: &DeviceKvCache,
        uniforms: &[f64],
    ) -> Result<MultiStepPlan> {
        let steps = uniforms.len() / batch.len();
        if !(1..=MAX_STEPS).contains(&steps) || steps * batch.len() != uniforms.len() {
            let allowed = format!("1 to {MAX_STEPS} for each of {} sequences", batch.len());
            return Err(Error::parameter("uniform numbers", uniforms.len(), allowed));
        }
        if let Some(rows) = batch.iter().find(|rows| rows.tokens.len() != 1) {
            return Err(Error::parameter("new tokens of a sequence", rows.tokens.len(), "1"));
        }
        let tokens: Vec<u32> = batch.iter().map(|rows| rows.tokens[0]).collect();
        let longest = batch.iter().map(|rows| rows.start).max().unwrap_or(0) + steps;
        self.check(&tokens, longest)?;
        let placement = Placement::new(batch);
        let slot_mapping = check_slots(batch, &placement, cache, steps - 1)?;
        let view = placement.view_ahead(steps - 1);
        let mut shape = LaunchShape::of(&view);
        shape.longest += steps - 1;
        let shape = self.rounded(shape);
        let uniforms = uniforms.to_vec();
        let spare = cache.spare_slot();
        Ok(MultiStepPlan { steps, shape, tokens, slot_mapping, view, uniforms, spare })
    }
}
