//! Options of an engine.

use super::blocks::BLOCK_SIZE;
use crate::{Error, Result};
use rs_grpo_files::Refuse as _;

/// Options of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineOptions {
    /// Most samples that are extended at a time.
    pub max_batch: usize,
    /// Positions that the cache of keys and values holds, prompts included.
    pub cache_slots: usize,
    /// Most prompt tokens that are processed at a time.
    pub prefill_tokens: usize,
    /// Most tokens of a sample that are drawn before the host sees them, on models that draw several at
    /// a time, such as one on a GPU. The tokens do not depend on it.
    pub multi_step: usize,
}

impl Default for EngineOptions {
    /// 64 samples at a time, 32,768 positions, prompts in pieces of 512 tokens, 8 tokens at a time.
    fn default() -> Self {
        Self { max_batch: 64, cache_slots: 32_768, prefill_tokens: 512, multi_step: 8 }
    }
}

impl EngineOptions {
    /// Refuses options that leave the engine nothing to work with.
    pub(super) fn check(self) -> Result<()> {
        let Self { max_batch, cache_slots, prefill_tokens, multi_step } = self;
        let sizes = [
            ("max-batch", max_batch, 1),
            ("cache-slots", cache_slots, BLOCK_SIZE),
            ("prefill-tokens", prefill_tokens, 1),
            ("multi-step", multi_step, 1),
        ];
        match sizes.into_iter().find(|(_, value, least)| value < least) {
            Some((name, value, least)) => {
                Err(Error::parameter(name, value, format!("at least {least}")))
            }
            None => Ok(()),
        }
    }

    /// Whole blocks of the cache.
    pub(super) fn blocks(self) -> usize {
        self.cache_slots / BLOCK_SIZE
    }

    /// Slots of these blocks.
    pub(super) fn slots(self) -> usize {
        self.blocks() * BLOCK_SIZE
    }
}
