//! Loads weights onto a device.

use super::weight::{DeviceWeight, Master};
use crate::Result;
use crate::config::ModelConfig;
use crate::cuda::backend::Backend;
use crate::cuda::memory::{Array, DType};
use crate::model::names::{DOWN, UP, prefix_of};
use crate::model::{LoraOptions, Training};
use std::collections::BTreeMap;

/// Gives the numbers of a weight, by its name and shape, as an array of a type.
pub type WeightSource<'a> = dyn FnMut(&Backend, &str, &[usize], DType) -> Result<Array> + 'a;

/// Loads weights by their names in the current layer.
pub(super) struct DeviceLoader<'a> {
    backend: &'a Backend,
    training: Training,
    source: &'a mut WeightSource<'a>,
    shapes: BTreeMap<String, Vec<usize>>,
    masters: BTreeMap<String, Master>,
    prefix: String,
}

impl<'a> DeviceLoader<'a> {
    /// Weights outside the layers come first.
    pub(super) fn new(
        backend: &'a Backend,
        config: &ModelConfig,
        training: Training,
        source: &'a mut WeightSource<'a>,
    ) -> Self {
        let (shapes, masters) = (config.tensors().into_iter().collect(), BTreeMap::new());
        Self { backend, training, source, shapes, masters, prefix: String::new() }
    }

    /// Names are those of a layer from now on.
    pub(super) fn enter(&mut self, layer: usize) {
        self.prefix = prefix_of(layer);
    }

    /// Names are whole from now on.
    pub(super) fn leave_layers(&mut self) {
        self.prefix.clear();
    }

    /// The trained weights by their names.
    pub(super) fn into_masters(self) -> BTreeMap<String, Master> {
        self.masters
    }

    /// A weight of the checkpoint.
    pub(super) fn weight(&mut self, name: &str) -> Result<DeviceWeight> {
        let name = format!("{}{name}", self.prefix);
        let shape = self.shapes.get(&name).cloned().unwrap_or_default();
        self.take(name, &shape, self.training == Training::Full)
    }

    /// The factors of a projection's adapter and their scale, if it has one.
    pub(super) fn adapter(
        &mut self,
        name: &str,
        [n, k]: [usize; 2],
    ) -> Result<Option<([DeviceWeight; 2], f32)>> {
        let Training::Lora(LoraOptions { rank, alpha, .. }) = self.training else {
            return Ok(None);
        };
        let mut factor = |part: &str, shape: [usize; 2]| {
            self.take(format!("{}{name}.{part}", self.prefix), &shape, true)
        };
        let factors = [factor(DOWN, [rank, k])?, factor(UP, [n, rank])?];
        Ok(Some((factors, (alpha / rank as f64) as f32)))
    }

    /// Moves weights into one contiguous array, and returns it.
    pub(super) fn join<'w>(
        &mut self,
        weights: impl Iterator<Item = &'w mut DeviceWeight>,
    ) -> Result<Array> {
        let weights: Vec<_> = weights.collect();
        let whole = self.backend.empty(weights.iter().map(|weight| weight.array.len()).sum())?;
        let mut first = 0;
        for weight in weights {
            let part = whole.part(first..first + weight.array.len());
            first += part.len();
            weight.array.copy_to(&part)?;
            if let Some(master) = self.masters.get_mut(&weight.name) {
                // In f32 the copy is the master itself.
                if master.numbers.address() == master.copy.address() {
                    master.numbers = part.clone();
                }
                master.copy = part.clone();
            }
            weight.array = part;
        }
        Ok(whole)
    }

    fn take(&mut self, name: String, shape: &[usize], trained: bool) -> Result<DeviceWeight> {
        let backend = self.backend;
        let array = if trained {
            let numbers = (self.source)(backend, &name, shape, DType::F32)?;
            let copy = backend.cast(numbers.clone())?;
            let master = Master { numbers, copy: copy.clone(), shape: shape.to_vec() };
            self.masters.insert(name.clone(), master);
            copy
        } else {
            (self.source)(backend, &name, shape, backend.element().into())?
        };
        let shape = match *shape {
            [rows, columns] => [rows, columns],
            _ => [1, shape.iter().product()],
        };
        Ok(DeviceWeight { name, array, shape, trained })
    }
}
