//! The whole network and where its weights come from.

use super::{Frozen, Layer, Weight};
use crate::checkpoint::{Checkpoint, Elements, Mapped};
use crate::config::ModelConfig;
use crate::ops::logprob_head::Head;
use crate::{Error, Result};
use candle_core::{Device, Tensor, Var};

/// What of a network is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Training {
    /// Nothing: weights stay in their files.
    Frozen,
    /// Every weight, in f32.
    Full,
}

/// A decoder-only transformer.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(super) config: ModelConfig,
    pub(super) embedding: Weight,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Weight,
    /// Absent where the head shares the embedding.
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
        let mut trained = Vec::new();
        let mut weight = |name: &str| -> Result<Weight> {
            let weight = load(checkpoint.tensor(name)?, training)?;
            if let Weight::Trained(var) = &weight {
                trained.push((name.to_owned(), var.clone()));
            }
            Ok(weight)
        };
        let embedding = weight(EMBEDDING)?;
        let layers = (0..config.layers)
            .map(|layer| Layer::new(&config, |name| weight(&format!("{}{name}", prefix(layer)))))
            .collect::<Result<_>>()?;
        let norm = weight(NORM)?;
        let head = if config.tie_embeddings { None } else { Some(weight(HEAD)?) };
        Ok(Self { config, embedding, layers, norm, head, trained })
    }

    /// The shape of the network.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Trained weights by the names of their tensors.
    pub fn trained(&self) -> &[(String, Var)] {
        &self.trained
    }

    /// The head, which turns hidden states into log-probabilities.
    pub fn head(&self) -> Head<'_> {
        match &self.head {
            Some(head) => Head::new(head, HEAD),
            None => Head::new(&self.embedding, EMBEDDING),
        }
    }
}

pub(super) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(super) const NORM: &str = "model.norm.weight";
const HEAD: &str = "lm_head.weight";

/// What the names of a layer's tensors begin with.
pub(super) fn prefix(layer: usize) -> String {
    format!("model.layers.{layer}.")
}

fn load(mapped: &Mapped, training: Training) -> Result<Weight> {
    let tensor = || -> Result<Tensor> {
        let numbers = match mapped.elements() {
            Elements::F32(numbers) => numbers.to_vec(),
            narrow => narrow.to_f32(),
        };
        Tensor::from_vec(numbers, mapped.shape(), &Device::Cpu).map_err(Error::from)
    };
    Ok(match training {
        Training::Full => Weight::Trained(Var::from_tensor(&tensor()?)?),
        // Norms and biases are small, and read as tensors.
        Training::Frozen if mapped.shape().len() == 1 => Weight::Frozen(Frozen::Tensor(tensor()?)),
        Training::Frozen => Weight::Frozen(Frozen::Mapped(mapped.clone())),
    })
}
