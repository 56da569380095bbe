//! The network with a cache of keys and values, for generation.

use super::decoder::Network;
use super::kv_cache::{DeviceKvCache, check_slots};
use super::layer::ForwardContext;
use super::logits::DeviceLogits;
use super::step_state::MAX_STEPS;
use crate::Result;
use crate::cuda::memory::DType;
use crate::generate::{Drawn, LanguageModel, SamplingParams};
use crate::ops::cached_attention::Placement;
use crate::tensor::Rows;

impl Network {
    /// Bytes of the cache that one slot takes.
    pub fn bytes_per_slot(&self) -> usize {
        let bytes = DType::from(self.backend.element()).bytes();
        2 * bytes * self.config.layers * self.config.kv_heads * self.config.head_dim
    }
}

impl LanguageModel for Network {
    type Cache = DeviceKvCache;
    type Logits = DeviceLogits;

    fn vocab_size(&self) -> usize {
        self.config.vocab_size
    }

    fn max_positions(&self) -> usize {
        self.config.max_positions
    }

    fn new_cache(&self, slots: usize) -> Result<DeviceKvCache> {
        DeviceKvCache::new(&self.backend, &self.config, slots)
    }

    fn max_steps(&self) -> usize {
        MAX_STEPS
    }

    fn multi_step(
        &self,
        batch: &[Rows<'_>],
        cache: &mut DeviceKvCache,
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        self.draw_steps(batch, cache, uniforms, params)
    }

    /// On a device, the last bits of logits may depend on the batch size: cuBLAS chooses the order of
    /// its sums by the sizes of the matrices.
    fn forward(&self, batch: &[Rows<'_>], cache: &mut DeviceKvCache) -> Result<DeviceLogits> {
        let tokens: Vec<u32> = batch.iter().flat_map(|rows| rows.tokens).copied().collect();
        let longest = batch.iter().map(|rows| rows.start + rows.tokens.len()).max().unwrap_or(0);
        self.check(&tokens, longest)?;
        let placement = Placement::new(batch);
        let slots = check_slots(batch, &placement, cache, 0)?;
        let backend = &self.backend;
        let positions: Vec<u32> = batch
            .iter()
            .flat_map(|rows| rows.start..rows.start + rows.tokens.len())
            .map(|at| at as u32)
            .collect();
        let context = ForwardContext {
            angles: self.angles(&positions)?,
            attention: backend.attention_metadata(&placement.view())?,
        };
        let slot_mapping = backend.upload_u32(&slots)?;
        let mut x = self.embed(&tokens)?;
        for (layer, [keys, values]) in self.layers.iter().zip(&cache.layers) {
            x = layer.infer(backend, x, &context, &slot_mapping, [keys, values])?;
        }
        let last = backend.upload_u32(&last_rows(batch))?;
        let x = backend.gather(&last, &x, self.config.hidden_size)?;
        let hidden = backend.rms_norm(&x, self.last_norm().1)?;
        let logits = self.logits(backend, &hidden)?;
        Ok(DeviceLogits::new(backend.clone(), logits, self.config.vocab_size))
    }
}

/// The last row of each sequence.
fn last_rows(batch: &[Rows<'_>]) -> Vec<u32> {
    let mut end = 0;
    let last = |rows: &Rows<'_>| {
        end += rows.tokens.len();
        end as u32 - 1
    };
    batch.iter().map(last).collect()
}
