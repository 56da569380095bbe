//! What learns: the decoder in the memory of the host, or the network on a device.

use super::{Keep, Packed};
use crate::Result;
use crate::generate::LanguageModel;
use crate::ops::logprob_head::{Scores, Targets, Weights};
use crate::optim::{AdamWOptions, OptimizerState};
use std::ops::Range;

/// What a loss makes of the scores of some targets.
pub type Weigh<'a> = dyn FnMut(Range<usize>, &Scores) -> Weights + 'a;

/// A network that can be sampled from and moved down a gradient, wherever it is.
pub trait Policy: LanguageModel {
    /// Sums of gradients.
    type Gradients;
    /// AdamW and its state.
    type Optimizer: OptimizerState;
    /// A forward pass that can go back.
    type Recorded<'a>
    where
        Self: 'a;

    /// Most completions that are drawn at a time.
    const MAX_BATCH: usize;
    /// Most tokens of prompts that are processed at a time while sampling.
    const PREFILL_TOKENS: usize;
    /// Whether the cache of keys and values makes way while there is training.
    const RELEASES_CACHE: bool;

    /// Bytes of the cache that one slot takes.
    fn bytes_per_slot(&self) -> usize;

    /// Bytes that the cache may take.
    ///
    /// # Errors
    /// A device that does not answer, here and below.
    fn cache_budget(&self) -> Result<usize>;

    /// Makes room for a cache of so many bytes.
    ///
    /// # Errors
    /// As [`cache_budget`](Self::cache_budget).
    fn make_room(&self, optimizer: &mut Self::Optimizer, bytes: usize) -> Result<()>;

    /// What to keep of passes over so many tokens.
    ///
    /// # Errors
    /// As [`cache_budget`](Self::cache_budget).
    fn keep(&self, tokens: usize) -> Result<Keep>;

    /// What there is to say of how it samples, since this was last asked.
    fn take_notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// No gradients yet.
    fn gradients(&self) -> Self::Gradients;

    /// An optimiser that has seen no gradient.
    fn optimizer(&self, options: AdamWOptions) -> Self::Optimizer;

    /// Runs the network over a batch and keeps what the backward needs.
    ///
    /// # Errors
    /// Tokens outside the vocabulary; sequences longer than the context.
    fn record(&self, batch: Packed, keep: Keep) -> Result<Self::Recorded<'_>>;

    /// Log-probability and entropy of each target.
    ///
    /// # Errors
    /// Targets outside the vocabulary.
    fn scores(&self, recorded: &Self::Recorded<'_>, targets: &Targets<'_>) -> Result<Scores>;

    /// Adds the gradients of a loss, which tells the weights of some targets from their scores.
    ///
    /// # Errors
    /// As [`scores`](Self::scores).
    fn learn(
        &self,
        recorded: Self::Recorded<'_>,
        targets: &Targets<'_>,
        weigh: &mut Weigh<'_>,
        gradients: &mut Self::Gradients,
    ) -> Result<()>;

    /// The Euclidean norm of all gradients together.
    ///
    /// # Errors
    /// As [`cache_budget`](Self::cache_budget).
    fn norm(&self, gradients: &Self::Gradients) -> Result<f64>;

    /// One step down the gradients, each multiplied by `scale`.
    ///
    /// # Errors
    /// As [`cache_budget`](Self::cache_budget).
    fn step(
        &self,
        optimizer: &mut Self::Optimizer,
        gradients: &Self::Gradients,
        learning_rate: f64,
        scale: f64,
    ) -> Result<()>;

    /// Names and shapes of the trained weights.
    fn trained_shapes(&self) -> Vec<(String, Vec<usize>)>;

    /// The numbers of a trained weight.
    ///
    /// # Errors
    /// As [`cache_budget`](Self::cache_budget).
    fn trained_numbers(&self, name: &str) -> Result<Vec<f32>>;

    /// Gives a trained weight other numbers.
    ///
    /// # Errors
    /// Another number of them.
    fn set_trained(&self, name: &str, numbers: Vec<f32>) -> Result<()>;
}
