//! A matrix of weights applied to rows.

use super::row_shape::rows_and_width;
use crate::checkpoint::Elements;
use crate::kernels::dot;
use crate::kernels::gemm::{Matrix, gemm};
use crate::tensor::{Frozen, Weight};
use crate::tensor::{floats, with_floats};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};

/// `y[t, n] = Σₖ x[t, k] w[n, k]`: rows of `x`, `[.., k]`, times the transpose of `w`, `[n, k]`.
///
/// A frozen weight is read in place, and its gradient is not computed; a trained one gets a gradient if
/// `x` is part of a recorded computation or `train` is set.
///
/// # Errors
/// Shapes that do not fit; an `x` that is not contiguous f32.
pub fn linear(x: &Tensor, weight: &Weight, train: bool) -> Result<Tensor> {
    match weight {
        Weight::Frozen(frozen) => x.apply_op1(FrozenLinear(frozen.clone())),
        Weight::Trained(var) if train => x.apply_op2(var.as_tensor(), Linear),
        Weight::Trained(var) => x.apply_op1(FrozenLinear(Frozen::Tensor(var.as_detached_tensor()))),
    }
}

fn forward(
    x: &CpuStorage,
    layout: &Layout,
    w: Elements<'_>,
    shape: [usize; 2],
) -> Result<(CpuStorage, Shape)> {
    let (m, k) = rows_and_width(layout)?;
    let n = shape[0];
    if shape[1] != k {
        candle_core::bail!("a weight {shape:?} for {:?}", layout.dims());
    }
    let mut out = vec![0.0; m * n];
    dot((m, n, k), floats(x, layout)?, w, &mut out, [k, k, n]);
    let mut dims = layout.dims().to_vec();
    dims.pop();
    dims.push(n);
    Ok((CpuStorage::F32(out), Shape::from(dims)))
}

/// `dx[t, k] = Σₙ dy[t, n] w[n, k]`.
fn gradient_of_input(x: &Tensor, w: &[f32], dy: &Tensor) -> Result<Tensor> {
    let (k, n) = (x.dim(candle_core::D::Minus1)?, dy.dim(candle_core::D::Minus1)?);
    let m = x.elem_count() / k.max(1);
    let mut dx = vec![0.0; m * k];
    with_floats(&dy.contiguous()?, |dy| {
        let out = Matrix::new(&mut dx[..], m, k, k);
        gemm(out, Matrix::new(dy, m, n, n), Matrix::new(w, n, k, k), false, true);
    })?;
    Tensor::from_vec(dx, x.shape(), x.device())
}

struct FrozenLinear(Frozen);

impl CustomOp1 for FrozenLinear {
    fn name(&self) -> &'static str {
        "frozen_linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let shape = self.0.shape2()?;
        self.0.read(|w| forward(x, layout, w, shape))?
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        self.0.read_f32(|w| gradient_of_input(x, w, gradient)).map(Some)
    }
}

struct Linear;

impl CustomOp2 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, k) = w_layout.shape().dims2()?;
        forward(x, x_layout, Elements::F32(floats(w, w_layout)?), [n, k])
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let dx = if x.track_op() {
            Some(with_floats(w, |w| gradient_of_input(x, w, gradient))??)
        } else {
            None
        };
        Ok((dx, Some(gradient_of_weight(x, w, gradient)?)))
    }
}

/// `dw[n, k] = Σₜ dy[t, n] x[t, k]`.
fn gradient_of_weight(x: &Tensor, w: &Tensor, dy: &Tensor) -> Result<Tensor> {
    let (n, k) = w.dims2()?;
    let m = x.elem_count() / k.max(1);
    let mut dw = vec![0.0; n * k];
    with_floats(x, |x| {
        with_floats(&dy.contiguous()?, |dy| {
            let out = Matrix::new(&mut dw[..], n, k, k);
            gemm(out, Matrix::new(dy, m, n, n).transposed(), Matrix::new(x, m, k, k), false, true);
        })
    })??;
    Tensor::from_vec(dw, w.shape(), w.device())
}
