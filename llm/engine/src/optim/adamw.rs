//! AdamW: Adam with decoupled weight decay.

use super::state::OptimizerState;
use crate::tensor::Gradients;
use crate::tensor::with_floats;
use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor, Var};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Numbers that a thread updates at a time.
const CHUNK: usize = 1 << 14;

/// How moments are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateType {
    /// In single precision.
    #[default]
    F32,
    /// In bf16 with stochastic rounding, half as large: on a GPU only.
    Bf16,
}

/// The constants of the optimiser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamWOptions {
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of their squares.
    pub beta2: f64,
    /// Added to the root of that mean.
    pub eps: f64,
    /// Decoupled weight decay per unit of learning rate; norms and biases do not decay.
    pub weight_decay: f64,
    /// How moments are stored.
    pub state: StateType,
}

impl Default for AdamWOptions {
    /// β₁ = 0.9, β₂ = 0.95, ε = 1e-8, no decay.
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.0, state: StateType::F32 }
    }
}

impl AdamWOptions {
    /// β₁, β₂ and ε; the factor of the weights, the learning rate with the bias correction of the mean,
    /// and the factor of the root, for an update counted from 1.
    pub(crate) fn constants(&self, update: u64, learning_rate: f64, decay: f64) -> [f32; 6] {
        let Self { beta1, beta2, eps, .. } = *self;
        let keep = 1.0 - learning_rate * decay;
        let rate = learning_rate / correction(beta1, update);
        let unbias = (1.0 / correction(beta2, update)).sqrt();
        [beta1, beta2, eps, keep, rate, unbias].map(|number| number as f32)
    }
}

/// Means of a weight's gradients and of their squares, in f32.
#[derive(Debug, Clone, Default, PartialEq)]
struct Moments {
    mean: Vec<f32>,
    square: Vec<f32>,
}

/// AdamW with its state in f32.
///
/// # Source
/// Loshchilov and Hutter, "Decoupled weight decay regularization" (arXiv 1711.05101).
#[derive(Debug, Clone)]
pub struct AdamW {
    options: AdamWOptions,
    /// Updates so far.
    updates: u64,
    moments: BTreeMap<String, Moments>,
}

impl AdamW {
    /// An optimiser that has seen no gradient.
    pub fn new(options: AdamWOptions) -> Self {
        Self { options, updates: 0, moments: BTreeMap::new() }
    }

    /// One step down the gradients, each multiplied by `scale`, in place.
    ///
    /// A weight without a gradient is not changed.
    ///
    /// # Errors
    /// A gradient of another shape than its weight.
    pub fn update(
        &mut self,
        weights: &[(String, Var)],
        gradients: &Gradients,
        learning_rate: f64,
        scale: f64,
    ) -> Result<()> {
        self.updates += 1;
        for (name, var) in weights {
            let Some(gradient) = gradients.get(name) else { continue };
            let decay = if var.rank() > 1 { self.options.weight_decay } else { 0.0 };
            let constants = self.options.constants(self.updates, learning_rate, decay);
            let [beta1, beta2, eps, keep, rate, unbias] = constants;
            let step = Step { beta1, beta2, eps, keep, rate, unbias, scale: scale as f32 };
            let moments = self.moments.entry(name.clone()).or_default();
            moments.mean.resize(var.elem_count(), 0.0);
            moments.square.resize(var.elem_count(), 0.0);
            let gradient = gradient.contiguous()?;
            var.inplace_op1(&Update { step, gradient: &gradient, moments: Mutex::new(moments) })?;
        }
        Ok(())
    }
}

/// The divisor that corrects the bias of a mean that began at 0.
fn correction(beta: f64, updates: u64) -> f64 {
    -(beta.ln() * updates as f64).exp_m1()
}

/// The constants of one step of one weight.
#[derive(Clone, Copy)]
struct Step {
    beta1: f32,
    beta2: f32,
    eps: f32,
    keep: f32,
    rate: f32,
    unbias: f32,
    scale: f32,
}

impl Step {
    fn run(self, weights: &mut [f32], gradient: &[f32], mean: &mut [f32], square: &mut [f32]) {
        for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(mean).zip(square) {
            let g = g * self.scale;
            *m = self.beta1 * *m + (1.0 - self.beta1) * g;
            *v = self.beta2 * *v + (1.0 - self.beta2) * g * g;
            *w = *w * self.keep - self.rate * *m / (v.sqrt() * self.unbias + self.eps);
        }
    }
}

/// The step as an in-place operation on the weight's storage, seen by everything that shares it.
struct Update<'a> {
    step: Step,
    gradient: &'a Tensor,
    moments: Mutex<&'a mut Moments>,
}

impl InplaceOp1 for Update<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(weights) = storage else {
            candle_core::bail!("AdamW updates f32 weights only");
        };
        let (Some((start, end)), Ok(mut moments)) =
            (layout.contiguous_offsets(), self.moments.lock())
        else {
            candle_core::bail!("AdamW needs a contiguous weight, got {layout:?}");
        };
        let weights = &mut weights[start..end];
        if self.gradient.elem_count() != weights.len() {
            candle_core::bail!("a gradient {:?} for {layout:?}", self.gradient.dims());
        }
        let Moments { mean, square } = &mut **moments;
        with_floats(self.gradient, |gradient| {
            weights
                .par_chunks_mut(CHUNK)
                .zip(gradient.par_chunks(CHUNK))
                .zip(mean.par_chunks_mut(CHUNK).zip(square.par_chunks_mut(CHUNK)))
                .for_each(|((w, g), (m, v))| self.step.run(w, g, m, v));
        })
    }
}

impl OptimizerState for AdamW {
    fn updates(&self) -> u64 {
        self.updates
    }

    fn set_updates(&mut self, updates: u64) {
        self.updates = updates;
    }

    fn names(&self) -> Vec<String> {
        self.moments.keys().cloned().collect()
    }

    fn moments(&self, name: &str) -> crate::Result<[Vec<f32>; 2]> {
        let Moments { mean, square } = self.moments.get(name).cloned().unwrap_or_default();
        Ok([mean, square])
    }

    fn set_moments(&mut self, name: &str, [mean, square]: [Vec<f32>; 2]) {
        self.moments.insert(name.to_owned(), Moments { mean, square });
    }
}
