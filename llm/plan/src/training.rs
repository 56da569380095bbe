//! Seconds to train.

use super::lengths::Lengths;
use rs_grpo_engine::ModelConfig;

/// Operations of attention, a head's number, context token and layer: the products of queries with keys
/// and of weights with values, two operations a number each.
const ATTENTION: f64 = 4.0;

/// The sequences of a step that go through the network in training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TrainingBatch {
    /// Prompts, each computed once for its completions.
    pub prompts: f64,
    /// Tokens of a prompt.
    pub prompt: f64,
    /// Completions.
    pub completions: f64,
    /// Their lengths.
    pub lengths: Lengths,
}

impl TrainingBatch {
    /// Operations: `passes` forward passes' worth through the weights and through attention.
    pub fn operations(&self, model: &ModelConfig, passes: [f64; 2]) -> f64 {
        let Self { prompts, prompt, completions, lengths } = *self;
        let tokens = prompts * prompt + completions * lengths.mean();
        let contexts = prompts * prompt * prompt / 2.0
            + completions * (prompt * lengths.mean() + lengths.mean_square() / 2.0);
        let width = (model.layers * model.heads * model.head_dim) as f64;
        let [weights, attention] = passes;
        weights * 2.0 * model.parameters() as f64 * tokens
            + attention * ATTENTION * width * contexts
    }
}

/// Forward passes' worth of one update, through the weights and through attention: the backward pass
/// computes gradients of what goes in, and of the weights where these are trained; in attention both are
/// of what goes in.
pub(super) fn of_update(adapters: bool) -> [f64; 2] {
    [if adapters { 2.0 } else { 3.0 }, 3.0]
}
