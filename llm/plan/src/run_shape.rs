//! The settings of a run that its memory and its time depend on.

use rs_grpo_engine::optim::StateType;

/// The sizes of a run and of its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunShape {
    /// Prompts of a step that completions are learned from.
    pub prompts: usize,
    /// Completions of each prompt: the size of a group.
    pub samples: usize,
    /// Longest completion, in tokens.
    pub max_new_tokens: usize,
    /// Most rounds of sampling that a step may take to replace groups without signal; 1 replaces none.
    pub sampling_rounds: usize,
    /// Whether servers draw the completions; otherwise the machine that trains draws them.
    pub on_servers: bool,
    /// Rank of the LoRA adapters; 0 trains every weight.
    pub lora_rank: usize,
    /// Whether the loss has a KL divergence from the model at the start. Its log-probabilities are
    /// computed, and where every weight is trained its weights are kept, too.
    pub reference: bool,
    /// Whether completions are weighted by how the trainer's probabilities differ from the sampler's.
    /// The trainer's are then computed before the first of several updates.
    pub importance_correction: bool,
    /// Updates that one pass over a step's completions is divided into.
    pub minibatches: usize,
    /// Passes over a step's completions.
    pub epochs: usize,
    /// Most tokens that go through the network together in training; a longer sequence goes alone.
    pub micro_batch_tokens: usize,
    /// How the optimiser's two moments are stored.
    pub moments: StateType,
}
