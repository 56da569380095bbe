//! The decoder in the memory of the host, as a trainable model.

use super::trainable::{LossFn, TrainableModel};
use super::{ActivationCheckpointing, Decoder, Packed, Tape};
use crate::Result;
use crate::ops::logprob_head::{Scores, Targets};
use crate::optim::{AdamW, AdamWOptions};
use crate::tensor::Gradients;
use crate::tensor::with_floats;
use candle_core::{Device, Tensor};

impl Decoder {
    /// Most bytes of its cache of keys and values.
    pub const CACHE_BYTES: usize = 4 << 30;
}

impl TrainableModel for Decoder {
    type Gradients = Gradients;
    type Optimizer = AdamW;
    type Recorded<'a> = Tape<'a>;

    const MAX_BATCH: usize = 256;
    const PREFILL_TOKENS: usize = 1024;
    const RELEASES_CACHE: bool = false;

    fn bytes_per_slot(&self) -> usize {
        self.bytes_per_slot()
    }

    fn cache_budget(&self) -> Result<usize> {
        Ok(Self::CACHE_BYTES)
    }

    fn make_room(&self, _: &mut AdamW, _: usize) -> Result<()> {
        Ok(())
    }

    /// Per layer in networks of more than 8 layers, to save memory.
    fn activation_checkpointing(&self, _: usize) -> Result<ActivationCheckpointing> {
        Ok(if self.config().layers > 8 {
            ActivationCheckpointing::PerLayer
        } else {
            ActivationCheckpointing::Off
        })
    }

    fn gradients(&self) -> Gradients {
        Gradients::new()
    }

    fn optimizer(&self, options: AdamWOptions) -> AdamW {
        AdamW::new(options)
    }

    fn record(&self, batch: Packed, checkpointing: ActivationCheckpointing) -> Result<Tape<'_>> {
        self.record(batch, checkpointing)
    }

    fn scores(&self, recorded: &Tape<'_>, targets: &Targets<'_>) -> Result<Scores> {
        let read = read(&recorded.hidden(), targets.rows)?;
        self.head().scores(&read, targets.tokens, targets.temperature)
    }

    fn backward(
        &self,
        recorded: Tape<'_>,
        targets: &Targets<'_>,
        loss: &mut LossFn<'_>,
        gradients: &mut Gradients,
    ) -> Result<()> {
        let Targets { rows, tokens, temperature } = *targets;
        let hidden = recorded.hidden();
        let read = read(&hidden, rows)?;
        let of_read = self.head().forward_backward(&read, tokens, temperature, loss, gradients)?.1;
        recorded.backward(&spread(&of_read, rows, hidden.dims2()?)?, gradients)
    }

    fn norm(&self, gradients: &Gradients) -> Result<f64> {
        let mut sum = 0.0;
        for (_, gradient) in gradients.iter() {
            let square = |g: &f32| f64::from(*g) * f64::from(*g);
            sum += with_floats(&gradient.contiguous()?, |g| g.iter().map(square).sum::<f64>())?;
        }
        Ok(sum.sqrt())
    }

    fn step(
        &self,
        optimizer: &mut AdamW,
        gradients: &Gradients,
        learning_rate: f64,
        scale: f64,
    ) -> Result<()> {
        Ok(optimizer.update(self.trained(), gradients, learning_rate, scale)?)
    }

    fn trained_shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.trained().iter().map(|(name, var)| (name.clone(), var.dims().to_vec())).collect()
    }

    fn trained_numbers(&self, name: &str) -> Result<Vec<f32>> {
        match self.trained().iter().find(|(own, _)| own == name) {
            Some((_, var)) => Ok(var.flatten_all()?.to_vec1()?),
            None => Ok(Vec::new()),
        }
    }

    fn set_trained(&self, name: &str, numbers: Vec<f32>) -> Result<()> {
        if let Some((_, var)) = self.trained().iter().find(|(own, _)| own == name) {
            var.set(&Tensor::from_vec(numbers, var.shape(), var.device())?)?;
        }
        Ok(())
    }
}

/// Hidden states of some rows.
fn read(hidden: &Tensor, rows: &[u32]) -> Result<Tensor> {
    Ok(hidden.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?)
}

/// The gradient of all hidden states from that of the selected rows, which may repeat.
fn spread(of_read: &Tensor, rows: &[u32], (t, d): (usize, usize)) -> Result<Tensor> {
    let mut all = vec![0.0; t * d];
    with_floats(of_read, |of_read| {
        for (row, gradient) in rows.iter().zip(of_read.chunks_exact(d)) {
            let into = &mut all[*row as usize * d..][..d];
            into.iter_mut().zip(gradient).for_each(|(sum, part)| *sum += part);
        }
    })?;
    Ok(Tensor::from_vec(all, (t, d), &Device::Cpu)?)
}
