//! A matrix of weights applied to rows, with a bias and an adapter where it has them.

use super::super::memory::Array;
use super::super::place::Place;
use super::gradients::Gradients;
use super::load::{Loader, Weight};
use crate::Result;

/// A projection of a layer.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    pub(super) weight: Weight,
    pub(super) bias: Option<Weight>,
    pub(super) adapter: Option<Adapter>,
}

/// What is added to a projection: `x ↦ scale · B A x`.
#[derive(Debug, Clone)]
pub(super) struct Adapter {
    pub(super) down: Weight,
    pub(super) up: Weight,
    pub(super) scale: f32,
}

impl Projection {
    pub(super) fn new(loader: &mut Loader<'_>, name: &str, bias: bool) -> Result<Self> {
        let bias = bias.then(|| loader.weight(&format!("{name}.bias"))).transpose()?;
        let weight = loader.weight(&format!("{name}.weight"))?;
        let adapter = loader.adapter(name, weight.shape)?;
        let adapter = adapter.map(|([down, up], scale)| Adapter { down, up, scale });
        Ok(Self { weight, bias, adapter })
    }

    pub(super) fn without_adapter(&mut self) {
        self.adapter = None;
    }

    /// Numbers that it gives for a row.
    pub(super) fn rows(&self) -> usize {
        self.weight.shape[0]
    }

    pub(super) fn forward(&self, place: &Place, x: &Array) -> Result<Array> {
        let [n, k] = self.weight.shape;
        let y = place.blank(x.len() / k * n)?;
        self.forward_into(place, x, &y, 0.0)?;
        Ok(y)
    }

    /// `y = W x + b + scale · B A x + keep · y`.
    pub(super) fn forward_into(
        &self,
        place: &Place,
        x: &Array,
        y: &Array,
        keep: f32,
    ) -> Result<()> {
        place.linear_into(x, &self.weight.array, self.weight.shape, y, 1.0, keep)?;
        if let Some(bias) = &self.bias {
            place.add_bias(y, &bias.array)?;
        }
        if let Some(Adapter { down, up, scale }) = &self.adapter {
            let z = place.linear(x, &down.array, down.shape)?;
            place.linear_into(&z, &up.array, up.shape, y, *scale, 1.0)?;
        }
        Ok(())
    }

    /// `dx = ∂/∂x + keep · dx`, and the gradients of trained weights added to theirs.
    pub(super) fn backward(
        &self,
        place: &Place,
        x: &Array,
        dy: &Array,
        (dx, keep): (&Array, f32),
        gradients: &mut Gradients,
    ) -> Result<()> {
        place.linear_backward(dy, &self.weight.array, self.weight.shape, dx, 1.0, keep)?;
        if let Some(sum) = gradients.of(&self.weight)? {
            place.linear_backward_weight(dy, x, self.weight.shape, &sum, 1.0)?;
        }
        if let Some(bias) = &self.bias
            && let Some(sum) = gradients.of(bias)?
        {
            place.add_bias_backward(dy, &sum)?;
        }
        match &self.adapter {
            Some(adapter) => adapter.backward(place, x, dy, dx, gradients),
            None => Ok(()),
        }
    }
}

impl Adapter {
    fn backward(
        &self,
        place: &Place,
        x: &Array,
        dy: &Array,
        dx: &Array,
        gradients: &mut Gradients,
    ) -> Result<()> {
        let Self { down, up, scale } = self;
        // Cheaper to compute again than to keep.
        let z = place.linear(x, &down.array, down.shape)?;
        let dz = place.blank(z.len())?;
        place.linear_backward(dy, &up.array, up.shape, &dz, *scale, 0.0)?;
        if let Some(sum) = gradients.of(up)? {
            place.linear_backward_weight(dy, &z, up.shape, &sum, *scale)?;
        }
        if let Some(sum) = gradients.of(down)? {
            place.linear_backward_weight(&dz, x, down.shape, &sum, 1.0)?;
        }
        place.linear_backward(&dz, &down.array, down.shape, dx, 1.0, 1.0)
    }
}
