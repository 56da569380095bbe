//! A bias added to every row.

use super::row_shape::width_of_both;
use crate::tensor::floats;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

/// `y[t, c] = x[t, c] + b[c]`.
///
/// # Errors
/// Shapes that do not fit; tensors that are not contiguous f32.
pub fn add_bias(x: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.apply_op2(bias, AddBias)
}

struct AddBias;

impl CustomOp2 for AddBias {
    fn name(&self) -> &'static str {
        "add_bias"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let width = width_of_both(x_layout, bias_layout)?;
        let (x, bias) = (floats(x, x_layout)?, floats(bias, bias_layout)?);
        let mut out = x.to_vec();
        for row in out.chunks_exact_mut(width.max(1)) {
            row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
        }
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        _: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let of_bias = if bias.track_op() {
            let width = bias.elem_count();
            let rows = gradient.elem_count() / width.max(1);
            Some(gradient.reshape((rows, width))?.sum(0)?)
        } else {
            None
        };
        Ok((Some(gradient.clone()), of_bias))
    }
}
