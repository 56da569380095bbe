//! The state of an optimiser in checkpoints.

use crate::Result;

/// The state of an optimiser, as it is saved in checkpoints.
pub trait OptimizerState {
    /// Updates so far.
    fn updates(&self) -> u64;

    /// Sets the number of updates so far.
    fn set_updates(&mut self, updates: u64);

    /// Names of the weights that have moments.
    fn names(&self) -> Vec<String>;

    /// Mean and mean of squares of a weight's gradients; empty if it has none.
    ///
    /// # Errors
    /// A device that does not answer.
    fn moments(&self, name: &str) -> Result<[Vec<f32>; 2]>;

    /// Sets the moments of a weight.
    fn set_moments(&mut self, name: &str, moments: [Vec<f32>; 2]);
}
