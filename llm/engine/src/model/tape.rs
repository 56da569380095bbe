//! A recorded forward pass, and its backward.

use super::decoder::Decoder;
use super::names::{EMBEDDING, NORM, prefix_of};
use crate::ops::{Rotation, Spans, attention, embedding, rms_norm};
use crate::tensor::{Gradients, Weight};
use crate::{Error, Result};
use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};
use rs_grpo_files::Refuse as _;

/// Packed sequences, without padding; a shared prefix is stored once.
#[derive(Debug, Clone, PartialEq)]
pub struct Packed {
    tokens: Vec<u32>,
    spans: Spans,
}

impl Packed {
    /// Packs sequences that have at least one token each.
    ///
    /// # Errors
    /// An empty sequence, named by its index.
    pub fn new<'a>(sequences: impl IntoIterator<Item = &'a [u32]>) -> Result<Self> {
        Self::trees(sequences.into_iter().map(|sequence| (sequence, Vec::new())))
    }

    /// Packs shared prefixes of at least one token each, with the sequences that continue each of them.
    ///
    /// # Errors
    /// An empty prefix, named by its index.
    pub fn trees<'a>(trees: impl IntoIterator<Item = (&'a [u32], Vec<&'a [u32]>)>) -> Result<Self> {
        let (mut tokens, mut lengths) = (Vec::new(), Vec::new());
        for (index, (trunk, branches)) in trees.into_iter().enumerate() {
            if trunk.is_empty() {
                let allowed = format!("at least 1 token; sequence {index} is empty");
                return Err(Error::parameter("sequence length", 0, allowed));
            }
            tokens.extend_from_slice(trunk);
            branches.iter().for_each(|branch| tokens.extend_from_slice(branch));
            let branches: Vec<usize> = branches.iter().map(|branch| branch.len()).collect();
            lengths.push((trunk.len(), branches));
        }
        let spans = Spans::trees(lengths.iter().map(|(trunk, branches)| (*trunk, &branches[..])));
        Ok(Self { tokens, spans })
    }

    /// All tokens, `[t]`.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Which tokens belong to which sequence.
    pub fn spans(&self) -> &Spans {
        &self.spans
    }
}

/// Which activations of a forward pass are recomputed in the backward pass, to save memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationCheckpointing {
    /// None: every intermediate result is kept, for the fastest backward pass.
    Off,
    /// All but the residual stream between layers, `[t, d]` each, one layer at a time.
    PerLayer,
}

/// A forward pass with what its backward needs.
///
/// Each layer has its own graph, and gradients are passed from one to the next explicitly, so no graph
/// gets deep. The result of `backward` is detached, since it would otherwise keep its graph alive.
pub struct Tape<'a> {
    model: &'a Decoder,
    batch: Packed,
    rotation: Rotation,
    layers: Vec<Recorded>,
    norm: Recorded,
    hidden: Tensor,
}

/// A piece of the network: its input, and its output while that is kept.
struct Recorded {
    input: Var,
    output: Option<Tensor>,
}

impl Recorded {
    fn new(
        input: &Tensor,
        output: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<(Self, Tensor)> {
        let input = Var::from_tensor(input)?;
        let output = output(input.as_tensor())?;
        let detached = output.detach();
        Ok((Self { input, output: Some(output) }, detached))
    }
}

impl Decoder {
    /// Runs the network over a batch and keeps what the backward needs.
    ///
    /// # Errors
    /// Tokens outside the vocabulary; sequences longer than the context.
    pub fn record(
        &self,
        batch: Packed,
        checkpointing: ActivationCheckpointing,
    ) -> Result<Tape<'_>> {
        let longest = batch.spans.positions().max().map_or(0, |last| last + 1);
        if longest > self.config.max_positions {
            let allowed =
                format!("at most the context of the model, {}", self.config.max_positions);
            return Err(Error::parameter("sequence length", longest, allowed));
        }
        let rotation =
            Rotation::new(&self.config.rope, self.config.head_dim, batch.spans.positions());
        let mut x = embedding::forward(&batch.tokens, &self.embedding.frozen())?;
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in 0..self.layers.len() {
            let (mut recorded, output) =
                Recorded::new(&x, |x| self.run_layer(layer, x, &rotation, &batch, checkpointing))?;
            if checkpointing == ActivationCheckpointing::PerLayer {
                recorded.output = None;
            }
            layers.push(recorded);
            x = output;
        }
        let (norm, hidden) = Recorded::new(&x, |x| self.run_norm(x))?;
        Ok(Tape { model: self, batch, rotation, layers, norm, hidden })
    }

    fn run_layer(
        &self,
        layer: usize,
        x: &Tensor,
        rotation: &Rotation,
        batch: &Packed,
        checkpointing: ActivationCheckpointing,
    ) -> Result<Tensor> {
        let (x, train) = match checkpointing {
            ActivationCheckpointing::Off => (x.clone(), true),
            ActivationCheckpointing::PerLayer => (x.detach(), false),
        };
        let attend = |q: Tensor, k: Tensor, v: Tensor| attention(&q, &k, &v, &batch.spans);
        Ok(self.layers[layer].forward(&x, rotation, train, attend)?)
    }

    fn run_norm(&self, x: &Tensor) -> Result<Tensor> {
        Ok(rms_norm(x, &self.norm.tensor(true)?, self.config.rms_norm_eps)?)
    }
}

impl Tape<'_> {
    /// The batch that ran.
    pub fn batch(&self) -> &Packed {
        &self.batch
    }

    /// Hidden states after the last norm, `[t, d]`, which the head reads; detached from the graph.
    pub fn hidden(&self) -> Tensor {
        self.hidden.clone()
    }

    /// Adds the gradients of `Σ hidden · gradient` with respect to the trained weights of the layers,
    /// the last norm and the embedding to `gradients`.
    ///
    /// # Errors
    /// A gradient of another shape than [`hidden`](Self::hidden).
    pub fn backward(self, gradient: &Tensor, gradients: &mut Gradients) -> Result<()> {
        let Self { model, batch, rotation, mut layers, norm, .. } = self;
        let mut store = norm.backward(gradient, |x| model.run_norm(x))?;
        let mut dy = model.collect(NORM, &mut store, gradients)?;
        while let Some(recorded) = layers.pop() {
            let layer = layers.len();
            let again = |x: &Tensor| {
                model.run_layer(layer, x, &rotation, &batch, ActivationCheckpointing::Off)
            };
            let mut store = recorded.backward(&dy, again)?;
            dy = model.collect(&prefix_of(layer), &mut store, gradients)?;
        }
        match &model.embedding {
            Weight::Trained(_) => {
                let shape = model.embedding.shape();
                let mut sum = gradients.take(EMBEDDING, shape.iter().product())?;
                embedding::backward(&batch.tokens, &dy, &mut sum)?;
                gradients.put(EMBEDDING, sum, shape)?;
                Ok(())
            }
            Weight::Frozen(_) => Ok(()),
        }
    }
}

/// Gradients of a piece, and of its input.
struct Backward {
    store: GradStore,
    input: Tensor,
}

impl Recorded {
    /// Backward pass from the gradient of the output, which is recomputed by `again` if it was not kept.
    fn backward(
        self,
        gradient: &Tensor,
        again: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Backward> {
        let output = match self.output {
            Some(output) => output,
            None => again(self.input.as_tensor())?,
        };
        let mut store = (output * gradient)?.sum_all()?.backward()?;
        let input = match store.remove(&self.input) {
            Some(input) => input.detach(),
            None => gradient.zeros_like()?,
        };
        Ok(Backward { store, input })
    }
}

impl Decoder {
    /// Adds the gradients of the weights whose names begin with `prefix`, and returns that of the
    /// input.
    fn collect(
        &self,
        prefix: &str,
        backward: &mut Backward,
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        for (name, var) in self.trained().iter().filter(|(name, _)| name.starts_with(prefix)) {
            if let Some(gradient) = backward.store.remove(var) {
                gradients.add(name, gradient)?;
            }
        }
        Ok(backward.input.clone())
    }
}
