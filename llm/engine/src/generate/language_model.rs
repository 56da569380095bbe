//! The model that the engine samples from.

use super::draw::Drawn;
use super::logits::Logits;
use super::request::SamplingParams;
use crate::Result;
use crate::tensor::{Rows, Segment};

/// A causal language model with a cache of keys and values.
///
/// A slot holds the keys and values of one position in all layers. The caller
/// decides which sequence has which slot: several sequences may read the same slots, and a slot may be written again.
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

    /// Most tokens of a sequence that [`multi_step`](Self::multi_step) draws before the host sees them;
    /// 1 for a model that gains nothing from several.
    fn max_steps(&self) -> usize {
        1
    }

    /// Draws several tokens for each sequence, one after another, as [`forward`](Self::forward) and
    /// [`Logits::draw`] in turn would.
    ///
    /// Each sequence has one new token; its segments extend to the slots of all drawn tokens but the
    /// last. `uniforms` has a number for each sequence for the first token, then for the second and so
    /// on; tokens are returned in the same order. A sequence for which no token can be drawn continues
    /// with an arbitrary one.
    ///
    /// # Errors
    /// Those of both, as they give them.
    fn multi_step(
        &self,
        batch: &[Rows<'_>],
        cache: &mut Self::Cache,
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Vec<Result<Drawn>>>> {
        let mut tokens: Vec<u32> = batch.iter().flat_map(|rows| rows.tokens).copied().collect();
        let mut all = Vec::new();
        for (step, uniforms) in uniforms.chunks(batch.len().max(1)).enumerate() {
            let segments = |rows: &Rows<'_>| until(rows.segments, rows.start + step + 1);
            let segments: Vec<_> = batch.iter().map(segments).collect();
            let rows = batch.iter().zip(&tokens).zip(&segments);
            let rows = rows.map(|((rows, token), segments)| Rows {
                tokens: std::slice::from_ref(token),
                start: rows.start + step,
                segments,
            });
            let logits = self.forward(&rows.collect::<Vec<_>>(), cache)?;
            let rows: Vec<_> = (0..batch.len()).map(|row| (&logits, row)).collect();
            let drawn = Logits::draw(&rows, uniforms, params)?;
            for (token, drawn) in tokens.iter_mut().zip(&drawn) {
                *token = drawn.as_ref().map_or(0, |drawn| drawn.token);
            }
            all.push(drawn);
        }
        Ok(all)
    }
}

/// The segments of the first `len` positions.
fn until(segments: &[Segment], len: usize) -> Vec<Segment> {
    let mut left = len;
    let cut = segments.iter().map(|&Segment { slot, len }| {
        let len = len.min(left);
        left -= len;
        Segment { slot, len }
    });
    cut.filter(|segment| segment.len > 0).collect()
}
