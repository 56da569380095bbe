//! Weights from a checkpoint.

use super::adapter::{Adapter, LoraOptions};
use super::names::prefix_of;
use crate::checkpoint::{Checkpoint, Elements, Mapped};
use crate::tensor::{Frozen, Weight};
use crate::{Error, Result};
use candle_core::{Device, Tensor, Var};

/// Which weights of a network are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Training {
    /// Nothing: weights stay in their files.
    Frozen,
    /// Every weight, in f32.
    Full,
    /// Adapters beside every projection of the layers; the weights stay in their files.
    Lora(LoraOptions),
}

/// Takes weights out of a checkpoint, and keeps a list of those that are trained.
pub(super) struct Loader<'a> {
    checkpoint: &'a Checkpoint,
    training: Training,
    /// Prefix of the current layer's names.
    prefix: String,
    trained: Vec<(String, Var)>,
}

impl<'a> Loader<'a> {
    /// Weights outside the layers come first.
    pub(super) fn new(checkpoint: &'a Checkpoint, training: Training) -> Self {
        Self { checkpoint, training, prefix: String::new(), trained: Vec::new() }
    }

    /// Names are those of a layer from now on.
    pub(super) fn enter(&mut self, layer: usize) {
        self.prefix = prefix_of(layer);
    }

    /// Names are whole from now on.
    pub(super) fn leave_layers(&mut self) {
        self.prefix.clear();
    }

    /// The trained weights by name, in the order in which they were taken.
    pub(super) fn into_trained(self) -> Vec<(String, Var)> {
        self.trained
    }

    /// A weight by its name in the layer.
    pub(super) fn weight(&mut self, name: &str) -> Result<Weight> {
        let name = format!("{}{name}", self.prefix);
        let weight = load(self.checkpoint.tensor(&name)?, self.training)?;
        if let Weight::Trained(var) = &weight {
            self.trained.push((name, var.clone()));
        }
        Ok(weight)
    }

    /// The adapter of a projection, if it is to have one.
    pub(super) fn adapter(&mut self, name: &str, weight: &Weight) -> Result<Option<Adapter>> {
        let (Training::Lora(options), &[n, k]) = (self.training, weight.shape()) else {
            return Ok(None);
        };
        let (adapter, factors) = Adapter::new(&format!("{}{name}", self.prefix), [n, k], options)?;
        self.trained.extend(factors);
        Ok(Some(adapter))
    }
}

fn load(mapped: &Mapped, training: Training) -> Result<Weight> {
    let tensor = || -> Result<Tensor> {
        let numbers = match mapped.elements() {
            Elements::F32(numbers) => numbers.to_vec(),
            half => half.to_f32(),
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
