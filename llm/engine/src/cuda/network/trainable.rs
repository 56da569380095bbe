//! The network on a device, as a trainable model.

use super::{DeviceAdamW, DeviceGradients, DeviceTape, Network};
use crate::Result;
use crate::model::{ActivationCheckpointing, Packed};
use crate::model::{LossFn, TrainableModel};
use crate::ops::logprob_head::{Scores, Targets};
use crate::optim::AdamWOptions;
use crate::optim::OptimizerState;

impl TrainableModel for Network {
    type Gradients = DeviceGradients;
    type Optimizer = DeviceAdamW;
    type Recorded<'a> = DeviceTape<'a>;

    const MAX_BATCH: usize = 512;
    const PREFILL_TOKENS: usize = 8192;
    const RELEASES_CACHE: bool = true;

    fn bytes_per_slot(&self) -> usize {
        self.bytes_per_slot()
    }

    /// Three quarters of the free memory that decoding does not need; the rest is for activations and
    /// logits of prompts.
    fn cache_budget(&self) -> Result<usize> {
        let [free, _] = self.backend().device().room()?;
        Ok((free as usize).saturating_sub(self.decode_bytes(Self::MAX_BATCH)?) / 4 * 3)
    }

    fn make_room(&self, optimizer: &mut DeviceAdamW, bytes: usize) -> Result<()> {
        // Only if the cache would not fit otherwise.
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

    fn gradients(&self) -> DeviceGradients {
        DeviceGradients::new(self.backend())
    }

    fn optimizer(&self, options: AdamWOptions) -> DeviceAdamW {
        DeviceAdamW::new(options)
    }

    fn record(
        &self,
        batch: Packed,
        checkpointing: ActivationCheckpointing,
    ) -> Result<DeviceTape<'_>> {
        self.record(&batch, checkpointing)
    }

    fn scores(&self, recorded: &DeviceTape<'_>, targets: &Targets<'_>) -> Result<Scores> {
        recorded.scores(targets)
    }

    fn backward(
        &self,
        recorded: DeviceTape<'_>,
        targets: &Targets<'_>,
        loss: &mut LossFn<'_>,
        gradients: &mut DeviceGradients,
    ) -> Result<()> {
        recorded.learn(targets, loss, gradients)
    }

    fn norm(&self, gradients: &DeviceGradients) -> Result<f64> {
        self.norm(gradients)
    }

    fn step(
        &self,
        optimizer: &mut DeviceAdamW,
        gradients: &DeviceGradients,
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

impl OptimizerState for DeviceAdamW {
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
