//! A recorded forward pass, and its backward.

use super::decoder::Network;
use super::gradients::DeviceGradients;
use super::layer::{ForwardContext, SavedActivations};
use crate::Result;
use crate::config::ModelConfig;
use crate::cuda::memory::{Array, DType};
use crate::model::{ActivationCheckpointing, Packed};

/// A forward pass with the activations that its backward reads.
#[derive(Debug)]
pub struct DeviceTape<'a> {
    network: &'a Network,
    tokens: Vec<u32>,
    context: ForwardContext,
    layers: Vec<(Array, Option<SavedActivations>)>,
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
    ) -> Result<DeviceTape<'_>> {
        let (backend, spans) = (&self.backend, packed.spans());
        let positions: Vec<u32> = spans.positions().map(|at| at as u32).collect();
        let longest = positions.iter().max().map_or(0, |last| *last as usize + 1);
        self.check(packed.tokens(), longest)?;
        let angles = self.angles(&positions)?;
        let attention = backend.attention_metadata(&spans.view())?;
        let context = ForwardContext { angles, attention };
        let mut x = self.embed(packed.tokens())?;
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let (y, saved) = layer.forward(backend, &x, &context)?;
            layers.push((x, (checkpointing == ActivationCheckpointing::Off).then_some(saved)));
            x = y;
        }
        let hidden = backend.rms_norm(&x, self.last_norm().1)?;
        let tokens = packed.tokens().to_vec();
        Ok(DeviceTape { network: self, tokens, context, layers, last: x, hidden })
    }

    /// Bytes that a recorded pass keeps of a token, where it keeps everything.
    pub(crate) fn bytes_per_recorded_token(&self) -> usize {
        let ModelConfig { hidden_size, intermediate_size, heads, kv_heads, head_dim, .. } =
            self.config;
        let heads = 3 * (heads + kv_heads) * head_dim;
        let numbers = 4 * hidden_size + heads + 3 * intermediate_size;
        self.config.layers * numbers * DType::from(self.backend.element()).bytes()
    }

    /// Rows of the embedding.
    pub(super) fn embed(&self, tokens: &[u32]) -> Result<Array> {
        let tokens = self.backend.upload_u32(tokens)?;
        self.backend.gather(&tokens, &self.embedding.array, self.config.hidden_size)
    }
}

impl DeviceTape<'_> {
    /// Hidden states after the last norm, `[t, d]`: what the head reads.
    pub(super) fn hidden(&self) -> &Array {
        &self.hidden
    }

    pub(super) fn network(&self) -> &Network {
        self.network
    }

    /// Adds the gradients of `Σ hidden · gradient` with respect to the trained weights of the layers,
    /// the last norm and the embedding to `gradients`.
    pub(super) fn backward(self, gradient: &Array, gradients: &mut DeviceGradients) -> Result<()> {
        let Self { network, tokens, context, mut layers, last, hidden } = self;
        let backend = &network.backend;
        drop(hidden);
        let mut dy = backend.empty(gradient.len())?;
        let (weight, norm) = network.last_norm();
        let sum = gradients.of(weight)?;
        backend.rms_norm_backward(&last, norm, gradient, (&dy, false), sum)?;
        drop(last);
        while let Some((x, saved)) = layers.pop() {
            let layer = &network.layers[layers.len()];
            dy = layer.backward(backend, &x, saved, dy, &context, gradients)?;
        }
        match gradients.of(&network.embedding)? {
            Some(sum) => backend.scatter_add(&tokens, &dy, &sum, network.config.hidden_size),
            None => Ok(()),
        }
    }
}
