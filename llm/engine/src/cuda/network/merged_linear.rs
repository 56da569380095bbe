//! Several projections of the same rows as one product.

use super::loader::DeviceLoader;
use super::projection::{DeviceProjection, LoraFactors};
use crate::Result;
use crate::cuda::backend::Backend;
use crate::cuda::memory::Array;

/// Projections of the same rows, with contiguous weights: one product computes them all, since each
/// alone would be too small for a GPU. Rows of results concatenate those of the projections.
#[derive(Debug, Clone)]
pub(super) struct MergedLinear {
    weight: Array,
    /// Rows and columns of all weights.
    shape: [usize; 2],
    /// Their biases, which are not added.
    pub(super) bias: Option<Array>,
    adapters: Option<MergedAdapters>,
}

/// The factors of all adapters. Those that read the rows are one product, too.
#[derive(Debug, Clone)]
struct MergedAdapters {
    down: Array,
    rank: usize,
    /// The other factors, each with its rows.
    up: Vec<(Array, usize)>,
    scale: f32,
}

impl MergedLinear {
    /// Moves the weights of the projections together. All have a bias or none, and likewise an
    /// adapter; adapters are of one rank.
    pub(super) fn new(
        loader: &mut DeviceLoader<'_>,
        parts: &mut [&mut DeviceProjection],
    ) -> Result<Self> {
        let columns = parts[0].weight.shape[1];
        let rows = parts.iter().map(|part| part.weight.shape[0]).sum();
        let weight = loader.join(parts.iter_mut().map(|part| &mut part.weight))?;
        let bias = match parts[0].bias {
            None => None,
            Some(_) => Some(loader.join(parts.iter_mut().filter_map(|part| part.bias.as_mut()))?),
        };
        let mut adapters: Vec<_> =
            parts.iter_mut().filter_map(|part| part.adapter.as_mut()).collect();
        let adapters = match &adapters[..] {
            [] => None,
            [first, ..] => {
                let (rank, scale) = (first.down.shape[0], first.scale);
                let down = loader.join(adapters.iter_mut().map(|adapter| &mut adapter.down))?;
                let up = |LoraFactors { up, .. }: &LoraFactors| (up.array.clone(), up.shape[0]);
                let up = adapters.iter().map(|adapter| up(adapter)).collect();
                Some(MergedAdapters { down, rank, up, scale })
            }
        };
        Ok(Self { weight, shape: [rows, columns], bias, adapters })
    }

    pub(super) fn without_adapters(&mut self) {
        self.adapters = None;
    }

    /// `W x + scale · B A x` of all projections.
    pub(super) fn forward(&self, backend: &Backend, x: &Array) -> Result<Array> {
        let y = backend.linear(x, &self.weight, self.shape)?;
        if let Some(adapters) = &self.adapters {
            adapters.add(backend, x, &y, self.shape)?;
        }
        Ok(y)
    }
}

impl MergedAdapters {
    fn add(
        &self,
        backend: &Backend,
        x: &Array,
        y: &Array,
        [rows, columns]: [usize; 2],
    ) -> Result<()> {
        let width = self.rank * self.up.len();
        let z = backend.linear(x, &self.down, [width, columns])?;
        let mut first = 0;
        for (index, (up, part)) in self.up.iter().enumerate() {
            let columns = [index * self.rank, first];
            let shape = [*part, self.rank];
            backend.linear_between([&z, up, y], shape, columns, [width, rows], self.scale)?;
            first += part;
        }
        Ok(())
    }
}
