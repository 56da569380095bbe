//! Normalisation by the root mean square.

use super::row_shape::width_of_both;
use crate::tensor::{floats, with_floats};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// Rows that one thread takes at a time; fixed, so that sums do not depend on the threads.
const ROWS: usize = 64;

/// `y[t, c] = w[c] · x[t, c] / √(mean_c x[t, c]² + ε)`, over the last axis.
///
/// # Errors
/// Shapes that do not fit; tensors that are not contiguous f32.
///
/// # Source
/// Zhang and Sennrich, "Root Mean Square Layer Normalization" (arXiv 1910.07467).
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    x.apply_op2(weight, RmsNorm { eps: eps as f32 })
}

struct RmsNorm {
    eps: f32,
}

impl RmsNorm {
    /// `1 / √(mean x² + ε)`.
    fn inverse_rms(&self, row: &[f32]) -> f32 {
        1.0 / (sum_of_products(row, row) / row.len() as f32 + self.eps).sqrt()
    }

    /// Gradients with respect to `x` and `w`, with `r = 1 / rms`:
    /// `dx = r (w·dy − x r² mean(x·w·dy))`, `dw = Σ dy·x·r`.
    fn backward(&self, x: &[f32], w: &[f32], dy: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let width = w.len().max(1);
        let mut dx = vec![0.0; x.len()];
        let chunk = ROWS * width;
        let parts: Vec<Vec<f32>> = (dx.par_chunks_mut(chunk), x.par_chunks(chunk))
            .into_par_iter()
            .zip(dy.par_chunks(chunk))
            .map(|((dx, x), dy)| {
                let mut dw = vec![0.0; width];
                let rows = x.chunks_exact(width).zip(dy.chunks_exact(width));
                for (dx, (x, dy)) in dx.chunks_exact_mut(width).zip(rows) {
                    self.backward_row(x, w, dy, dx, &mut dw);
                }
                dw
            })
            .collect();
        let mut dw = vec![0.0; w.len()];
        for part in parts {
            dw.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        (dx, dw)
    }

    fn backward_row(&self, x: &[f32], w: &[f32], dy: &[f32], dx: &mut [f32], dw: &mut [f32]) {
        let r = self.inverse_rms(x);
        for ((dx, &w), &dy) in dx.iter_mut().zip(w).zip(dy) {
            *dx = w * dy;
        }
        let shared = r * r * sum_of_products(x, dx) / x.len() as f32;
        for (((dx, dw), &x), &dy) in dx.iter_mut().zip(dw).zip(x).zip(dy) {
            *dx = r * (*dx - x * shared);
            *dw += dy * x * r;
        }
    }
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        // Of empty rows there are no numbers, and any width will do.
        let width = width_of_both(x_layout, weight_layout)?.max(1);
        let (x, weight) = (floats(x, x_layout)?, floats(weight, weight_layout)?);
        let mut out = vec![0.0; x.len()];
        let chunk = ROWS * width;
        out.par_chunks_mut(chunk).zip(x.par_chunks(chunk)).for_each(|(out, x)| {
            for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                let r = self.inverse_rms(x);
                out.iter_mut().zip(x).zip(weight).for_each(|((y, x), w)| *y = w * (x * r));
            }
        });
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let (dx, dw) = with_floats(x, |x| {
            with_floats(weight, |w| with_floats(&gradient, |dy| self.backward(x, w, dy)))
        })???;
        let dx = Tensor::from_vec(dx, x.shape(), x.device())?;
        let dw = Tensor::from_vec(dw, weight.shape(), x.device())?;
        Ok((Some(dx), weight.track_op().then_some(dw)))
    }
}

/// `Σ a·b` in 16 lanes, which the compiler keeps in vectors.
fn sum_of_products(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = crate::kernels::LANES;
    let mut lanes = [0.0; LANES];
    for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}
