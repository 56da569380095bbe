//! The interface of a trainable model: the decoder on the host, or the network on a device.

use super::{ActivationCheckpointing, Packed};
use crate::Result;
use crate::generate::LanguageModel;
use crate::ops::logprob_head::{LossGradient, Scores, Targets};
use crate::optim::{AdamWOptions, OptimizerState};
use std::ops::Range;

/// A loss: from the scores of a range of targets, its gradient with respect to them.
pub type LossFn<'a> = dyn FnMut(Range<usize>, &Scores) -> LossGradient + 'a;

/// A model that can be sampled from and trained, in the memory of the host or of a device.
pub trait TrainableModel: LanguageModel {
    /// Gradients of the trained weights, summed over micro-batches in f32.
    type Gradients;
    /// AdamW and its state.
    type Optimizer: OptimizerState;
    /// A forward pass, with the activations that its backward pass needs.
    type Recorded<'a>
    where
        Self: 'a;

    /// Most completions that are drawn at a time.
    const MAX_BATCH: usize;
    /// Most tokens of prompts that are processed at a time while sampling.
    const PREFILL_TOKENS: usize;
    /// Whether the KV cache is freed during training.
    const RELEASES_CACHE: bool;

    /// Bytes of the KV cache that the keys and values of one token take.
    fn bytes_per_slot(&self) -> usize;

    /// Bytes that the KV cache may take.
    ///
    /// # Errors
    /// A device that does not answer, here and below.
    fn cache_budget(&self) -> Result<usize>;

    /// Makes room for a KV cache of this size, if necessary by offloading the optimiser's state to the
    /// host.
    ///
    /// # Errors
    /// As [`cache_budget`](Self::cache_budget).
    fn make_room(&self, optimizer: &mut Self::Optimizer, bytes: usize) -> Result<()>;

    /// The activation checkpointing that micro-batches of this many tokens need to fit into memory.
    ///
    /// # Errors
    /// As [`cache_budget`](Self::cache_budget).
    fn activation_checkpointing(&self, tokens: usize) -> Result<ActivationCheckpointing>;

    /// Notes for the user on how it samples, a sentence each, since the last call.
    fn take_notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Zero gradients.
    fn gradients(&self) -> Self::Gradients;

    /// An optimiser before its first step.
    fn optimizer(&self, options: AdamWOptions) -> Self::Optimizer;

    /// Runs the forward pass over a batch, and keeps what the backward pass needs.
    ///
    /// # Errors
    /// Tokens outside the vocabulary; sequences longer than the context.
    fn record(
        &self,
        batch: Packed,
        checkpointing: ActivationCheckpointing,
    ) -> Result<Self::Recorded<'_>>;

    /// Log-probability and entropy of each target.
    ///
    /// # Errors
    /// Targets outside the vocabulary.
    fn scores(&self, recorded: &Self::Recorded<'_>, targets: &Targets<'_>) -> Result<Scores>;

    /// Runs the backward pass of a loss, and adds to the gradients.
    ///
    /// # Errors
    /// As [`scores`](Self::scores).
    fn backward(
        &self,
        recorded: Self::Recorded<'_>,
        targets: &Targets<'_>,
        loss: &mut LossFn<'_>,
        gradients: &mut Self::Gradients,
    ) -> Result<()>;

    /// The Euclidean norm of all gradients together.
    ///
    /// # Errors
    /// As [`cache_budget`](Self::cache_budget).
    fn norm(&self, gradients: &Self::Gradients) -> Result<f64>;

    /// One step of the optimiser down the gradients, each multiplied by `scale`.
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

    /// Replaces the numbers of a trained weight.
    ///
    /// # Errors
    /// Not as many numbers as the weight has.
    fn set_trained(&self, name: &str, numbers: Vec<f32>) -> Result<()>;
}
