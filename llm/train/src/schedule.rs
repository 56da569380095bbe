//! The learning rate over a run.

use super::setting::table;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

table! {
    /// The factor of the learning rate: up to 1 over the warm-up, then as the decay has it, such as
    /// `cosine:warmup=20`.
    Schedule, "schedule",
    allowed: "constant or cosine, and then any of :warmup=STEPS", off: false {
        /// How it moves after the warm-up: constant, or cosine, down to 0 after the last step.
        decay: Decay = Decay::Constant;
        /// Steps over which it rises linearly before that.
        warmup: usize = 0;
    }
}

/// How the learning rate moves after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// Not at all.
    Constant,
    /// Along half a cosine, down to 0 after the last step.
    Cosine,
}

impl Schedule {
    /// The factor in step `step` of `steps`, counted from 0.
    pub fn factor(self, step: usize, steps: usize) -> f64 {
        let Self { decay, warmup } = self;
        if step < warmup {
            return (step + 1) as f64 / (warmup + 1) as f64;
        }
        match decay {
            Decay::Constant => 1.0,
            Decay::Cosine => {
                let rest = steps.saturating_sub(warmup).max(1);
                0.5 * (1.0 + (PI * (step - warmup) as f64 / rest as f64).cos())
            }
        }
    }
}
