//! The whole network, loaded from a checkpoint.

use super::layer::Layer;
use super::loader::{Loader, Training};
use super::names::{DOWN, EMBEDDING, HEAD, NORM, UP, prefix_of};
use crate::Result;
use crate::checkpoint::Checkpoint;
use crate::config::ModelConfig;
use crate::ops::logprob_head::Head;
use crate::tensor::Weight;
use candle_core::Var;

/// A decoder-only transformer.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(super) config: ModelConfig,
    pub(super) embedding: Weight,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Weight,
    /// Absent if the head shares the embedding.
    head: Option<Weight>,
    /// Trained weights by name, in the order of [`ModelConfig::tensors`].
    trained: Vec<(String, Var)>,
}

impl Decoder {
    /// The network of a checkpoint. Matrices that are not trained stay in the mapped file, in its
    /// precision; the rest is copied into f32.
    ///
    /// # Errors
    /// Tensors that are missing, unexpected or of another shape than the configuration says, all in
    /// one error.
    pub fn load(checkpoint: &Checkpoint, training: Training) -> Result<Self> {
        let config = checkpoint.config().clone();
        let mut loader = Loader::new(checkpoint, training);
        let embedding = loader.weight(EMBEDDING)?;
        let mut layers = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            loader.enter(layer);
            layers.push(Layer::new(&config, &mut loader)?);
        }
        loader.leave_layers();
        let norm = loader.weight(NORM)?;
        let head = if config.tie_embeddings { None } else { Some(loader.weight(HEAD)?) };
        Ok(Self { config, embedding, layers, norm, head, trained: loader.into_trained() })
    }

    /// The network without its adapters, on the same weights: what LoRA began with.
    #[must_use]
    pub fn without_adapters(&self) -> Self {
        let mut base = self.clone();
        base.layers = base.layers.into_iter().map(Layer::without_adapters).collect();
        base.trained.retain(|(name, _)| !name.ends_with(DOWN) && !name.ends_with(UP));
        base
    }

    /// The shape of the network.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Trained weights by the names of their tensors.
    pub fn trained(&self) -> &[(String, Var)] {
        &self.trained
    }

    /// Every weight by the name of its tensor, adapters included.
    pub(crate) fn named(&self) -> Vec<(String, &Weight)> {
        let mut named =
            vec![(EMBEDDING.to_owned(), &self.embedding), (NORM.to_owned(), &self.norm)];
        named.extend(self.head.iter().map(|head| (HEAD.to_owned(), head)));
        for (index, layer) in self.layers.iter().enumerate() {
            let prefix = prefix_of(index);
            let of_layer = layer.named().into_iter();
            named.extend(of_layer.map(|(name, weight)| (format!("{prefix}{name}"), weight)));
        }
        named
    }

    /// The head, which turns hidden states into log-probabilities.
    pub fn head(&self) -> Head<'_> {
        match &self.head {
            Some(head) => Head::new(head, HEAD),
            None => Head::new(&self.embedding, EMBEDDING),
        }
    }
}
