//! The whole network and where its weights come from.

use super::adapter::{Adapter, DOWN, LoraOptions, UP};
use super::layer::{Layer, Weights};
use crate::checkpoint::{Checkpoint, Elements, Mapped};
use crate::config::ModelConfig;
use crate::ops::logprob_head::Head;
use crate::tensor::{Frozen, Weight};
use crate::{Error, Result};
use candle_core::{Device, Tensor, Var};

/// What of a network is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Training {
    /// Nothing: weights stay in their files.
    Frozen,
    /// Every weight, in f32.
    Full,
    /// Adapters beside every projection of the layers; the weights stay in their files.
    Lora(LoraOptions),
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
        let (prefix, trained) = (String::new(), Vec::new());
        let mut loader = Loader { checkpoint, training, prefix, trained };
        let embedding = loader.weight(EMBEDDING)?;
        let mut layers = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            loader.prefix = prefix_of(layer);
            layers.push(Layer::new(&config, &mut loader)?);
        }
        loader.prefix.clear();
        let norm = loader.weight(NORM)?;
        let head = if config.tie_embeddings { None } else { Some(loader.weight(HEAD)?) };
        Ok(Self { config, embedding, layers, norm, head, trained: loader.trained })
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

    /// Every weight by the name of its tensor, those of adapters with them.
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

pub(super) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(super) const NORM: &str = "model.norm.weight";
const HEAD: &str = "lm_head.weight";

/// Takes weights out of a checkpoint, and remembers which are trained.
struct Loader<'a> {
    checkpoint: &'a Checkpoint,
    training: Training,
    /// What the names of the layer at hand begin with.
    prefix: String,
    trained: Vec<(String, Var)>,
}

impl Weights for Loader<'_> {
    fn weight(&mut self, name: &str) -> Result<Weight> {
        let name = format!("{}{name}", self.prefix);
        let weight = load(self.checkpoint.tensor(&name)?, self.training)?;
        if let Weight::Trained(var) = &weight {
            self.trained.push((name, var.clone()));
        }
        Ok(weight)
    }

    fn adapter(&mut self, name: &str, weight: &Weight) -> Result<Option<Adapter>> {
        let (Training::Lora(options), &[n, k]) = (self.training, weight.shape()) else {
            return Ok(None);
        };
        let (adapter, factors) = Adapter::new(&format!("{}{name}", self.prefix), [n, k], options)?;
        self.trained.extend(factors);
        Ok(Some(adapter))
    }
}

/// What the names of a layer's tensors begin with.
pub(crate) fn prefix_of(layer: usize) -> String {
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
        Training::Frozen | Training::Lora(_) if mapped.shape().len() == 1 => {
            Weight::Frozen(Frozen::Tensor(tensor()?))
        }
        Training::Frozen | Training::Lora(_) => Weight::Frozen(Frozen::Mapped(mapped.clone())),
    })
}
