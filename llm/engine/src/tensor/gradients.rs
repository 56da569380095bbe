//! Gradients of a network's weights, summed over micro-batches.

use candle_core::{Result, Tensor};
use std::collections::BTreeMap;

/// Gradients by the name of their tensor, in f32.
#[derive(Debug, Default, Clone)]
pub struct Gradients(BTreeMap<String, Tensor>);

impl Gradients {
    /// No gradients yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The gradient of a tensor, if it has one.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// Names and gradients, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(name, gradient)| (name.as_str(), gradient))
    }

    /// Adds a gradient to what was summed so far.
    ///
    /// # Errors
    /// A shape other than before.
    pub fn add(&mut self, name: &str, gradient: Tensor) -> Result<()> {
        // The result of `backward` still refers to the graph, which would keep all activations alive.
        let gradient = gradient.detach();
        let sum = match self.0.get(name) {
            Some(sum) => (sum + gradient)?,
            None => gradient,
        };
        self.0.insert(name.to_owned(), sum);
        Ok(())
    }

    /// Takes out the gradient of a tensor as numbers, or zeros of that length.
    pub(crate) fn take(&mut self, name: &str, len: usize) -> Result<Vec<f32>> {
        match self.0.remove(name) {
            Some(sum) => sum.flatten_all()?.to_vec1(),
            None => Ok(vec![0.0; len]),
        }
    }

    /// Puts back what [`take`](Self::take) took out.
    pub(crate) fn put(&mut self, name: &str, sum: Vec<f32>, shape: &[usize]) -> Result<()> {
        let tensor = Tensor::from_vec(sum, shape, &candle_core::Device::Cpu)?;
        self.0.insert(name.to_owned(), tensor);
        Ok(())
    }
}
