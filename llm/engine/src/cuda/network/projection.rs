//! A linear projection, with an optional bias and adapter.

use super::gradients::DeviceGradients;
use super::loader::DeviceLoader;
use super::weight::DeviceWeight;
use crate::Result;
use crate::cuda::backend::Backend;
use crate::cuda::memory::Array;

/// A projection of a layer.
#[derive(Debug, Clone)]
pub(super) struct DeviceProjection {
    pub(super) weight: DeviceWeight,
    pub(super) bias: Option<DeviceWeight>,
    pub(super) adapter: Option<LoraFactors>,
}

/// What is added to a projection: `x ↦ scale · B A x`.
#[derive(Debug, Clone)]
pub(super) struct LoraFactors {
    pub(super) down: DeviceWeight,
    pub(super) up: DeviceWeight,
    pub(super) scale: f32,
}

impl DeviceProjection {
    pub(super) fn new(loader: &mut DeviceLoader<'_>, name: &str, bias: bool) -> Result<Self> {
        let bias = bias.then(|| loader.weight(&format!("{name}.bias"))).transpose()?;
        let weight = loader.weight(&format!("{name}.weight"))?;
        let adapter = loader.adapter(name, weight.shape)?;
        let adapter = adapter.map(|([down, up], scale)| LoraFactors { down, up, scale });
        Ok(Self { weight, bias, adapter })
    }

    pub(super) fn without_adapter(&mut self) {
        self.adapter = None;
    }

    /// Width of its results.
    pub(super) fn rows(&self) -> usize {
        self.weight.shape[0]
    }

    pub(super) fn forward(&self, backend: &Backend, x: &Array) -> Result<Array> {
        let [n, k] = self.weight.shape;
        let y = backend.empty(x.len() / k * n)?;
        self.forward_into(backend, x, &y, 0.0)?;
        Ok(y)
    }

    /// `y = W x + b + scale · B A x + keep · y`.
    pub(super) fn forward_into(
        &self,
        backend: &Backend,
        x: &Array,
        y: &Array,
        keep: f32,
    ) -> Result<()> {
        backend.linear_into(x, &self.weight.array, self.weight.shape, y, 1.0, keep)?;
        if let Some(bias) = &self.bias {
            backend.add_bias(y, &bias.array)?;
        }
        if let Some(LoraFactors { down, up, scale }) = &self.adapter {
            let z = backend.linear(x, &down.array, down.shape)?;
            backend.linear_into(&z, &up.array, up.shape, y, *scale, 1.0)?;
        }
        Ok(())
    }

    /// `dx = ∂/∂x + keep · dx`, and the gradients of trained weights added to theirs.
    pub(super) fn backward(
        &self,
        backend: &Backend,
        x: &Array,
        dy: &Array,
        (dx, keep): (&Array, f32),
        gradients: &mut DeviceGradients,
    ) -> Result<()> {
        backend.linear_backward(dy, &self.weight.array, self.weight.shape, dx, 1.0, keep)?;
        if let Some(sum) = gradients.of(&self.weight)? {
            backend.linear_backward_weight(dy, x, self.weight.shape, &sum, 1.0)?;
        }
        if let Some(bias) = &self.bias
            && let Some(sum) = gradients.of(bias)?
        {
            backend.add_bias_backward(dy, &sum)?;
        }
        match &self.adapter {
            Some(adapter) => adapter.backward(backend, x, dy, dx, gradients),
            None => Ok(()),
        }
    }
}

impl LoraFactors {
    fn backward(
        &self,
        backend: &Backend,
        x: &Array,
        dy: &Array,
        dx: &Array,
        gradients: &mut DeviceGradients,
    ) -> Result<()> {
        let Self { down, up, scale } = self;
        // Cheaper to compute again than to keep.
        let z = backend.linear(x, &down.array, down.shape)?;
        let dz = backend.empty(z.len())?;
        backend.linear_backward(dy, &up.array, up.shape, &dz, *scale, 0.0)?;
        if let Some(sum) = gradients.of(up)? {
            backend.linear_backward_weight(dy, &z, up.shape, &sum, *scale)?;
        }
        if let Some(sum) = gradients.of(down)? {
            backend.linear_backward_weight(&dz, x, down.shape, &sum, 1.0)?;
        }
        backend.linear_backward(&dz, &down.array, down.shape, dx, 1.0, 1.0)
    }
}
