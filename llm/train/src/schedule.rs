//! The learning rate over a run.

use std::f64::consts::PI;

/// The factor of the learning rate: up to 1 over the warm-up, then as the decay has it. Its text is
/// `constant`, or `cosine:warmup=20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How it moves after the warm-up.
    pub decay: Decay,
    /// Steps over which it rises linearly.
    pub warmup: usize,
}

/// How the learning rate moves after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decay {
    /// Not at all.
    Constant,
    /// Along half a cosine, down to 0 after the last step.
    Cosine,
}

impl Default for Schedule {
    /// The same in all steps.
    fn default() -> Self {
        Self { decay: Decay::Constant, warmup: 0 }
    }
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
