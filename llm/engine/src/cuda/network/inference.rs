//! The network with a cache of keys and values, for generation.

use super::super::memory::{Array, Kind};
use super::burst::{LONGEST, MOST, Recordings};
use super::layer::Batch;
use super::load::Network;
use super::logits::DeviceLogits;
use crate::generate::{Drawn, LanguageModel, SamplingParams};
use crate::ops::cached_attention::Placement;
use crate::tensor::Rows;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// Keys and values of every layer, `[slots, kv_heads, head_dim]` each, in the type of activations.
#[derive(Debug)]
pub struct KvCache {
    /// Before the memory that they name.
    pub(super) recordings: Recordings,
    pub(super) layers: Vec<[Array; 2]>,
    slots: usize,
}

impl KvCache {
    /// A slot behind those that sequences have, for rows that are no sequence.
    pub(super) fn spare_slot(&self) -> u32 {
        self.slots as u32
    }
}

impl Network {
    /// Bytes of the cache that one slot takes.
    pub fn bytes_per_slot(&self) -> usize {
        let bytes = Kind::from(self.place.element()).bytes();
        2 * bytes * self.config.layers * self.config.kv_heads * self.config.head_dim
    }
}

impl Network {
    /// Shapes of decoding steps of which recordings are kept, unless it is told otherwise.
    pub const RECORDINGS: usize = MOST;

    /// Keeps recordings of up to so many shapes of decoding steps from now on; with 0, every launch of a
    /// step is asked for anew.
    pub fn keep_recordings(&self, most: usize) {
        self.recorder.keep(most);
    }

    /// What there is to say of recordings since this was last asked.
    pub fn take_notes(&self) -> Vec<String> {
        self.recorder.take_notes()
    }
}

impl LanguageModel for Network {
    type Cache = KvCache;
    type Logits = DeviceLogits;

    fn vocab_size(&self) -> usize {
        self.config.vocab_size
    }

    fn max_positions(&self) -> usize {
        self.config.max_positions
    }

    fn new_cache(&self, slots: usize) -> Result<KvCache> {
        let len = (slots + 1) * self.config.kv_heads * self.config.head_dim;
        let layer = |_| Ok([self.place.blank(len)?, self.place.blank(len)?]);
        let layers = (0..self.config.layers).map(layer).collect::<Result<_>>()?;
        Ok(KvCache { recordings: Recordings::default(), layers, slots })
    }

    fn longest_burst(&self) -> usize {
        LONGEST
    }

    fn burst(
        &self,
        batch: &[Rows<'_>],
        cache: &mut KvCache,
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        self.draw_burst(batch, cache, uniforms, params)
    }

    /// On a device, the last bits of logits may depend on how large the batch is: the library that
    /// multiplies matrices adds up in an order that it chooses by their size.
    fn forward(&self, batch: &[Rows<'_>], cache: &mut KvCache) -> Result<DeviceLogits> {
        let tokens: Vec<u32> = batch.iter().flat_map(|rows| rows.tokens).copied().collect();
        let longest = batch.iter().map(|rows| rows.start + rows.tokens.len()).max().unwrap_or(0);
        self.check(&tokens, longest)?;
        let placement = Placement::new(batch);
        let slots = check_slots(batch, &placement, cache, 0)?;
        let place = &self.place;
        let positions: Vec<u32> = batch
            .iter()
            .flat_map(|rows| rows.start..rows.start + rows.tokens.len())
            .map(|at| at as u32)
            .collect();
        let state =
            Batch { angles: self.angles(&positions)?, seen: place.seen(&placement.view())? };
        let slots = place.counts(&slots)?;
        let mut x = self.embed(&tokens)?;
        for (layer, [keys, values]) in self.layers.iter().zip(&cache.layers) {
            x = layer.infer(place, x, &state, &slots, [keys, values])?;
        }
        let last = place.counts(&last_rows(batch))?;
        let x = place.gather(&last, &x, self.config.hidden_size)?;
        let hidden = place.rms_norm(&x, self.last_norm().1)?;
        let logits = self.logits(place, &hidden)?;
        Ok(DeviceLogits::new(place.clone(), logits, self.config.vocab_size))
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

/// The slots of the new tokens, if all lie in the cache, with `more` behind them.
pub(super) fn check_slots(
    batch: &[Rows<'_>],
    placement: &Placement,
    cache: &KvCache,
    more: usize,
) -> Result<Vec<u32>> {
    for rows in batch {
        let end = rows.start + rows.tokens.len() + more;
        let placed: usize = rows.segments.iter().map(|segment| segment.len).sum();
        if rows.tokens.is_empty() || placed != end {
            let allowed = format!("{end}, one for each position, and at least one new token");
            return Err(Error::parameter("slots of a sequence", placed, allowed));
        }
        let past = rows.segments.iter().find(|segment| segment.slot + segment.len > cache.slots);
        if let Some(segment) = past {
            let allowed = format!("less than {}, the slots of the cache", cache.slots);
            return Err(Error::parameter("slot", segment.slot + segment.len - 1, allowed));
        }
    }
    Ok(placement.slots().iter().map(|&slot| slot as u32).collect())
}
