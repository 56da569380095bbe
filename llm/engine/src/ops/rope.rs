//! Rotary position embedding.

use crate::config::{Llama3Scaling, Rope};
use crate::tensor::floats;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::f64::consts::TAU;
use std::sync::Arc;

/// The angles of a batch of tokens: the same for all layers and heads.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// Cosine and sine, `[tokens, head_dim / 2]` each.
    cos: Arc<[f32]>,
    sin: Arc<[f32]>,
    half: usize,
}

impl Rotation {
    /// Angles of tokens at `positions`, for heads `head_dim` wide.
    pub fn new(rope: &Rope, head_dim: usize, positions: impl Iterator<Item = usize>) -> Self {
        let frequencies = frequencies(rope, head_dim);
        // The angle is rounded to single precision, as in the programs that trained the models.
        let angles: Vec<f64> = positions
            .flat_map(|at| frequencies.iter().map(move |f| f64::from(at as f32 * f)))
            .collect();
        let table = |f: fn(f64) -> f64| angles.iter().map(|&angle| f(angle) as f32).collect();
        Self { cos: table(f64::cos), sin: table(f64::sin), half: head_dim / 2 }
    }

    /// Cosines, `[tokens, head_dim / 2]`.
    pub(crate) fn cos(&self) -> &[f32] {
        &self.cos
    }

    /// Sines, as the cosines.
    pub(crate) fn sin(&self) -> &[f32] {
        &self.sin
    }

    fn inverse(&self) -> Self {
        Self { sin: self.sin.iter().map(|sin| -sin).collect(), ..self.clone() }
    }
}

/// Radians a position, for each pair of coordinates: `θ^(−2i/head_dim)`, scaled.
fn frequencies(rope: &Rope, head_dim: usize) -> Vec<f32> {
    let plain = (0..head_dim / 2).map(|i| rope.theta.powf(-((2 * i) as f64) / head_dim as f64));
    match &rope.scaling {
        None => plain.map(|f| f as f32).collect(),
        Some(scaling) => plain.map(|f| stretched(f, scaling) as f32).collect(),
    }
}

/// Long wavelengths are divided by the factor, short ones kept, those between interpolated.
fn stretched(frequency: f64, scaling: &Llama3Scaling) -> f64 {
    let turns = scaling.original_max_positions as f64 * frequency / TAU;
    let Llama3Scaling { factor, low_freq_factor: low, high_freq_factor: high, .. } = *scaling;
    let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
    kept * frequency + (1.0 - kept) * frequency / factor
}

/// Rotates coordinates `i` and `i + head_dim/2` of every head of `x`, `[t, h, head_dim]`, by the
/// angles of its token.
///
/// # Errors
/// A shape that does not fit the angles; a tensor that is not contiguous f32.
///
/// # Source
/// Su et al., "RoFormer" (arXiv 2104.09864), in the layout of GPT-NeoX; scaling of Llama 3.1.
pub fn rope(x: &Tensor, rotation: &Rotation) -> Result<Tensor> {
    x.apply_op1(Rotate(rotation.clone()))
}

struct Rotate(Rotation);

impl CustomOp1 for Rotate {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Rotation { cos, sin, half } = &self.0;
        let (tokens, heads, width) = layout.shape().dims3()?;
        if *half == 0 || width != 2 * half || cos.len() != tokens * half {
            let angles = [cos.len() / (*half).max(1), *half];
            candle_core::bail!("angles {angles:?} for heads {:?}", layout.dims());
        }
        let mut out = floats(x, layout)?.to_vec();
        let angles = cos.par_chunks(*half).zip(sin.par_chunks(*half));
        out.par_chunks_mut((heads * width).max(1)).zip(angles).for_each(|(token, (cos, sin))| {
            for head in token.chunks_exact_mut(width) {
                let (first, second) = head.split_at_mut(*half);
                for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                    (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                }
            }
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    /// The transpose of a rotation turns back.
    fn bwd(&self, _: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.detach().contiguous()?;
        gradient.apply_op1_no_bwd(&Self(self.0.inverse())).map(Some)
    }
}
