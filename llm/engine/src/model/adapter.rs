//! LoRA: low-rank adapters beside the projections of a frozen network.

use super::names::{DOWN, UP};
use crate::ops::linear;
use crate::tensor::Weight;
use crate::{Error, Result};
use candle_core::{Device, Tensor, Var};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rs_grpo_files::Refuse as _;
use sha2::{Digest, Sha256};

/// Size, scale and initial values of adapters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoraOptions {
    /// Inner dimension of the adapters.
    pub rank: usize,
    /// Their product is multiplied by `alpha / rank`.
    pub alpha: f64,
    /// Seed of the first factors; the second ones begin at 0.
    pub seed: u64,
}

/// What is added to a projection: `x ↦ (alpha / rank) · B A x`, with `A` `[rank, k]` and `B`
/// `[n, rank]`.
///
/// # Source
/// Hu et al., "LoRA" (arXiv 2106.09685); names and initial values are PEFT's.
#[derive(Debug, Clone)]
pub(super) struct Adapter {
    down: Weight,
    up: Weight,
    scale: f64,
}

impl Adapter {
    /// The adapter of the projection `name`, `[n, k]`, and its trained factors by name. It computes 0
    /// at first.
    pub(super) fn new(
        name: &str,
        [n, k]: [usize; 2],
        options: LoraOptions,
    ) -> Result<(Self, [(String, Var); 2])> {
        let LoraOptions { rank, alpha, seed } = options;
        if rank == 0 || rank > n.min(k) {
            let allowed = format!("1 to {}, the smaller side of {name}", n.min(k));
            return Err(Error::parameter("rank in lora", rank, allowed));
        }
        // Uniform with the bound that Kaiming's rule gives for a = √5.
        let bound = 1.0 / (k as f32).sqrt();
        let mut random = stream(seed, name);
        let values: Vec<f32> = (0..rank * k).map(|_| random.random_range(-bound..=bound)).collect();
        let down = Var::from_tensor(&Tensor::from_vec(values, (rank, k), &Device::Cpu)?)?;
        let up = Var::zeros((n, rank), candle_core::DType::F32, &Device::Cpu)?;
        let factors =
            [(format!("{name}.{DOWN}"), down.clone()), (format!("{name}.{UP}"), up.clone())];
        let (down, up) = (Weight::Trained(down), Weight::Trained(up));
        Ok((Self { down, up, scale: alpha / rank as f64 }, factors))
    }

    /// The factors by what stands after the name of their projection.
    pub(super) fn named(&self) -> [(&'static str, &Weight); 2] {
        [(DOWN, &self.down), (UP, &self.up)]
    }

    /// `y + (alpha / rank) · B A x`.
    pub(super) fn add(&self, x: &Tensor, y: Tensor, train: bool) -> candle_core::Result<Tensor> {
        let z = linear(&linear(x, &self.down, train)?, &self.up, train)?;
        y + (z * self.scale)?
    }
}

fn stream(seed: u64, name: &str) -> Xoshiro256PlusPlus {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(name);
    Xoshiro256PlusPlus::from_seed(hash.finalize().into())
}
