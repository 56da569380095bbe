//! The cache of keys and values.

use super::graph_cache::GraphCache;
use crate::config::ModelConfig;
use crate::cuda::backend::Backend;
use crate::cuda::memory::Array;
use crate::ops::cached_attention::Placement;
use crate::tensor::Rows;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// Keys and values of every layer, `[slots, kv_heads, head_dim]` each, in the type of activations.
#[derive(Debug)]
pub struct DeviceKvCache {
    /// Dropped before the memory whose addresses they hold.
    pub(super) graphs: GraphCache,
    pub(super) layers: Vec<[Array; 2]>,
    slots: usize,
}

impl DeviceKvCache {
    /// Allocates one more slot: the spare one.
    pub(super) fn new(backend: &Backend, config: &ModelConfig, slots: usize) -> Result<Self> {
        let len = (slots + 1) * config.kv_heads * config.head_dim;
        let layer = |_| Ok([backend.empty(len)?, backend.empty(len)?]);
        let layers = (0..config.layers).map(layer).collect::<Result<_>>()?;
        Ok(Self { graphs: GraphCache::default(), layers, slots })
    }

    /// The slot after those of sequences, for padding rows.
    pub(super) fn spare_slot(&self) -> u32 {
        self.slots as u32
    }
}

/// The slots of the new tokens, if all lie in the cache, with `more` behind them.
pub(super) fn check_slots(
    batch: &[Rows<'_>],
    placement: &Placement,
    cache: &DeviceKvCache,
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
