//! Completions to learn from, packed into micro-batches.

use super::policy_gradient::{Loss, TokenTerms};
use crate::error::Result;
use rs_grpo_engine::model::Packed;
use std::ops::Range;

/// A completion of a prompt, with the inputs of its loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Example<'a> {
    /// Tokens of the prompt, at least one.
    pub prompt: &'a [u32],
    /// Tokens of the completion, at least one.
    pub completion: &'a [u32],
    /// Advantage of the completion.
    pub advantage: f64,
    /// Whether it is left out of the loss. As in TRL, it still counts in a mean over completions.
    pub masked: bool,
    /// Log-probability of each token under the old policy, the denominator of the ratio; empty if that
    /// is the policy itself, with ratio 1.
    pub old: &'a [f32],
    /// Log-probability of each token from the sampler; empty without importance correction.
    pub sampler: &'a [f32],
    /// Log-probability of each token under the reference; empty without one.
    pub reference: &'a [f32],
}

/// Examples that go through the network together.
pub(crate) struct MicroBatch<'a> {
    /// Prompts and completions; the last token of each is predicted, never read.
    pub packed: Packed,
    /// Row of the hidden states that predicts each token of the completions.
    pub rows: Vec<u32>,
    /// The tokens.
    pub targets: Vec<u32>,
    /// The examples, each with its range among the targets.
    pub examples: Vec<(&'a Example<'a>, Range<usize>)>,
}

impl<'a> Example<'a> {
    /// A completion with an advantage: in the loss, with ratio 1, nothing to correct and no reference.
    pub fn new(prompt: &'a [u32], completion: &'a [u32], advantage: f64) -> Self {
        let none: &[f32] = &[];
        let (old, sampler, reference) = (none, none, none);
        Self { prompt, completion, advantage, masked: false, old, sampler, reference }
    }
}

impl<'a> MicroBatch<'a> {
    /// Consecutive examples of one prompt share its rows.
    fn new(examples: &[&'a Example<'a>]) -> Result<Self> {
        let (mut trees, mut rows, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        let (mut first, mut ranges) = (0, Vec::new());
        for group in examples.chunk_by(|a, b| a.prompt == b.prompt) {
            let prompt = group[0].prompt;
            // The prompt's last row predicts the first token of every completion.
            let last = (first + prompt.len() - 1) as u32;
            first += prompt.len();
            let mut branches = Vec::new();
            for &example in group {
                let completion = example.completion;
                let own = completion.len() - 1;
                rows.push(last);
                rows.extend((first..first + own).map(|row| row as u32));
                first += own;
                branches.push(&completion[..own]);
                ranges.push((example, targets.len()..targets.len() + completion.len()));
                targets.extend_from_slice(completion);
            }
            trees.push((prompt, branches));
        }
        Ok(Self { packed: Packed::trees(trees)?, rows, targets, examples: ranges })
    }

    /// What the loss of each target depends on; `share` is that of an example's tokens.
    pub fn tokens(&self, share: impl Fn(&Example<'_>) -> f64) -> Vec<TokenTerms> {
        let mut tokens = Vec::with_capacity(self.targets.len());
        for (example, range) in &self.examples {
            let share = share(example);
            let at = |numbers: &[f32], i: usize| numbers.get(i).copied().map(f64::from);
            tokens.extend((0..range.len()).map(|i| TokenTerms {
                share,
                advantage: example.advantage,
                old: at(example.old, i),
                sampler: at(example.sampler, i).unwrap_or(0.0),
                reference: at(example.reference, i),
            }));
        }
        tokens
    }
}

/// Cuts consecutive examples into micro-batches of at most `budget` tokens; an example longer than that
/// gets its own micro-batch.
///
/// # Errors
/// An example without a prompt.
pub(crate) fn micro_batches<'a>(
    examples: impl IntoIterator<Item = &'a Example<'a>>,
    budget: usize,
) -> Result<Vec<MicroBatch<'a>>> {
    let (mut batches, mut filled, mut tokens) = (Vec::new(), Vec::new(), 0);
    for example in examples.into_iter().filter(|example| !example.completion.is_empty()) {
        let own = example.completion.len() - 1;
        let shares = filled.last().is_some_and(|last: &&Example<'_>| last.prompt == example.prompt);
        let mut len = if shares { own } else { own + example.prompt.len() };
        if !filled.is_empty() && tokens + len > budget {
            batches.push(MicroBatch::new(&std::mem::take(&mut filled))?);
            (tokens, len) = (0, own + example.prompt.len());
        }
        filled.push(example);
        tokens += len;
    }
    if !filled.is_empty() {
        batches.push(MicroBatch::new(&filled)?);
    }
    Ok(batches)
}

/// Number of completions of a mini-batch and of their tokens, by which the loss divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    completions: usize,
    tokens: usize,
}

impl Count {
    /// Counts all completions, with or without advantage, and the tokens of those that are not masked.
    pub fn of(examples: &[Example<'_>]) -> Self {
        let counted = examples.iter().filter(|example| !example.masked);
        let tokens = counted.map(|example| example.completion.len()).sum();
        Self { completions: examples.len(), tokens }
    }

    /// Share of each token of an example.
    pub fn share(&self, loss: &Loss, example: &Example<'_>) -> f64 {
        loss.share(example.completion.len(), self.completions, self.tokens)
    }
}
