//! Gradients of a network's weights, summed over micro-batches.

use super::weight::DeviceWeight;
use crate::Result;
use crate::cuda::backend::Backend;
use crate::cuda::memory::Array;
use std::collections::BTreeMap;

/// Gradients by the name of their weight, in single precision on the device.
#[derive(Debug)]
pub struct DeviceGradients {
    backend: Backend,
    pub(super) sums: BTreeMap<String, Array>,
}

impl DeviceGradients {
    pub(crate) fn new(backend: &Backend) -> Self {
        Self { backend: backend.clone(), sums: BTreeMap::new() }
    }

    /// What the gradient of a weight is added to, if it is trained.
    pub(super) fn of(&mut self, weight: &DeviceWeight) -> Result<Option<Array>> {
        if !weight.trained {
            return Ok(None);
        }
        if let Some(sum) = self.sums.get(&weight.name) {
            return Ok(Some(sum.clone()));
        }
        let sum = self.backend.zeros(weight.array.len())?;
        self.sums.insert(weight.name.clone(), sum.clone());
        Ok(Some(sum))
    }

    /// Names of the weights that have one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sums.keys().map(String::as_str)
    }

    /// The gradient of a weight on the host, if it has one.
    ///
    /// # Errors
    /// A device that does not answer.
    pub fn to_host(&self, name: &str) -> Result<Option<Vec<f32>>> {
        self.sums.get(name).map(Array::to_vec).transpose()
    }
}
