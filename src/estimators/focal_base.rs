//! What the focal weighting of pass@k scales.

use crate::parameter::Choice;

/// The advantage that [`Estimator::Focal`](crate::Estimator::Focal) scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// [`Estimator::Grpo`](crate::Estimator::Grpo) with ε = 1e-6.
    Grpo,
    /// [`Estimator::DrGrpo`](crate::Estimator::DrGrpo).
    DrGrpo,
    /// [`Estimator::Rloo`](crate::Estimator::Rloo).
    Rloo,
}

impl Choice for Base {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("grpo", Self::Grpo), ("dr-grpo", Self::DrGrpo), ("rloo", Self::Rloo)];
}
