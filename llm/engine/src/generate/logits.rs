//! Rows of logits, wherever a model keeps them.

use super::draw::{Drawn, draw};
use super::request::SamplingParams;
use crate::Result;
use crate::tensor::with_floats;
use candle_core::Tensor;
use rayon::prelude::*;

/// Rows of logits, wherever a model keeps them.
pub trait Logits: Sized {
    /// Rows and tokens.
    fn extent(&self) -> [usize; 2];

    /// A copy of a row, which does not keep the others alive.
    ///
    /// # Errors
    /// A device that has no room for it, or does not answer.
    fn row(&self, row: usize) -> Result<Self>;

    /// Draws a token from each of some rows at a uniform number in `[0, 1)`, as [`draw`] does.
    ///
    /// # Errors
    /// A device that does not answer; and for each row, those of [`draw`].
    fn draw(
        rows: &[(&Self, usize)],
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Result<Drawn>>>;
}

/// On the CPU, `[rows, tokens]` in f32.
impl Logits for Tensor {
    fn extent(&self) -> [usize; 2] {
        self.dims2().map_or([0, self.elem_count()], |(rows, tokens)| [rows, tokens])
    }

    fn row(&self, row: usize) -> Result<Self> {
        Ok(self.narrow(0, row, 1)?.force_contiguous()?)
    }

    fn draw(
        rows: &[(&Self, usize)],
        uniforms: &[f64],
        params: &SamplingParams,
    ) -> Result<Vec<Result<Drawn>>> {
        let drawn = rows.par_iter().zip(uniforms).map(|(&(logits, row), &uniform)| {
            let [_, vocab] = logits.extent();
            with_floats(logits, |all| draw(&all[row * vocab..][..vocab], params, uniform))?
        });
        Ok(drawn.collect())
    }
}
