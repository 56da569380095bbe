//! The learning rate over a run.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How the learning rate moves after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Not at all.
    Constant,
    /// Along half a cosine, down to 0 after the last step.
    Cosine,
}

impl Schedule {
    /// The factor of the learning rate in step `step` of `steps`, counted from 0. It rises linearly
    /// over the first `warmup` steps.
    pub fn factor(self, step: usize, warmup: usize, steps: usize) -> f64 {
        if step < warmup {
            return (step + 1) as f64 / (warmup + 1) as f64;
        }
        match self {
            Self::Constant => 1.0,
            Self::Cosine => {
                let rest = steps.saturating_sub(warmup).max(1);
                0.5 * (1.0 + (PI * (step - warmup) as f64 / rest as f64).cos())
            }
        }
    }
}
