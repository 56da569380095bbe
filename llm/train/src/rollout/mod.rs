//! Rollouts: the completions of a step, with their rewards and advantages.
//!
//! | file | what |
//! |---|---|
//! | `source` | what rollouts are made from: prompts, the reward and the estimator of advantages |
//! | `prompt_sampler` | in what order prompts are sampled |

mod prompt_sampler;
mod source;

pub(crate) use source::RolloutSource;

use crate::data::Grade;
use rs_grpo_engine::generate::{FinishReason, Sample};
use std::time::Duration;

/// A completion, with its reward and its advantage.
#[derive(Debug, Clone)]
pub struct Completion {
    /// Its tokens and their log-probabilities.
    pub sample: Sample,
    /// What the grader says of it, or whether a command rewarded it with 1 or more.
    pub grade: Grade,
    /// The reward: that of grader or command, less the penalty for its length.
    pub reward: f64,
    /// The advantage in its group.
    pub advantage: f64,
}

impl Completion {
    /// Whether it was cut off at the longest length or at the end of the model's context.
    pub fn is_truncated(&self) -> bool {
        matches!(self.sample.finish_reason, FinishReason::Length | FinishReason::Context)
    }
}

/// The completions of one prompt.
#[derive(Debug, Clone)]
pub struct CompletionGroup {
    /// Index of the problem.
    pub problem: usize,
    /// Its completions.
    pub completions: Vec<Completion>,
    /// Standard deviation of their rewards, with N − 1 in the denominator as in TRL.
    pub reward_std: f64,
}

impl CompletionGroup {
    /// Whether any completion has an advantage other than 0.
    pub(crate) fn has_signal(&self) -> bool {
        self.completions.iter().any(|completion| completion.advantage != 0.0)
    }
}

/// The completions of a step, and the time that they took.
#[derive(Debug, Clone, Default)]
pub struct Rollout {
    /// Groups to learn from.
    pub groups: Vec<CompletionGroup>,
    /// Groups without signal that dynamic sampling replaced.
    pub dropped: Vec<CompletionGroup>,
    /// Rounds of sampling.
    pub rounds: usize,
    /// Prompts that the run had sampled after this step, those of this step included.
    pub prompts_sampled: u64,
    /// Time in the sampler.
    pub sampling: Duration,
    /// Time that rewards took after the last completion was sampled.
    pub grading: Duration,
}

impl Rollout {
    /// Every group that was sampled, whether it is learned from or was replaced.
    pub fn sampled(&self) -> impl Iterator<Item = &CompletionGroup> {
        self.groups.iter().chain(&self.dropped)
    }

    /// Number of tokens that were sampled.
    pub fn tokens(&self) -> usize {
        self.sampled().flat_map(|group| &group.completions).map(|c| c.sample.tokens.len()).sum()
    }
}
