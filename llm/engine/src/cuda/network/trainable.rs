//! The network on a device, as a trainable model.

use super::{Gradients, Network, Optimizer, Tape};
use crate::Result;
use crate::model::{ActivationCheckpointing, Packed};
use crate::model::{LossFn, TrainableModel};
use crate::ops::logprob_head::{Scores, Targets};
use crate::optim::AdamWOptions;
use crate::optim::OptimizerState;

impl TrainableModel for Network {
    type Gradients = Gradients;
    type Optimizer = Optimizer;
    type Recorded<'a> = Tape<'a>;

    const MAX_BATCH: usize = 512;
    const PREFILL_TOKENS: usize = 8192;
    const RELEASES_CACHE: bool = true;

    fn bytes_per_slot(&self) -> usize {
        self.bytes_per_slot()
    }

    /// Three quarters of the free memory that decoding does not need: the rest is for activations and logits of
    /// prompts.
    fn cache_budget(&self) -> Result<usize> {
        let [free, _] = self.backend().device().room()?;
        Ok((free as usize).saturating_sub(self.decode_bytes(Self::MAX_BATCH)?) / 4 * 3)
    }

    fn make_room(&self, optimizer: &mut Optimizer, bytes: usize) -> Result<()> {
        // As much again as it leaves.
        match self.cache_budget()? < bytes {
            true => optimizer.offload(),
            false => Ok(()),
        }
    }

    fn take_notes(&self) -> Vec<String> {
        self.take_notes()
    }

    /// Everything, if it takes at most two thirds of what is free beside gradients and moments.
    fn activation_checkpointing(&self, tokens: usize) -> Result<ActivationCheckpointing> {
        let [free, _] = self.backend().device().room()?;
        let trained: usize = self.trained().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        let free = (free as usize).saturating_sub(12 * trained);
        let fits = tokens * self.bytes_per_recorded_token() <= free / 3 * 2;
        Ok(if fits { ActivationCheckpointing::Off } else { ActivationCheckpointing::PerLayer })
    }

    fn gradients(&self) -> Gradients {
        Gradients::new(self.backend())
    }

    fn optimizer(&self, options: AdamWOptions) -> Optimizer {
        Optimizer::new(options)
    }

    fn record(&self, batch: Packed, checkpointing: ActivationCheckpointing) -> Result<Tape<'_>> {
        self.record(&batch, checkpointing)
    }

    fn scores(&self, recorded: &Tape<'_>, targets: &Targets<'_>) -> Result<Scores> {
        recorded.scores(targets)
    }

    fn backward(
        &self,
        recorded: Tape<'_>,
        targets: &Targets<'_>,
        loss: &mut LossFn<'_>,
        gradients: &mut Gradients,
    ) -> Result<()> {
        recorded.learn(targets, loss, gradients)
    }

    fn norm(&self, gradients: &Gradients) -> Result<f64> {
        self.norm(gradients)
    }

    fn step(
        &self,
        optimizer: &mut Optimizer,
        gradients: &Gradients,
        learning_rate: f64,
        scale: f64,
    ) -> Result<()> {
        self.step(optimizer, gradients, learning_rate, scale)
    }

    fn trained_shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.trained().map(|(name, shape)| (name.to_owned(), shape.to_vec())).collect()
    }

    fn trained_numbers(&self, name: &str) -> Result<Vec<f32>> {
        Ok(self.weight(name)?.unwrap_or_default())
    }

    fn set_trained(&self, name: &str, numbers: Vec<f32>) -> Result<()> {
        self.set_weight(name, &numbers)
    }
}

impl OptimizerState for Optimizer {
    fn updates(&self) -> u64 {
        self.updates
    }

    fn set_updates(&mut self, updates: u64) {
        self.updates = updates;
    }

    fn names(&self) -> Vec<String> {
        self.names().map(str::to_owned).collect()
    }

    fn moments(&self, name: &str) -> Result<[Vec<f32>; 2]> {
        Ok(self.moments(name)?.unwrap_or_default())
    }

    fn set_moments(&mut self, name: &str, moments: [Vec<f32>; 2]) {
        self.set_moments(name, moments);
    }
}
