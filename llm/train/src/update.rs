//! One step of the optimiser.

use super::batch::Example;
use super::gradient::{Pass, Sums, gradient};
use super::loss::Loss;
use crate::Result;
use rs_grpo_engine::model::Policy;

/// What an update did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Updated {
    /// Sums over the tokens that were trained on.
    pub sums: Sums,
    /// Norm of the gradient, before clipping.
    pub grad_norm: f64,
}

impl Updated {
    /// The loss or the norm, whichever is no finite number.
    pub fn fault(&self) -> Option<(&'static str, f64)> {
        [("the loss", self.sums.loss), ("the gradient norm", self.grad_norm)]
            .into_iter()
            .find(|(_, value)| !value.is_finite())
    }
}

/// Moves the trained weights of a model one step down the gradient of a loss, shortened to at most
/// `clip_norm`.
///
/// Where the loss or the gradient is no finite number, the weights are left as they are;
/// [`Updated::fault`] says so.
///
/// # Errors
/// As [`gradient`].
pub fn update<P: Policy>(
    policy: &P,
    optimizer: &mut P::Optimizer,
    examples: &[Example<'_>],
    loss: &Loss,
    pass: Pass,
    (learning_rate, clip_norm): (f64, f64),
) -> Result<Updated> {
    let (gradients, sums) = gradient(policy, examples, loss, pass)?;
    let grad_norm = policy.norm(&gradients)?;
    let updated = Updated { sums, grad_norm };
    if updated.fault().is_none() {
        let scale = if grad_norm > clip_norm { clip_norm / grad_norm } else { 1.0 };
        policy.step(optimizer, &gradients, learning_rate, scale)?;
    }
    Ok(updated)
}
