//! A recorded forward pass, and its backward.

use super::super::memory::{Array, Kind};
use super::gradients::Gradients;
use super::layer::{Batch, Inner};
use super::load::Network;
use crate::Result;
use crate::config::ModelConfig;
use crate::model::{ActivationCheckpointing, Packed};

/// A forward pass that remembers enough to go back.
#[derive(Debug)]
pub struct Tape<'a> {
    network: &'a Network,
    tokens: Vec<u32>,
    batch: Batch,
    layers: Vec<(Array, Option<Inner>)>,
    last: Array,
    hidden: Array,
}

impl Network {
    /// Runs the network over a batch and keeps what the backward needs.
    ///
    /// # Errors
    /// Tokens outside the vocabulary; sequences longer than the context; no room.
    pub fn record(
        &self,
        packed: &Packed,
        checkpointing: ActivationCheckpointing,
    ) -> Result<Tape<'_>> {
        let (place, spans) = (&self.place, packed.spans());
        let positions: Vec<u32> = spans.positions().map(|at| at as u32).collect();
        let longest = positions.iter().max().map_or(0, |last| *last as usize + 1);
        self.check(packed.tokens(), longest)?;
        let batch = Batch { angles: self.angles(&positions)?, seen: place.seen(&spans.view())? };
        let mut x = self.embed(packed.tokens())?;
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let (y, inner) = layer.forward(place, &x, &batch)?;
            layers.push((x, (checkpointing == ActivationCheckpointing::Off).then_some(inner)));
            x = y;
        }
        let hidden = place.rms_norm(&x, self.last_norm().1)?;
        let tokens = packed.tokens().to_vec();
        Ok(Tape { network: self, tokens, batch, layers, last: x, hidden })
    }

    /// Bytes that a recorded pass keeps of a token, where it keeps everything.
    pub(crate) fn bytes_per_recorded_token(&self) -> usize {
        let ModelConfig { hidden_size, intermediate_size, heads, kv_heads, head_dim, .. } =
            self.config;
        let heads = 3 * (heads + kv_heads) * head_dim;
        let numbers = 4 * hidden_size + heads + 3 * intermediate_size;
        self.config.layers * numbers * Kind::from(self.place.element()).bytes()
    }

    /// Rows of the embedding.
    pub(super) fn embed(&self, tokens: &[u32]) -> Result<Array> {
        let tokens = self.place.counts(tokens)?;
        self.place.gather(&tokens, &self.embedding.array, self.config.hidden_size)
    }
}

impl Tape<'_> {
    /// Hidden states after the last norm, `[t, d]`: what the head reads.
    pub(super) fn hidden(&self) -> &Array {
        &self.hidden
    }

    pub(super) fn network(&self) -> &Network {
        self.network
    }

    /// Adds the gradients of `Σ hidden · gradient` with respect to the trained weights of the layers,
    /// the last norm and the embedding to `gradients`.
    pub(super) fn backward(self, gradient: &Array, gradients: &mut Gradients) -> Result<()> {
        let Self { network, tokens, batch, mut layers, last, hidden } = self;
        let place = &network.place;
        drop(hidden);
        let mut dy = place.blank(gradient.len())?;
        let (weight, norm) = network.last_norm();
        let sum = gradients.of(weight)?;
        place.rms_norm_backward(&last, norm, gradient, (&dy, false), sum)?;
        drop(last);
        while let Some((x, inner)) = layers.pop() {
            let layer = &network.layers[layers.len()];
            dy = layer.backward(place, &x, inner, dy, &batch, gradients)?;
        }
        match gradients.of(&network.embedding)? {
            Some(sum) => place.scatter_add(&tokens, &dy, &sum, network.config.hidden_size),
            None => Ok(()),
        }
    }
}
