//! Updates of the policy.

use super::micro_batches::Passes;
use crate::config::TrainConfig;
use crate::context::TrainContext;
use crate::error::Result;
use crate::loss::Pass;
use crate::tables::OptimizerConfig;
use rs_grpo_engine::model::TrainableModel;
use rs_grpo_engine::optim::AdamWOptions;

/// Updates the policy: the optimiser, and how mini-batches go through the network.
pub(crate) struct PolicyUpdater<'a, P: TrainableModel> {
    pub(crate) context: &'a TrainContext<P>,
    pub(crate) optimizer: P::Optimizer,
    pub(crate) passes: Passes,
}

impl<'a, P: TrainableModel> PolicyUpdater<'a, P> {
    /// Before its first update.
    ///
    /// # Errors
    /// A device that does not answer.
    pub(crate) fn new(context: &'a TrainContext<P>) -> Result<Self> {
        let TrainConfig { max_new_tokens, temperature, micro_batch_tokens, .. } = context.config;
        let OptimizerConfig { weight_decay, state, .. } = context.config.optimizer;
        let options = AdamWOptions { weight_decay, state, ..AdamWOptions::default() };
        let checkpointing = context.policy.activation_checkpointing(micro_batch_tokens)?;
        let longest = context.prompts.iter().map(Vec::len).max().unwrap_or(1) + max_new_tokens;
        Ok(Self {
            context,
            optimizer: context.policy.optimizer(options),
            passes: Passes::new(Pass { temperature, micro_batch_tokens, checkpointing }, longest),
        })
    }

    /// The learning rate of a step, counted from 0.
    pub(crate) fn learning_rate(&self, step: usize) -> f64 {
        let config = &self.context.config;
        config.learning_rate * config.schedule.factor(step, config.steps)
    }

    /// Notes for the user since the last call, a sentence each.
    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        let mut notes = self.passes.take_notes();
        notes.extend(self.context.policy.take_notes());
        notes
    }
}
