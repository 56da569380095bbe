//! What learns: the decoder in the memory of the host, or on a device.

use super::adamw::{AdamW, AdamWOptions, Moments};
use crate::Result;
use crate::cuda::network::{self, Network, Optimizer};
use crate::generate::LanguageModel;
use crate::model::{Decoder, Gradients, Keep, Packed, Tape};
use crate::ops::logprob_head::{Scores, Targets, Weights};
use crate::ops::with_floats;
use candle_core::{Device, Tensor};
use std::ops::Range;

/// What a loss makes of the scores of some targets.
pub(crate) type Weigh<'a> = dyn FnMut(Range<usize>, &Scores) -> Weights + 'a;

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

/// The state of an optimiser, as checkpoints have it.
pub trait OptimizerState {
    /// Updates so far.
    fn updates(&self) -> u64;

    /// Goes on after so many updates.
    fn set_updates(&mut self, updates: u64);

    /// Names of the weights that have moments.
    fn names(&self) -> Vec<String>;

    /// Mean and mean of squares of a weight's gradients; nothing where it has none.
    ///
    /// # Errors
    /// A device that does not answer.
    fn moments(&self, name: &str) -> Result<[Vec<f32>; 2]>;

    /// Goes on from these.
    fn set_moments(&mut self, name: &str, moments: [Vec<f32>; 2]);
}

impl Policy for Decoder {
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
        Ok(super::plan::CACHE_BYTES)
    }

    fn make_room(&self, _: &mut AdamW, _: usize) -> Result<()> {
        Ok(())
    }

    /// Memory is what large networks lack on a host.
    fn keep(&self, _: usize) -> Result<Keep> {
        Ok(if self.config().layers > 8 { Keep::LayerInputs } else { Keep::Everything })
    }

    fn gradients(&self) -> Gradients {
        Gradients::new()
    }

    fn optimizer(&self, options: AdamWOptions) -> AdamW {
        AdamW::new(options)
    }

    fn record(&self, batch: Packed, keep: Keep) -> Result<Tape<'_>> {
        self.record(batch, keep)
    }

    fn scores(&self, recorded: &Tape<'_>, targets: &Targets<'_>) -> Result<Scores> {
        let read = read(&recorded.hidden(), targets.rows)?;
        self.head().scores(&read, targets.tokens, targets.temperature)
    }

    fn learn(
        &self,
        recorded: Tape<'_>,
        targets: &Targets<'_>,
        weigh: &mut Weigh<'_>,
        gradients: &mut Gradients,
    ) -> Result<()> {
        let Targets { rows, tokens, temperature } = *targets;
        let hidden = recorded.hidden();
        let read = read(&hidden, rows)?;
        let of_read = self.head().forward_backward(&read, tokens, temperature, weigh, gradients)?.1;
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

/// The gradient of all hidden states from that of those which were read, some of them several times.
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

impl OptimizerState for AdamW {
    fn updates(&self) -> u64 {
        self.updates
    }

    fn set_updates(&mut self, updates: u64) {
        self.updates = updates;
    }

    fn names(&self) -> Vec<String> {
        self.moments.keys().cloned().collect()
    }

    fn moments(&self, name: &str) -> Result<[Vec<f32>; 2]> {
        let Moments { mean, square } = self.moments.get(name).cloned().unwrap_or_default();
        Ok([mean, square])
    }

    fn set_moments(&mut self, name: &str, [mean, square]: [Vec<f32>; 2]) {
        self.moments.insert(name.to_owned(), Moments { mean, square });
    }
}

impl Policy for Network {
    type Gradients = network::Gradients;
    type Optimizer = Optimizer;
    type Recorded<'a> = network::Tape<'a>;

    const MAX_BATCH: usize = 512;
    const PREFILL_TOKENS: usize = 8192;
    const RELEASES_CACHE: bool = true;

    fn bytes_per_slot(&self) -> usize {
        self.bytes_per_slot()
    }

    /// Three quarters of what is free: the rest is for a batch's activations and logits.
    fn cache_budget(&self) -> Result<usize> {
        let [free, _] = self.place().device().room()?;
        Ok(free as usize / 4 * 3)
    }

    fn make_room(&self, optimizer: &mut Optimizer, bytes: usize) -> Result<()> {
        let [free, _] = self.place().device().room()?;
        // As much again as `cache_budget` leaves.
        match (free as usize / 4 * 3) < bytes {
            true => optimizer.offload(),
            false => Ok(()),
        }
    }

    /// Everything, if it takes at most two thirds of what is free beside gradients and moments.
    fn keep(&self, tokens: usize) -> Result<Keep> {
        let [free, _] = self.place().device().room()?;
        let trained: usize = self.trained().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        let free = (free as usize).saturating_sub(12 * trained);
        let fits = tokens * self.bytes_per_recorded_token() <= free / 3 * 2;
        Ok(if fits { Keep::Everything } else { Keep::LayerInputs })
    }

    fn gradients(&self) -> network::Gradients {
        network::Gradients::new(self.place())
    }

    fn optimizer(&self, options: AdamWOptions) -> Optimizer {
        Optimizer::new(options)
    }

    fn record(&self, batch: Packed, keep: Keep) -> Result<network::Tape<'_>> {
        self.record(&batch, keep)
    }

    fn scores(&self, recorded: &network::Tape<'_>, targets: &Targets<'_>) -> Result<Scores> {
        recorded.scores(targets)
    }

    fn learn(
        &self,
        recorded: network::Tape<'_>,
        targets: &Targets<'_>,
        weigh: &mut Weigh<'_>,
        gradients: &mut network::Gradients,
    ) -> Result<()> {
        recorded.learn(targets, weigh, gradients)
    }

    fn norm(&self, gradients: &network::Gradients) -> Result<f64> {
        self.norm(gradients)
    }

    fn step(
        &self,
        optimizer: &mut Optimizer,
        gradients: &network::Gradients,
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
