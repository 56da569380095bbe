//! The gated activation of the feed-forward part.

use crate::kernels::exp::exp;
use crate::tensor::floats;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Elements that one thread takes at a time.
const CHUNK: usize = 1 << 14;

/// `y = silu(gate) · up`, with `silu(g) = g / (1 + e⁻ᵍ)`, element by element.
///
/// # Errors
/// Tensors of different shapes, or not contiguous f32.
///
/// # Source
/// Shazeer, "GLU Variants Improve Transformer" (arXiv 2002.05202), SwiGLU.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.apply_op2(up, SwiGlu)
}

struct SwiGlu;

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (floats(gate, gate_layout)?, floats(up, up_layout)?);
        if gate_layout.dims() != up_layout.dims() {
            candle_core::bail!("a gate {:?} for {:?}", gate_layout.dims(), up_layout.dims());
        }
        let (arch, mut out) = (Arch::new(), vec![0.0; gate.len()]);
        (out.par_chunks_mut(CHUNK), gate.par_chunks(CHUNK), up.par_chunks(CHUNK))
            .into_par_iter()
            .for_each(|(out, gate, up)| arch.dispatch(Forward { gate, up, out }));
        Ok((CpuStorage::F32(out), gate_layout.shape().clone()))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let inputs = (gate.detach(), up.detach(), gradient.detach().contiguous()?);
        let of_gate = inputs.0.apply_op3_no_bwd(&inputs.1, &inputs.2, &backward::OfGate)?;
        let of_up = inputs.0.apply_op2_no_bwd(&inputs.2, &backward::OfUp)?;
        Ok((Some(of_gate), Some(of_up)))
    }
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

struct Forward<'a> {
    gate: &'a [f32],
    up: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for ((y, &g), &u) in self.out.iter_mut().zip(self.gate).zip(self.up) {
            *y = g * sigmoid(g) * u;
        }
    }
}

/// `∂/∂gate = up · σ(g) (1 + g (1 − σ(g)))` and `∂/∂up = g σ(g)`, each times the gradient.
mod backward {
    use super::*;

    pub(super) struct OfGate;

    impl candle_core::CustomOp3 for OfGate {
        fn name(&self) -> &'static str {
            "swiglu_gradient_of_gate"
        }

        fn cpu_fwd(
            &self,
            gate: &CpuStorage,
            gate_layout: &Layout,
            up: &CpuStorage,
            up_layout: &Layout,
            gradient: &CpuStorage,
            gradient_layout: &Layout,
        ) -> Result<(CpuStorage, Shape)> {
            let (gate, up) = (floats(gate, gate_layout)?, floats(up, up_layout)?);
            let gradient = floats(gradient, gradient_layout)?;
            let (arch, mut out) = (Arch::new(), vec![0.0; gate.len()]);
            let chunks = (out.par_chunks_mut(CHUNK), gate.par_chunks(CHUNK));
            (chunks.0, chunks.1, up.par_chunks(CHUNK), gradient.par_chunks(CHUNK))
                .into_par_iter()
                .for_each(|(out, gate, up, dy)| arch.dispatch(Gate { gate, up, dy, out }));
            Ok((CpuStorage::F32(out), gate_layout.shape().clone()))
        }
    }

    struct Gate<'a> {
        gate: &'a [f32],
        up: &'a [f32],
        dy: &'a [f32],
        out: &'a mut [f32],
    }

    impl WithSimd for Gate<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let inputs = self.gate.iter().zip(self.up).zip(self.dy);
            for (out, ((&g, &u), &dy)) in self.out.iter_mut().zip(inputs) {
                let s = sigmoid(g);
                *out = dy * u * s * (1.0 + g * (1.0 - s));
            }
        }
    }

    pub(super) struct OfUp;

    impl CustomOp2 for OfUp {
        fn name(&self) -> &'static str {
            "swiglu_gradient_of_up"
        }

        fn cpu_fwd(
            &self,
            gate: &CpuStorage,
            gate_layout: &Layout,
            gradient: &CpuStorage,
            gradient_layout: &Layout,
        ) -> Result<(CpuStorage, Shape)> {
            // The forward with the gradient in place of `up`.
            SwiGlu.cpu_fwd(gate, gate_layout, gradient, gradient_layout)
        }
    }
}
