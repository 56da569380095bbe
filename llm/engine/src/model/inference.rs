//! The network with a cache of keys and values, for generation.

use super::decoder::Decoder;
use crate::generate::LanguageModel;
use crate::ops::cached_attention::{Placement, cached_attention, write};
use crate::ops::{Rotation, embedding, rms_norm};
use crate::tensor::Rows;
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use rs_grpo_files::Refuse as _;

/// Keys and values of every layer, `[slots, kv_heads, head_dim]` each, in f32.
#[derive(Debug)]
pub struct KvCache {
    layers: Vec<(Tensor, Tensor)>,
}

impl Decoder {
    /// Bytes of the cache that one slot takes.
    pub fn bytes_per_slot(&self) -> usize {
        let config = &self.config;
        2 * size_of::<f32>() * config.layers * config.kv_heads * config.head_dim
    }

    /// Refuses a cache that does not fit into memory, before any of it is allocated.
    fn check_room(&self, slots: usize) -> Result<()> {
        let bytes = slots.checked_mul(self.bytes_per_slot());
        if bytes.is_some_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok()) {
            return Ok(());
        }
        let allowed =
            format!("what memory has room for, at {} bytes a slot", self.bytes_per_slot());
        Err(Error::parameter("cache-slots", slots, allowed))
    }

    /// Refuses what would be read or written outside the context.
    fn check(&self, batch: &[Rows<'_>]) -> Result<()> {
        for rows in batch {
            let end = rows.start + rows.tokens.len();
            if end > self.config.max_positions {
                let allowed =
                    format!("at most the context of the model, {}", self.config.max_positions);
                return Err(Error::parameter("sequence length", end, allowed));
            }
            let placed: usize = rows.segments.iter().map(|segment| segment.len).sum();
            if rows.tokens.is_empty() || placed != end {
                let allowed = format!("{end}, one for each position, and at least one new token");
                return Err(Error::parameter("slots of a sequence", placed, allowed));
            }
        }
        Ok(())
    }
}

impl LanguageModel for Decoder {
    type Cache = KvCache;
    type Logits = Tensor;

    fn vocab_size(&self) -> usize {
        self.config.vocab_size
    }

    fn max_positions(&self) -> usize {
        self.config.max_positions
    }

    fn new_cache(&self, slots: usize) -> Result<KvCache> {
        self.check_room(slots)?;
        let shape = (slots, self.config.kv_heads, self.config.head_dim);
        let zeros = || Tensor::zeros(shape, DType::F32, &Device::Cpu);
        let layers = (0..self.config.layers).map(|_| Ok((zeros()?, zeros()?)));
        Ok(KvCache { layers: layers.collect::<Result<_>>()? })
    }

    fn forward(&self, batch: &[Rows<'_>], cache: &mut KvCache) -> Result<Tensor> {
        self.check(batch)?;
        let tokens: Vec<u32> = batch.iter().flat_map(|rows| rows.tokens).copied().collect();
        let positions = batch.iter().flat_map(|rows| rows.start..rows.start + rows.tokens.len());
        let rotation = Rotation::new(&self.config.rope, self.config.head_dim, positions);
        let placement = Placement::new(batch);
        let mut x = embedding::forward(&tokens, &self.embedding.frozen())?;
        for (layer, (keys, values)) in self.layers.iter().zip(&cache.layers) {
            x = layer.forward(&x, &rotation, false, |q, k, v| {
                write(keys, &k, &placement)?;
                write(values, &v, &placement)?;
                cached_attention(&q, keys, values, &placement)
            })?;
        }
        let mut end = 0;
        let last: Vec<u32> = batch
            .iter()
            .map(|rows| {
                end += rows.tokens.len();
                end as u32 - 1
            })
            .collect();
        let x = if last.len() == tokens.len() {
            x
        } else {
            x.index_select(&Tensor::new(last, &Device::Cpu)?, 0)?
        };
        let hidden = rms_norm(&x, &self.norm.tensor(false)?, self.config.rms_norm_eps)?;
        self.head().logits(&hidden)
    }
}
