//! Optimisers.
//!
//! | file | what |
//! |---|---|
//! | `adamw` | AdamW on the CPU; its kernel beside it |

mod adamw;

pub use adamw::{AdamW, AdamWOptions, StateType};

use crate::Result;

/// The state of an optimiser, as checkpoints have it.
pub trait OptimizerState {
    /// Updates so far.
    fn updates(&self) -> u64;

    /// Goes on after so many updates.
    fn set_updates(&mut self, updates: u64);

    /// Names of the weights that have moments.
    fn names(&self) -> Vec<String>;

    /// Mean and mean of squares of a weight's gradients; nothing where it has none.
    ///
    /// # Errors
    /// A device that does not answer.
    fn moments(&self, name: &str) -> Result<[Vec<f32>; 2]>;

    /// Goes on from these.
    fn set_moments(&mut self, name: &str, moments: [Vec<f32>; 2]);
}
