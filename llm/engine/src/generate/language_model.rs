//! What the engine needs of a model.

use super::burst::one_by_one;
use super::{Drawn, Logits, SamplingParams};
use crate::Result;
use crate::tensor::Rows;

/// A causal language model with a cache of keys and values.
///
/// A slot holds the keys and values of one position in all layers. Who owns which slot is the
/// caller's affair: several sequences may read the same slots, and a slot may be written again.
pub trait LanguageModel {
    /// Keys and values of earlier positions.
    type Cache;

    /// Logits of the next token.
    type Logits: Logits;

    /// Number of tokens in the vocabulary.
    fn vocab_size(&self) -> usize;

    /// Longest sequence, in tokens.
    fn max_positions(&self) -> usize;

    /// A cache of `slots` slots.
    ///
    /// # Errors
    /// Where the device has no room for it.
    fn new_cache(&self, slots: usize) -> Result<Self::Cache>;

    /// Writes the keys and values of the new tokens into their slots, and returns the logits after
    /// the last token of each sequence, `[batch.len(), vocab_size]`.
    ///
    /// The logits of a sequence depend on its own tokens only, to the last bit: not on the other
    /// sequences of the batch, nor on how its positions were split over calls.
    ///
    /// # Errors
    /// Tokens outside the vocabulary, positions past the context, slots past the cache.
    fn forward(&self, batch: &[Rows<'_>], cache: &mut Self::Cache) -> Result<Self::Logits>;

    /// Most tokens of a sequence that [`burst`](Self::burst) draws before the host sees them. 1 is for a
    /// model that gains nothing by it: its tokens are drawn one by one.
    fn longest_burst(&self) -> usize {
        1
    }

    /// Draws several tokens for each sequence, the next after those that were drawn: as
    /// [`forward`](Self::forward) and [`Logits::draw`] do in turn.
    ///
    /// Each sequence has one new token; its segments go on behind it, to where the drawn tokens but the
    /// last are to lie. There is a uniform number for each sequence for the first token, then for the
    /// second and so on; tokens come in the same order. A sequence that none can be drawn for goes on
    /// after any token.
    ///
    /// # Errors
    /// Those of both, as they give them.
    fn burst(
        &self,
        batch: &[Rows<'_>],
        cache: &mut Self::Cache,
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        one_by_one(self, batch, cache, uniforms, params)
    }
}
